"""What a request with an Idempotency-Key was answered, so that the same request sent again is answered the same.

A row stands from the moment at which the request begins; until it is answered, others with its key are told to wait.
Should the process die in between, the row is anyone's after `BUSY_SECONDS`, and the request is done anew: what it did
before that was one transaction of the store, which stands or does not, and which a second try meets as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from cases.ids import CaseId
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.tables import idempotent_answers as answers

# Longer than any request takes that is still alive.
BUSY_SECONDS = 120.0
_SWEPT_AT_ONCE = 1_000


class Known(StrEnum):
    """What is known of a request's key."""

    NEW = "new"
    ANSWERED = "answered"
    IN_FLIGHT = "in_flight"
    REUSED = "reused"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was sent.

    Attributes:
        status: Of HTTP.
        body: As text; it may hold what a case says, and is erased with it.
        headers: Those of it that are its own.
        case_id: The case that it shows; None where it shows none.
    """

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    case_id: CaseId | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """What to do with a request: answer it, or not.

    Attributes:
        known: NEW: answer it, and say what with `answered`, or `unanswered`.
        answer: What it was answered before; None unless ANSWERED.
    """

    known: Known
    answer: StoredAnswer | None = None


class Answering:
    """The part of the store that remembers answers. Times are by the database's clock."""

    _db: Database

    def begin_answer(self, key: str, request: str, *, keep_seconds: float) -> Begun:
        """Whether the request with this key is to be answered now.

        Args:
            key: Of the caller and their Idempotency-Key together, as 64 hexadecimal digits.
            request: The digest of all that the request says, as 64 hexadecimal digits.
            keep_seconds: How long its answer is kept, seconds.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> Begun:
            now = self._db.now(connection)
            row = connection.execute(select(answers).where(answers.c.id == key).with_for_update()).one_or_none()
            values = {
                "request": request,
                "busy_until": now + timedelta(seconds=BUSY_SECONDS),
                "expires_at": now + timedelta(seconds=keep_seconds),
                "status": None,
                "headers": {},
                "body": "",
                "case_id": None,
            }
            if row is None:
                connection.execute(insert(answers).values(id=key, **values))
                return Begun(Known.NEW)
            if row.expires_at > now:
                if row.request != request:
                    return Begun(Known.REUSED)
                if row.status is not None:
                    return Begun(Known.ANSWERED, _answer(row))
                if row.busy_until > now:
                    return Begun(Known.IN_FLIGHT)
            connection.execute(update(answers).where(answers.c.id == key).values(**values))
            return Begun(Known.NEW)

        # Of two that come at once with one key, the second finds the row of the first.
        return self._db.write(work, retry_duplicates=True)

    def answered(self, key: str, answer: StoredAnswer) -> None:
        """Keep the answer of a request that `begin_answer` let through.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        values = {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body,
            "case_id": answer.case_id,
        }
        query = update(answers).where(answers.c.id == key).values(**values)
        self._db.write(lambda connection: connection.execute(query))

    def unanswered(self, key: str) -> None:
        """Forget a request that `begin_answer` let through and that came to nothing: it may be sent again.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = delete(answers).where(answers.c.id == key, answers.c.status.is_(None))
        self._db.write(lambda connection: connection.execute(query))

    def sweep_answers(self) -> int:
        """Forget answers whose time is over, a thousand at most; answers how many.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> int:
            over = select(answers.c.id).where(answers.c.expires_at <= self._db.now(connection)).limit(_SWEPT_AT_ONCE)
            ids = connection.execute(over).scalars().all()
            if ids:
                connection.execute(delete(answers).where(answers.c.id.in_(ids)))
            return len(ids)

        return self._db.write(work)


def _answer(row: AnyRow) -> StoredAnswer:
    return StoredAnswer(row.status, row.body, dict(row.headers), None if row.case_id is None else CaseId(row.case_id))
