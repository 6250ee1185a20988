"""Callers of the API: names, keys, rights. A key is kept as its SHA-256 only, so it can be shown just once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from cases.clock import as_utc
from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.identity import Caller, Identity, IdentityKind
from cases.store.database import Database
from cases.store.rights import identity_of, queues_of, rights_values, roles_of
from cases.store.rows import AnyRow
from cases.store.storable import storable_name
from cases.store.tables import callers

KEY_PREFIX = "cl_"
KEY_BYTES = 32
MOST_OVERLAP = timedelta(days=30)


class Calling:
    """The part of the store that knows who may call."""

    _db: Database

    def add_caller(
        self,
        name: str,
        roles: Iterable[str],
        queues: Iterable[str] | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """A new key for `name`, shown here and never again. A revoked caller of that name is let in anew.

        Args:
            name: As events will show it.
            roles: What it is; at least one `Role`.
            queues: The queues whose cases it sees and works; None for all.
            expires_at: When the key ends, later than now; None for never.

        Raises:
            ConflictError: `name` has a key that is not revoked.
            InvalidInputError: `name` is empty or too long, no role is given or one that there is not, or `expires_at`
                has passed.
            StoreUnavailableError: The database does not answer.
        """
        caller = storable_name(name, field="name")
        ends = self._end(expires_at)
        key = _new_key()
        values: dict[str, object] = {**rights_values(roles, queues), "expires_at": ends, "revoked_at": None}
        values |= {"key_sha256": _digest(key), "old_key_sha256": None, "old_expires_at": None}

        def work(connection: Connection) -> str:
            known = connection.execute(select(callers).where(callers.c.name == caller)).one_or_none()
            if known is not None and known.revoked_at is None:
                raise ConflictError(f"'name' must be new (got {caller!r}, which has a key); revoke it first")
            dated = values | {"created_at": self._db.clock()}
            if known is None:
                connection.execute(insert(callers).values(name=caller, **dated))
            else:
                connection.execute(update(callers).where(callers.c.name == caller).values(**dated))
            return key

        return self._db.write(work, retry_duplicates=True)

    def rotate_caller(self, name: str, overlap: timedelta, expires_at: datetime | None = None) -> str:
        """Another key for `name`, shown here and never again; the one of before is let in for `overlap` longer.

        A key that was being let in from a rotation before this one is let in no more.

        Args:
            name: A caller that is not revoked.
            overlap: From nothing to 30 days; the old key never outlives its own end.
            expires_at: When the new key ends, later than now; None leaves the end as it is.

        Raises:
            NotFoundError: No caller of that name has a key.
            InvalidInputError: `overlap` is outside its range, or the new key would have ended already.
            StoreUnavailableError: The database does not answer.
        """
        if not timedelta(0) <= overlap <= MOST_OVERLAP:
            raise InvalidInputError(
                f"'overlap' must be from 0 to {MOST_OVERLAP.days} days (got {overlap}); give one within",
                field="overlap",
            )
        key, wanted = _new_key(), self._end(expires_at)

        def work(connection: Connection) -> str:
            query = select(callers).where(callers.c.name == name, callers.c.revoked_at.is_(None)).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotFoundError(f"'name' must be of a caller with a key (got {name!r}); check its spelling")
            now = self._db.clock()
            ends = self._end(row.expires_at) if wanted is None else wanted
            until = now + overlap if row.expires_at is None else min(now + overlap, row.expires_at)
            values: dict[str, object] = {"key_sha256": _digest(key), "expires_at": ends}
            values |= {"old_key_sha256": row.key_sha256, "old_expires_at": until}
            connection.execute(update(callers).where(callers.c.name == name).values(**values))
            return key

        return self._db.write(work)

    def caller_for_key(self, key: str, now: datetime) -> Identity | None:
        """Whose key this is; None for one that is unknown, revoked, expired or empty.

        Args:
            key: As it was sent.
            now: Business time, by which keys end.
        """
        digest = _digest(key)
        query = select(callers).where(
            or_(callers.c.key_sha256 == digest, callers.c.old_key_sha256 == digest), callers.c.revoked_at.is_(None)
        )
        row = self._db.read(lambda connection: connection.execute(query).one_or_none())
        return identity_of(row, IdentityKind.CALLER) if row is not None and _opens(row, digest, now) else None

    def revoke_caller(self, name: str) -> None:
        """Let the caller's keys in no more.

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
        return self._db.read(lambda connection: tuple(_caller_of(row) for row in connection.execute(query)))

    def _end(self, expires_at: datetime | None) -> datetime | None:
        """When a key is to end, in UTC."""
        if expires_at is None:
            return None
        ends = as_utc(expires_at, field="expires_at")
        if ends <= self._db.clock():
            raise InvalidInputError(
                f"'expires_at' must be later than now (got {ends.isoformat()}); say when the new key ends",
                field="expires_at",
            )
        return ends


def _caller_of(row: AnyRow) -> Caller:
    return Caller(
        name=row.name,
        roles=roles_of(row),
        queues=queues_of(row),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        old_expires_at=row.old_expires_at,
    )


def _opens(row: AnyRow, digest: str, now: datetime) -> bool:
    """Whether the key of that digest is one of the row's that is let in now.

    The database looked for the digest in an index. How long that takes tells something of digests, and nobody can
    choose a key by its digest; compared is in constant time all the same.
    """
    newest = hmac.compare_digest(row.key_sha256, digest) and (row.expires_at is None or now < row.expires_at)
    older = (
        row.old_key_sha256 is not None
        and hmac.compare_digest(row.old_key_sha256, digest)
        and row.old_expires_at is not None
        and now < row.old_expires_at
    )
    return newest or older


def _new_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)


def _digest(key: str) -> str:
    # A key holds 256 random bits, so a plain hash cannot be guessed back; it needs no salt and no slow hash.
    # A lone surrogate in a header must miss, not raise.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
