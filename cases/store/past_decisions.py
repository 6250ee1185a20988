"""Decisions taken before Caseload came, imported with their cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from cases.clock import as_utc
from cases.errors import InvalidInputError, NotFoundError
from cases.ids import CaseId, new_id
from cases.record import CaseStatus, EventKind, PastDecision, Suggestion
from cases.store.database import Database
from cases.store.deciding import verdict_values
from cases.store.rows import AnyRow, chunks
from cases.store.storable import finite, storable_name
from cases.store.tables import cases, contents, decisions, events

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
    stored = _lock_cases(connection, [row.case_id for row, _, _ in ready])
    at = db.clock()
    recorded: list[bool] = []
    decided: list[RowValues] = []
    appealed: list[RowValues] = []
    changed: list[RowValues] = []
    happened: list[RowValues] = []
    for row, first, appeal in ready:
        case = stored[row.case_id]
        recorded.append(case.status != CaseStatus.DECIDED.value)
        if not recorded[-1]:
            continue
        first_id, about = new_id(), {"case_id": row.case_id, "content_id": case.content_id}
        decided.append({"id": first_id, "reviews": None, **about, **first})
        changed.append(
            {"decided_id": row.case_id, "decided_at": first["decided_at"], "first_claimed_at": first["claimed_at"]}
        )
        happened.append(_event(EventKind.DECIDED, decided[-1], at, actor))
        if appeal is not None:
            appealed.append({"id": new_id(), "reviews": first_id, **about, **appeal})
            kind = EventKind.OVERTURNED if appeal["overturns"] else EventKind.UPHELD
            happened.append(_event(kind, appealed[-1], at, actor))
    _write(connection, decided, appealed, changed, happened)
    return recorded


def _write(
    connection: Connection,
    decided: list[RowValues],
    appealed: list[RowValues],
    changed: list[RowValues],
    happened: list[RowValues],
) -> None:
    # The reviewed before their reviews: these refer to them.
    for table, rows in ((decisions, decided), (decisions, appealed), (events, happened)):
        if rows:
            connection.execute(insert(table), rows)
    if changed:
        decide = update(cases).where(cases.c.id == bindparam("decided_id")).values(status=CaseStatus.DECIDED.value)
        connection.execute(decide, changed)


def _lock_cases(connection: Connection, case_ids: list[CaseId]) -> dict[str, AnyRow]:
    found: dict[str, AnyRow] = {}
    for some in chunks(sorted(case_ids)):
        query = (
            select(cases.c.id, cases.c.status, contents.c.id.label("content_id"))
            .join(contents, (contents.c.case_id == cases.c.id) & (contents.c.version == cases.c.content_version))
            .where(cases.c.id.in_(some))
            .order_by(cases.c.id)
            .with_for_update(of=cases, key_share=True)
        )
        found |= {row.id: row for row in connection.execute(query)}
    for case_id in case_ids:
        if case_id not in found:
            raise NotFoundError(f"'case_id' must name a stored case (got {case_id!r}); file its report first")
    return found


def _event(kind: EventKind, decision: RowValues, at: Any, actor: str) -> RowValues:  # noqa: ANN401 - a datetime
    data = {name: decision[name] for name in ("category", "severity", "action", "decided_by")}
    return {
        "case_id": decision["case_id"],
        "kind": kind.value,
        "at": at,
        "actor": actor,
        "data": {"decision_id": decision["id"], **data},
    }


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
    return {
        "claimed_at": None,
        "handling_seconds": None,
        "suggestion": Suggestion.UNAIDED.value,
        "suggestion_shown": False,
        "overturns": False,
    }


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
