"""Signing in to the console where no proxy does it: a code that works once, and the session that it begins.

Whoever runs the service hands a code to a person; the person's browser turns it into a session. Both are random, of
256 and 130 bits, and only their SHA-256 is kept, so that whoever reads the database cannot sign in. Times are
business times.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from cases.errors import NotFoundError
from cases.identity import Identity
from cases.store.admitting import let_in
from cases.store.database import Database
from cases.store.tables import sign_ins

CODE_LASTS = timedelta(minutes=15)
# 32 signs, 5 bits each: without l, o, 0 and 1, which are misread.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 5, 5


class _Kind(StrEnum):
    CODE = "code"
    SESSION = "session"


class SigningIn:
    """The part of the store that knows who signed in to the console."""

    _db: Database

    def make_sign_in_code(self, name: str) -> str:
        """A code with which `name` signs in once, within `CODE_LASTS`; it is shown now and never again.

        Raises:
            NotFoundError: Nobody of that name is let in.
            StoreUnavailableError: The database does not answer.
        """
        code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))

        def work(connection: Connection) -> None:
            if let_in(connection, name) is None:
                raise NotFoundError(f"'name' must be of somebody let in (got {name[:255]!r}); check its spelling")
            self._keep(connection, code, name, _Kind.CODE, CODE_LASTS)

        self._db.write(work)
        return code

    def begin_session(self, code: str, lasts: timedelta) -> str | None:
        """The token of a session that the code begins; None where it is unknown, used or too old.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        digest, token = _digest("".join(code.split()).lower()), secrets.token_urlsafe(32)

        def work(connection: Connection) -> str | None:
            now = self._db.clock()
            connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
            query = select(sign_ins.c.person).where(sign_ins.c.sha256 == digest, sign_ins.c.kind == _Kind.CODE.value)
            person = connection.execute(query.with_for_update()).scalar_one_or_none()
            if person is None or let_in(connection, person) is None:
                return None
            connection.execute(delete(sign_ins).where(sign_ins.c.sha256 == digest))
            self._keep(connection, token, person, _Kind.SESSION, lasts)
            return token

        return self._db.write(work)

    def person_of_session(self, token: str) -> Identity | None:
        """Whose session it is; None where it has ended, or they are let in no more.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> Identity | None:
            query = select(sign_ins.c.person).where(
                sign_ins.c.sha256 == _digest(token),
                sign_ins.c.kind == _Kind.SESSION.value,
                sign_ins.c.expires_at > self._db.clock(),
            )
            person = connection.execute(query).scalar_one_or_none()
            return None if person is None else let_in(connection, person)

        return self._db.read(work)

    def end_session(self, token: str) -> None:
        """Let the session be nobody's.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = delete(sign_ins).where(sign_ins.c.sha256 == _digest(token))
        self._db.write(lambda connection: connection.execute(query))

    def _keep(self, connection: Connection, secret: str, person: str, kind: _Kind, lasts: timedelta) -> None:
        now = self._db.clock()
        connection.execute(
            insert(sign_ins).values(
                sha256=_digest(secret), person=person, kind=kind.value, created_at=now, expires_at=now + lasts
            )
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
