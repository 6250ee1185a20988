"""Taking a decision back while it is fresh: it is withdrawn, and the case is open as it was before.

A decision is never deleted: that it was withdrawn is a row of its own, and what is withdrawn neither stands nor is
learnt from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import Connection, insert, select

from cases.case_state import CaseState
from cases.decision import Decision
from cases.durations import MOST_HOURS, UNDO_SECONDS, lasting
from cases.errors import ConflictError, NotFoundError
from cases.event import EventKind
from cases.handling import BulkItem, BulkOutcome, BulkState
from cases.ids import BulkId, CaseId, DecisionId
from cases.precondition import ANYWAY, Precondition
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.living import Steps, locked_state, locked_states
from cases.store.rows import AnyRow, chunks, decision_from
from cases.store.storable import storable_name
from cases.store.tables import decisions, withdrawn_decisions
from cases.store.working.bulk import not_theirs
from cases.store.working.deciding import content_of, latest_content_ids


class Undoing:
    """The part of the store that takes decisions back."""

    _db: Database

    def undo(
        self,
        case_id: CaseId,
        *,
        by: str,
        undo_seconds: float = UNDO_SECONDS,
        only_if: Precondition = ANYWAY,
    ) -> Decision:
        """Withdraw the decision that stands; answers it. The case is open as it was before, under appeal if it was.

        Args:
            case_id: The case.
            by: Who takes it back.
            undo_seconds: How old the decision may be, seconds, from 0 to a hundred years.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is not decided, was decided too long ago, or its text was erased.
            InvalidInputError: `by` is empty, or `undo_seconds` is outside its range.
            StoreUnavailableError: The database does not answer.
        """
        actor, within = storable_name(by, field="by"), _within(undo_seconds)

        def work(connection: Connection) -> Decision:
            state = locked_state(connection, case_id, only_if)
            if state.status is not CaseStatus.DECIDED or state.decision_id is None:
                raise ConflictError(
                    f"'case_id' must name a decided case (got {case_id!r}, {state.status.value}); there is "
                    "nothing to undo"
                )
            # Open again, it could not be decided.
            content_of(case_id, latest_content_ids(connection, [case_id]))
            row = connection.execute(select(decisions).where(decisions.c.id == state.decision_id)).one()
            steps = Steps(self._db.clock(), {case_id: state})
            _check_fresh(row, steps, within)
            _withdraw(connection, steps, [row], actor)
            return decision_from(row)

        return self._db.write(work)

    def undo_bulk(
        self,
        bulk_id: BulkId,
        *,
        by: str,
        undo_seconds: float = UNDO_SECONDS,
        queues: Collection[str] | None = None,
    ) -> BulkOutcome:
        """Withdraw all decisions of a bulk; a case on which one no longer stands is left alone, and said so.

        Args:
            bulk_id: As `bulk_decide` answered it.
            by: Who takes them back.
            undo_seconds: How old the decisions may be, seconds, from 0 to a hundred years.
            queues: Those whose cases they see; the others are left alone, and said so. None for all.

        Raises:
            NotFoundError: There is no such bulk.
            ConflictError: It was decided too long ago.
            InvalidInputError: `by` is empty, or `undo_seconds` is outside its range.
            StoreUnavailableError: The database does not answer; nothing was withdrawn.
        """
        actor, within = storable_name(by, field="by"), _within(undo_seconds)

        def work(connection: Connection) -> BulkOutcome:
            query = select(decisions).where(decisions.c.bulk_id == bulk_id).order_by(decisions.c.case_id)
            rows = connection.execute(query).all()
            if not rows:
                raise NotFoundError(
                    f"'bulk_id' must name cases decided together (got {str(bulk_id)[:36]!r}); take it from the "
                    "answer to the decision"
                )
            steps = Steps(self._db.clock(), locked_states(connection, [CaseId(row.case_id) for row in rows]))
            _check_fresh(rows[0], steps, within)
            standing = {state.decision_id for state in steps.states.values() if state.status is CaseStatus.DECIDED}
            standing -= _erased(connection, steps.states)
            others = set(not_theirs(steps.states, queues))
            fit = [row for row in rows if row.id in standing and row.case_id not in others]
            _withdraw(connection, steps, fit, actor)
            items = [_withdrawn_or_why_not(row, standing, others) for row in rows]
            return BulkOutcome(bulk_id, tuple(items))

        return self._db.write(work)


def _erased(connection: Connection, states: Mapping[CaseId, CaseState]) -> set[str | None]:
    """The decisions that stand on cases of which nothing is left to decide on."""
    left = latest_content_ids(connection, states)
    return {state.decision_id for case_id, state in states.items() if case_id not in left}


def _withdraw(connection: Connection, steps: Steps, rows: Iterable[AnyRow], actor: str) -> None:
    """Withdraw decisions that stand, on cases whose states are locked and in `steps`."""
    fit = list(rows)
    if not fit:
        return
    barred = _appealed_deciders(connection, fit)
    for row in fit:
        steps.add(
            CaseId(row.case_id), EventKind.WITHDRAWN, actor,
            decision_id=row.id, stands=row.reviews, barred=barred.get(row.id), bulk_id=row.bulk_id,
            # A bulk claims and decides at one moment.
            untouched=(row.bulk_id is not None
            and steps.states[CaseId(row.case_id)].first_claimed_at == row.claimed_at)
            or None,
        )  # fmt: skip
    connection.execute(
        insert(withdrawn_decisions),
        [
            {"decision_id": row.id, "case_id": row.case_id, "withdrawn_at": steps.at, "withdrawn_by": actor}
            for row in fit
        ],
    )
    steps.write(connection)


def _appealed_deciders(connection: Connection, rows: list[AnyRow]) -> dict[str, str]:
    """By the id of a decision on an appeal, who had taken the decision appealed: the appeal is open again."""
    reviewed = {row.reviews: row.id for row in rows if row.reviews is not None and not row.after_reopening}
    found: dict[str, str] = {}
    for some in chunks(sorted(reviewed)):
        query = select(decisions.c.id, decisions.c.decided_by).where(decisions.c.id.in_(some))
        found |= {reviewed[row.id]: row.decided_by for row in connection.execute(query)}
    return found


def _check_fresh(row: AnyRow, steps: Steps, within: timedelta) -> None:
    age = steps.at - row.decided_at
    if age > within:
        raise ConflictError(
            f"'decision' must be at most {within.total_seconds():g} s old to be undone (got "
            f"{age.total_seconds():.0f} s); reopen the case instead"
        )


def _withdrawn_or_why_not(row: AnyRow, standing: Collection[str | None], others: Collection[str]) -> BulkItem:
    case_id = CaseId(row.case_id)
    if row.case_id in others:
        return BulkItem(case_id, BulkState.NOT_YOURS)
    if row.id not in standing:
        return BulkItem(case_id, BulkState.TOUCHED)
    return BulkItem(case_id, BulkState.WITHDRAWN, DecisionId(row.id))


def _within(undo_seconds: float) -> timedelta:
    return lasting(undo_seconds, "seconds", field="undo_seconds", most=MOST_HOURS * 3600)
