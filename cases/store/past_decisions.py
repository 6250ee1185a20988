"""Decisions taken before Caseload came, imported with their cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert

from cases.clock import as_utc
from cases.decision import PastDecision
from cases.errors import InvalidInputError, NotFoundError
from cases.event import EventKind
from cases.event_data import iso
from cases.ids import CaseId, new_id
from cases.store.database import Database
from cases.store.living import Steps, locked_states
from cases.store.storable import finite, storable_name
from cases.store.tables import decisions
from cases.store.working.deciding import content_of, latest_content_ids, unaided_values, verdict_values

RowValues = dict[str, Any]


class PastDecisions:
    """The part of the store that takes in decisions of the past."""

    _db: Database

    def record_past_decisions(self, rows: Sequence[PastDecision], *, actor: str) -> list[bool]:
        """Record the decisions, each with its appeal, and mark their cases decided at the times given.

        A case that is decided already is left as it is, so a second run changes nothing.

        Args:
            rows: At most one for each case.
            actor: Who imports them, for the events.

        Returns:
            For each row whether this call recorded it.

        Raises:
            NotFoundError: A row names a case that is not stored; nothing of the batch was recorded.
            InvalidInputError: Two rows name one case, a time is naive, or a value cannot be stored.
            StoreUnavailableError: The database does not answer.
        """
        _check_one_for_each_case(rows)
        ready = [(row, _first_values(row), _appeal_values(row)) for row in rows]
        who = storable_name(actor, field="actor")
        return self._db.write(lambda connection: _record(connection, self._db, ready, who))


def _record(
    connection: Connection, db: Database, ready: list[tuple[PastDecision, RowValues, RowValues | None]], actor: str
) -> list[bool]:
    stored = locked_states(connection, [row.case_id for row, _, _ in ready])
    for row, _, _ in ready:
        if row.case_id not in stored:
            raise NotFoundError(f"'case_id' must name a stored case (got {row.case_id!r}); file its report first")
    content_ids = latest_content_ids(connection, stored)
    steps = Steps(db.clock(), stored)
    recorded: list[bool] = []
    decided: list[RowValues] = []
    appealed: list[RowValues] = []
    for row, first, appeal in ready:
        state = stored[row.case_id]
        # One that was decided before is open for review, which is not this table's to end.
        recorded.append(state.is_open and state.decision_id is None)
        if not recorded[-1]:
            continue
        first_id, about = new_id(), {"case_id": row.case_id, "content_id": content_of(row.case_id, content_ids)}
        decided.append({"id": first_id, "reviews": None, **about, **first})
        times = {name: iso(first[name]) for name in ("decided_at", "claimed_at")}
        steps.add(row.case_id, EventKind.DECIDED, actor, **_told(decided[-1]), **times)
        if appeal is not None:
            appealed.append({"id": new_id(), "reviews": first_id, **about, **appeal})
            kind = EventKind.OVERTURNED if appeal["overturns"] else EventKind.UPHELD
            steps.add(row.case_id, kind, actor, **_told(appealed[-1]), reviews=first_id)
    # The reviewed before their reviews: these refer to them.
    for rows in (decided, appealed):
        if rows:
            connection.execute(insert(decisions), rows)
    steps.write(connection)
    return recorded


def _told(decision: RowValues) -> RowValues:
    data = {name: decision[name] for name in ("category", "severity", "action", "decided_by")}
    return {"decision_id": decision["id"], **data}


def _first_values(row: PastDecision) -> RowValues:
    values = verdict_values(row.verdict) | _unaided()
    values["decided_by"] = storable_name(row.decided_by, field="decided_by")
    values["decided_at"] = as_utc(row.decided_at, field="decided_at")
    if row.claimed_at is not None:
        values["claimed_at"] = as_utc(row.claimed_at, field="claimed_at")
    if row.handling_seconds is not None:
        values["handling_seconds"] = finite(row.handling_seconds, field="handling_seconds", at_least=0.0)
    return values


def _appeal_values(row: PastDecision) -> RowValues | None:
    if row.appeal is None:
        return None
    values = verdict_values(row.appeal.verdict) | _unaided()
    values["decided_by"] = storable_name(row.appeal.decided_by, field="appeal.decided_by")
    values["decided_at"] = as_utc(row.appeal.decided_at, field="appeal.decided_at")
    values["overturns"] = row.appeal.overturned
    return values


def _unaided() -> RowValues:
    """No model had a part in it; every row of a bulk insert spells the same columns."""
    return {**unaided_values(), "claimed_at": None, "overturns": False}


def _check_one_for_each_case(rows: Sequence[PastDecision]) -> None:
    seen: set[CaseId] = set()
    for row in rows:
        if row.case_id in seen:
            raise InvalidInputError(
                f"'case_id' must be another in each row (got {row.case_id!r} twice); give reports that were decided "
                "one by one a case_ref each",
                field="case_id",
            )
        seen.add(row.case_id)
