"""The place of a case in the queue, where a person or the passing of time sets it; scores set it in `scoring`.

The formula is the caller's: a `Rank` comes in whole, and is kept with its parts and the time at which it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from cases.case_state import CaseState
from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.event import EventKind, EventValue
from cases.event_data import iso
from cases.handling import RankReason, RerankCause
from cases.ids import CaseId
from cases.precondition import ANYWAY, Precondition
from cases.record import Case, CaseStatus, Rank
from cases.store.database import Database
from cases.store.living import Steps, locked_state, locked_states
from cases.store.rows import read_cases_without_text, select_cases
from cases.store.storable import finite, storable_code, storable_name
from cases.store.tables import cases, scores
from cases.store.working.claimable import refuse_unless_open

# The actor of events that the passing of time causes.
RANKER = "ranking"


@dataclass(frozen=True, slots=True)
class Reranked:
    """A case's new place.

    Attributes:
        expected: The order key that the new one was computed instead of; where it has changed since, the case is
            left as it is, since what it was computed from has changed too.
    """

    case_id: CaseId
    rank: Rank
    expected: float


class Ranking:
    """The part of the store that keeps places in the queue."""

    _db: Database

    def set_severity(
        self,
        case_id: CaseId,
        level: int,
        *,
        by: str,
        reason: RankReason,
        rank: Rank,
        only_if: Precondition = ANYWAY,
    ) -> None:
        """Set the severity by hand; from then on no score changes the case's place.

        Args:
            case_id: The case.
            level: 1..K, 1 the most severe; whether the policy has it is the caller's to check.
            by: Who sets it.
            reason: Why.
            rank: The place that follows.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided or merged.
            InvalidInputError: The level is below 1, a number of the rank is not finite, or `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        if level < 1:
            raise InvalidInputError(
                f"'severity' must be a level from 1 (got {level}); 1 is the most severe", field="severity"
            )
        self._set(case_id, EventKind.SEVERITY_SET, by, rank, only_if, level=level, reason=RankReason(reason).value)

    def set_priority(
        self,
        case_id: CaseId,
        name: str,
        *,
        by: str,
        reason: RankReason,
        rank: Rank,
        only_if: Precondition = ANYWAY,
    ) -> None:
        """Set the priority by hand, by its name; neither a score nor a reranking then changes the case's place.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided or merged.
            InvalidInputError: The name is empty, a number of the rank is not finite, or `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        named = storable_code(name, field="priority")
        self._set(case_id, EventKind.PRIORITY_SET, by, rank, only_if, name=named, reason=RankReason(reason).value)

    def clear_severity(self, case_id: CaseId, *, by: str, rank: Rank, only_if: Precondition = ANYWAY) -> None:
        """Forget the severity that a person set; `rank` is the place without it.

        Raises:
            As `set_severity`; nothing happens where none is set.
        """
        self._set(case_id, EventKind.SEVERITY_CLEARED, by, rank, only_if)

    def clear_priority(self, case_id: CaseId, *, by: str, rank: Rank, only_if: Precondition = ANYWAY) -> None:
        """Forget the priority that a person set; `rank` is the place without it.

        Raises:
            As `set_priority`; nothing happens where none is set.
        """
        self._set(case_id, EventKind.PRIORITY_CLEARED, by, rank, only_if)

    def rerank(
        self, batch: Sequence[Reranked], *, cause: RerankCause = RerankCause.CLOCK, ranked_by: str = ""
    ) -> list[bool]:
        """Give open cases their new places, in one transaction.

        Left as they are: cases that are decided, merged or unknown, those whose order key is no longer the expected
        one, and, by the clock, those whose priority a person set.

        Args:
            batch: A thousand at a time is quick; of two on one case the first counts.
            cause: Why, for the events; a case whose place stays as it is gets none.
            ranked_by: Under which policy and weights.

        Returns:
            For each whether it was given its place.

        Raises:
            InvalidInputError: A number is not finite, or a time is naive; nothing was changed.
            StoreUnavailableError: The database does not answer; nothing was changed.
        """
        ready = [(item, rank_data(item.rank)) for item in batch]
        code, named = RerankCause(cause).value, storable_code(ranked_by, field="ranked_by", required=False)

        def work(connection: Connection) -> list[bool]:
            steps = Steps(self._db.clock(), locked_states(connection, [item.case_id for item in batch]))
            done: set[CaseId] = set()
            answers = []
            for item, data in ready:
                state = steps.states.get(item.case_id)
                fit = (
                    state is not None
                    and item.case_id not in done
                    and state.is_open
                    and (state.set_priority is None or cause is not RerankCause.CLOCK)
                    and state.order_key == item.expected
                )
                if fit and state is not None:
                    if _differs(state, item.rank):
                        steps.add(item.case_id, EventKind.RERANKED, RANKER, cause=code, **data)
                    steps.set_columns(item.case_id, ranked_by=named)
                    done.add(item.case_id)
                answers.append(fit)
            steps.write(connection)
            return answers

        return self._db.write(work)

    def due_for_rerank(self, now: datetime, limit: int) -> list[Case]:
        """The open cases whose place is to be computed anew by `now`, business time, the longest due first.

        They come without their texts, which no place is computed from.

        One whose priority a person set is never due.

        Raises:
            InvalidInputError: `now` is naive.
            StoreUnavailableError: The database does not answer.
        """
        moment = as_utc(now, field="now")

        def work(connection: Connection) -> list[Case]:
            due = [row.id for row in connection.execute(due_query(moment).limit(limit))]
            return _cases_of(connection, self._db, due)

        return self._db.read(work)

    def count_ranked_otherwise(self, ranked_by: str) -> int:
        """How many open cases `ranked_otherwise` would come to answer.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        otherwise = (cases.c.status == CaseStatus.OPEN.value, cases.c.ranked_by != ranked_by)
        query = select(func.count()).select_from(cases).where(*otherwise)
        return self._db.read(lambda connection: connection.execute(query).scalar_one())

    def ranked_otherwise(self, ranked_by: str, limit: int) -> list[Case]:
        """Open cases whose place was computed under another policy or other weights than these; at most `limit`.

        They come without their texts, which no place is computed from.

        Those come first of whose place nobody said under which it was computed.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> list[Case]:
            found: list[str] = []
            for query in otherwise_queries(ranked_by):
                found += [row.id for row in connection.execute(query.limit(limit - len(found)))]
                if len(found) == limit:
                    break
            return _cases_of(connection, self._db, found)

        return self._db.read(work)

    def _set(
        self,
        case_id: CaseId,
        kind: EventKind,
        by: str,
        rank: Rank,
        only_if: Precondition,
        **data: EventValue,
    ) -> None:
        actor, ranked = storable_name(by, field="by"), rank_data(rank)

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            nothing_set = {
                EventKind.SEVERITY_CLEARED: state.set_severity is None,
                EventKind.PRIORITY_CLEARED: state.set_priority is None,
            }
            if nothing_set.get(kind, False):
                return
            steps = Steps(self._db.clock(), {case_id: state})
            now = steps.add(case_id, kind, actor, **data, **ranked)
            # It was worked out before the case was locked, perhaps under other weights: it is looked at once more.
            steps.set_columns(case_id, ranked_by="", level=now.set_severity or _scored_level(connection, now))
            steps.write(connection)

        self._db.write(work)


