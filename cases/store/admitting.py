"""People whom a trusted proxy signs in: their names and rights. None has a key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select, update

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.identity import Identity, IdentityKind, Person
from cases.store.database import Database
from cases.store.rights import identity_of, queues_of, rights_values, roles_of
from cases.store.tables import people

# A name travels in a header, so it is nothing that a header splits, strips or writes in another way.
PERSON_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}")


class Admitting:
    """The part of the store that knows which people are let in."""

    _db: Database

    def add_person(self, name: str, roles: Iterable[str], queues: Iterable[str] | None = None) -> None:
        """Let `name` in. Somebody of that name who was removed is let in anew.

        Args:
            name: As the proxy names them: 1 to 255 of A-Z, a-z, 0-9 and `._@+-`, a letter or digit first.
            roles: What they are; at least one `Role`.
            queues: The queues whose cases they see and work; None for all.

        Raises:
            ConflictError: `name` is let in already.
            InvalidInputError: `name` is not so written, or no role is given or one that there is not.
            StoreUnavailableError: The database does not answer.
        """
        if not PERSON_NAME.fullmatch(name):
            raise InvalidInputError(
                f"'name' must be 1 to 255 of A-Z, a-z, 0-9 and ._@+- (got {len(name)} characters); write it as the "
                "proxy does",
                field="name",
            )
        values = {**rights_values(roles, queues), "removed_at": None}

        def work(connection: Connection) -> None:
            known = connection.execute(select(people).where(people.c.name == name)).one_or_none()
            if known is not None and known.removed_at is None:
                raise ConflictError(f"'name' must be new (got {name!r}, who is let in); change them instead")
            dated = values | {"created_at": self._db.clock()}
            if known is None:
                connection.execute(insert(people).values(name=name, **dated))
            else:
                connection.execute(update(people).where(people.c.name == name).values(**dated))

        self._db.write(work, retry_duplicates=True)

    def change_person(self, name: str, roles: Iterable[str], queues: Iterable[str] | None = None) -> None:
        """Give `name` these roles and queues in place of those of before.

        Raises:
            NotFoundError: Nobody of that name is let in.
            InvalidInputError: No role is given, or one that there is not.
            StoreUnavailableError: The database does not answer.
        """
        self._update(name, rights_values(roles, queues))

    def remove_person(self, name: str) -> None:
        """Let `name` in no more.

        Raises:
            NotFoundError: Nobody of that name is let in.
            StoreUnavailableError: The database does not answer.
        """
        self._update(name, {"removed_at": self._db.clock()})

    def person(self, name: str) -> Identity | None:
        """Who is let in under that name; None for somebody unknown or removed."""
        return self._db.read(lambda connection: let_in(connection, name))

    def people(self) -> tuple[Person, ...]:
        """All people by name, those removed too."""
        query = select(people).order_by(people.c.name)

        def work(connection: Connection) -> tuple[Person, ...]:
            rows = connection.execute(query)
            return tuple(Person(r.name, roles_of(r), queues_of(r), r.created_at, r.removed_at) for r in rows)

        return self._db.read(work)

    def _update(self, name: str, values: Mapping[str, object]) -> None:
        change = update(people).where(people.c.name == name, people.c.removed_at.is_(None)).values(**values)

        def work(connection: Connection) -> None:
            known = select(people.c.name).where(people.c.name == name, people.c.removed_at.is_(None))
            # Not by the number of rows changed: MariaDB counts none where the values are as they were.
            if connection.execute(known.with_for_update()).one_or_none() is None:
                raise NotFoundError(f"'name' must be of somebody let in (got {name[:255]!r}); check its spelling")
            connection.execute(change)

        self._db.write(work)


def let_in(connection: Connection, name: str) -> Identity | None:
    """Who is let in under that name; None for somebody unknown or removed."""
    query = select(people).where(people.c.name == name, people.c.removed_at.is_(None))
    row = connection.execute(query).one_or_none()
    # MariaDB compares without trailing spaces.
    return identity_of(row, IdentityKind.PERSON) if row is not None and row.name == name else None
