"""Champions: which model serves. `promote` appends a row, and so does rolling back."""

from __future__ import annotations

import re

from sqlalchemy import Connection, insert, select

from cases.errors import InvalidInputError
from cases.record import Champion
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.storable import storable_name
from cases.store.tables import champions

_SHA256 = re.compile("[0-9a-f]{64}")


class Championing:
    """The part of the store that remembers which model serves."""

    _db: Database

    def promote_champion(self, name: str, version: str, sha256: str, *, by: str) -> Champion:
        """Append the champion that serves from now on.

        Args:
            name: The registered model's.
            version: The registered version's.
            sha256: Of the artifact's manifest, 64 lower-case hexadecimal digits.
            by: Who promotes.

        Raises:
            InvalidInputError: A name is empty or too long, or `sha256` is none.
            StoreUnavailableError: The database does not answer.
        """
        if not _SHA256.fullmatch(sha256):
            raise InvalidInputError(
                f"'sha256' must be 64 lower-case hexadecimal digits (got {len(sha256)} characters); "
                "take it from the artifact's manifest",
                field="sha256",
            )
        values = {
            "name": storable_name(name, field="name"),
            "version": storable_name(version, field="version"),
            "sha256": sha256,
            "promoted_by": storable_name(by, field="by"),
        }

        def work(connection: Connection) -> Champion:
            done = connection.execute(insert(champions).values(promoted_at=self._db.clock(), **values))
            is_new = champions.c.seq == done.inserted_primary_key[0]  # type: ignore[index]  # it made a row
            return _champion(connection.execute(select(champions).where(is_new)).one())

        return self._db.write(work)

    def champion(self) -> Champion | None:
        """The model that serves; None before the first was promoted."""
        query = select(champions).order_by(champions.c.seq.desc()).limit(1)

        def work(connection: Connection) -> Champion | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else _champion(row)

        return self._db.read(work)

    def champions(self) -> tuple[Champion, ...]:
        """All champions there ever were, the first first."""
        query = select(champions).order_by(champions.c.seq)
        return self._db.read(lambda connection: tuple(_champion(row) for row in connection.execute(query)))


def _champion(row: AnyRow) -> Champion:
    return Champion(row.seq, row.name, row.version, row.sha256, row.promoted_at, row.promoted_by)