def _scored_level(connection: Connection, state: CaseState) -> int | None:
    query = select(scores.c.severity_level).where(scores.c.id == state.score_id)
    level: int | None = connection.execute(query).scalar_one_or_none()
    return level


def due_query(now: datetime) -> Select[tuple[str]]:
    """The ids of open cases that are due, in the order of the index on that time."""
    return (
        select(cases.c.id)
        .where(cases.c.status == CaseStatus.OPEN.value, cases.c.rerank_at <= now, cases.c.set_priority.is_(None))
        .order_by(cases.c.rerank_at, cases.c.id)
        .with_hint(cases, "FORCE INDEX (ix_cases_rerank)", "mysql")
    )


def otherwise_queries(ranked_by: str) -> list[Select[tuple[str]]]:
    """The ids of open cases ranked under anything that sorts before, and after: two ranges of one index."""
    return [
        select(cases.c.id)
        .where(cases.c.status == CaseStatus.OPEN.value, condition)
        .order_by(cases.c.ranked_by, cases.c.id)
        for condition in (cases.c.ranked_by < ranked_by, cases.c.ranked_by > ranked_by)
    ]


def _cases_of(connection: Connection, db: Database, ids: Sequence[str]) -> list[Case]:
    rows = connection.execute(select_cases(db.now(connection)).where(cases.c.id.in_(ids))).all()
    place = {case_id: number for number, case_id in enumerate(ids)}
    return read_cases_without_text(connection, sorted(rows, key=lambda row: place[row.id]))


def _differs(state: CaseState, rank: Rank) -> bool:
    now = (state.order_key, state.rank_parts or {}, state.rerank_at)
    return now != (rank.order_key, dict(rank.parts), rank.changes_at)


def rank_data(rank: Rank) -> dict[str, EventValue]:
    """A rank as events hold it.

    Raises:
        InvalidInputError: A number is not finite, or the time is naive.
    """
    return {
        "order_key": finite(rank.order_key, field="order_key"),
        "parts": {name: finite(value, field="parts") for name, value in rank.parts.items()},
        "changes_at": iso(None if rank.changes_at is None else as_utc(rank.changes_at, field="changes_at")),
    }
