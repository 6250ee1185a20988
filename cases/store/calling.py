"""Callers of the API: their names and keys. A key is kept as its SHA-256 only, so it can be shown just once."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Connection, insert, select, update

from cases.errors import ConflictError, NotFoundError
from cases.record import Caller
from cases.store.database import Database
from cases.store.storable import storable_name
from cases.store.tables import callers

KEY_PREFIX = "cl_"
KEY_BYTES = 32


class Calling:
    """The part of the store that knows who may call."""

    _db: Database

    def add_caller(self, name: str) -> str:
        """A new key for `name`, shown here and never again. A revoked caller of that name is let in anew.

        Raises:
            ConflictError: `name` has a key that is not revoked.
            InvalidInputError: `name` is empty or too long.
            StoreUnavailableError: The database does not answer.
        """
        caller = storable_name(name, field="name")
        key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)

        def work(connection: Connection) -> str:
            known = connection.execute(select(callers).where(callers.c.name == caller)).one_or_none()
            if known is not None and known.revoked_at is None:
                raise ConflictError(f"'name' must be new (got {caller!r}, which has a key); revoke it first")
            values = {"key_sha256": _digest(key), "created_at": self._db.clock(), "revoked_at": None}
            if known is None:
                connection.execute(insert(callers).values(name=caller, **values))
            else:
                connection.execute(update(callers).where(callers.c.name == caller).values(**values))
            return key

        return self._db.write(work, retry_duplicates=True)

    def caller_for_key(self, key: str) -> str | None:
        """The name of the caller whose key this is; None for a key that is unknown, revoked or empty."""
        query = select(callers.c.name).where(callers.c.key_sha256 == _digest(key), callers.c.revoked_at.is_(None))
        return self._db.read(lambda connection: connection.execute(query).scalar())

    def revoke_caller(self, name: str) -> None:
        """Let the caller's key in no more.

        Raises:
            NotFoundError: No caller of that name has a key.
            StoreUnavailableError: The database does not answer.
        """
        revoke = update(callers).where(callers.c.name == name, callers.c.revoked_at.is_(None))

        def work(connection: Connection) -> None:
            if connection.execute(revoke.values(revoked_at=self._db.clock())).rowcount == 0:
                raise NotFoundError(f"'name' must be of a caller with a key (got {name!r}); check its spelling")

        self._db.write(work)

    def callers(self) -> tuple[Caller, ...]:
        """All callers by name, the revoked ones too."""
        query = select(callers).order_by(callers.c.name)

        def work(connection: Connection) -> tuple[Caller, ...]:
            return tuple(Caller(row.name, row.created_at, row.revoked_at) for row in connection.execute(query))

        return self._db.read(work)


def _digest(key: str) -> str:
    # A key holds 256 random bits, so a plain hash cannot be guessed back; it needs no salt and no slow hash.
    # A lone surrogate in a header must miss, not raise.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
