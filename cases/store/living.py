"""A case's row is the outcome of its events: here the two are written, always together.

    event  →  cases.life.after  →  the columns of `cases` and the rows of `skips`

Nothing else writes a column of the state, so `CaseStore.rebuild` finds the row that is there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from cases.case_state import CaseState
from cases.errors import OtherQueueError, PreconditionFailedError
from cases.event import Event, EventKind, EventValue
from cases.ids import CaseId
from cases.life import after
from cases.precondition import Precondition
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.pools import pool_of
from cases.store.rows import AnyRow, case_row, chunks
from cases.store.tables import cases, events, skips

# `tables` gives the columns the same defaults; the status has none there.
_DEFAULTS = {
    field.name: field.default
    for field in dataclasses.fields(CaseState)
    if field.default is not dataclasses.MISSING and field.name != "status"
}
# Built once: building a statement costs as much as running it.
_CHANGE = update(cases).where(cases.c.id == bindparam("changed_id"))
# Inline: nobody asks for the number that the database gave.
_TELL = insert(events).inline()
# Being ranked again, by the clock or under other weights, is nothing that whoever acts on the case must have seen.
_VERSION = select(func.max(events.c.seq)).where(
    events.c.case_id == bindparam("case_id"), events.c.kind != EventKind.RERANKED.value
)
_SKIPPED = select(skips).where(skips.c.case_id.in_(bindparam("case_ids", expanding=True)))

STATE_COLUMNS = tuple(field.name for field in dataclasses.fields(CaseState) if field.name != "skipped_by")


def state_of(row: AnyRow, skipped_by: Iterable[str] = ()) -> CaseState:
    """The state that a row of cases holds, with the names from `skips`."""
    values = {name: getattr(row, name) for name in STATE_COLUMNS}
    return CaseState(**{**values, "status": CaseStatus(row.status)}, skipped_by=tuple(sorted(skipped_by)))


def columns_of(state: CaseState) -> dict[str, Any]:
    """The state as columns of cases."""
    values = {name: getattr(state, name) for name in STATE_COLUMNS}
    return values | {"status": state.status.value, "pool": pool_of(state).value}


def new_columns(states: Sequence[CaseState]) -> list[dict[str, Any]]:
    """The states of new cases as columns, without those in which all are as the database makes them by itself.

    A new case is nearly all defaults; leaving them out is a fifth of the time that filing a thousand takes.
    """
    named = [
        name
        for name in STATE_COLUMNS
        if name not in _DEFAULTS or any(getattr(state, name) != _DEFAULTS[name] for state in states)
    ]
    return [
        {name: state.status.value if name == "status" else getattr(state, name) for name in named} for state in states
    ]


def locked_state(connection: Connection, case_id: CaseId, only_if: Precondition) -> CaseState:
    """Where the case stands, locked against other writers until the transaction ends.

    Raises:
        NotFoundError: There is no such case.
        OtherQueueError, PreconditionFailedError: It is not as `only_if` says.
    """
    state = state_with_skips(connection, case_row(connection, case_id, lock=True))
    refuse_unless(connection, only_if, case_id, state)
    return state


def refuse_unless(connection: Connection, only_if: Precondition, case_id: CaseId, state: CaseState) -> None:
    """Let a step go on with a locked case that is as it must be.

    Raises:
        OtherQueueError: It is in a queue that the caller does not see.
        PreconditionFailedError: Something happened to it since the caller saw it.
    """
    if only_if.queues is not None and state.queue not in only_if.queues:
        raise OtherQueueError(
            "'case_id' must name a case in a queue that is yours (got another's); take one of yours"
        )
    if only_if.versions is None:
        return
    version = latest_version(connection, case_id)
    if version not in only_if.versions:
        seen = ", ".join(str(known) for known in sorted(only_if.versions))
        raise PreconditionFailedError(
            f"'If-Match' must name the case's version (got {seen or 'none'}, it is at {version}); look at it again"
        )


def latest_version(connection: Connection, case_id: CaseId) -> int | None:
    """The number of the case's latest event, but for being ranked again; None where there is no such case."""
    version: int | None = connection.execute(_VERSION, {"case_id": case_id}).scalar_one()
    return version


def state_with_skips(connection: Connection, row: AnyRow) -> CaseState:
    """Where the case of a locked row stands."""
    return state_of(row, skippers(connection, [row.id]).get(row.id, ()))


def locked_states(connection: Connection, case_ids: Iterable[CaseId]) -> dict[CaseId, CaseState]:
    """The same for many, by id; one that is not stored is not among them."""
    rows: list[AnyRow] = []
    # Sorted: two that lock the same rows in one order wait for each other, and do not deadlock.
    for some in chunks(sorted(set(case_ids))):
        query = select(cases).where(cases.c.id.in_(some)).order_by(cases.c.id).with_for_update(key_share=True)
        rows += connection.execute(query).all()
    return states_of(connection, rows)


def states_of(connection: Connection, rows: Sequence[AnyRow]) -> dict[CaseId, CaseState]:
    """By id, the states that rows of cases hold."""
    skipped = skippers(connection, [row.id for row in rows])
    return {CaseId(row.id): state_of(row, skipped.get(row.id, ())) for row in rows}


def skippers(connection: Connection, case_ids: Sequence[str]) -> dict[str, list[str]]:
    """By case id, who gave it back and is not given it again."""
    found: dict[str, list[str]] = {}
    for some in chunks(case_ids):
        for row in connection.execute(_SKIPPED, {"case_ids": some}):
            found.setdefault(row.case_id, []).append(row.holder)
    return found


class Steps:
    """The steps that one transaction takes with cases: remembered, then written in one go.

    Args:
        at: When they happen, business time.
    """

    def __init__(self, at: datetime, states: Mapping[CaseId, CaseState] | None = None) -> None:
        self.at = at
        self.states: dict[CaseId, CaseState] = dict(states or {})
        self._before = dict(self.states)
        self._events: list[Event] = []
        self._beside: dict[CaseId, dict[str, Any]] = {}

    def add(self, case_id: CaseId, kind: EventKind, actor: str, /, **data: EventValue) -> CaseState:
        """Let something happen to a case; answers where it stands then. What is None in `data` is left out."""
        told = {name: value for name, value in data.items() if value is not None}
        event = Event(0, case_id, kind, self.at, actor, told)  # the database numbers them
        state = after(self.states.get(case_id), event)
        self.states[case_id] = state
        self._events.append(event)
        return state

    def set_columns(self, case_id: CaseId, **columns: object) -> None:
        """Write these too, which are no part of the state: they follow from the lease."""
        self._beside.setdefault(case_id, {}).update(columns)

    def write(self, connection: Connection) -> None:
        """Write the events, and what follows of the cases that were there; a new case's row is the caller's."""
        changed = {
            case_id: (was, self.states[case_id])
            for case_id, was in self._before.items()
            if self.states[case_id] != was
        }
        write_states(connection, changed, self._beside)
        if self._events:
            connection.execute(_TELL, [_event_values(event) for event in self._events])


def take_step(
    connection: Connection,
    db: Database,
    case_id: CaseId,
    state: CaseState,
    kind: EventKind,
    actor: str,
    /,
    **data: EventValue,
) -> CaseState:
    """Let one thing happen to one case whose row is locked, and write it; answers where the case stands then."""
    steps = Steps(db.clock(), {case_id: state})
    now = steps.add(case_id, kind, actor, **data)
    steps.write(connection)
    return now


def write_states(
    connection: Connection,
    changed: Mapping[CaseId, tuple[CaseState, CaseState]],
    beside: Mapping[CaseId, Mapping[str, object]] | None = None,
) -> None:
    """Write the columns and skips of cases, by id as they were and as they are; their rows are there and locked.

    Args:
        connection: Of the transaction.
        changed: The states.
        beside: Further columns, by id, of these cases or of others.
    """
    further = beside or {}
    columns = {case_id: columns_of(now) for case_id, (was, now) in changed.items() if _moved(was, now)}
    rows: list[dict[str, Any]] = [
        {"changed_id": case_id, **columns.get(case_id, {}), **further.get(case_id, {})}
        # Sorted by what they set: rows that set the same columns go in one statement.
        for case_id in sorted({*columns, *further}, key=lambda some: (some in columns, some in further))
    ]
    for _, alike in groupby(rows, key=list):
        connection.execute(_CHANGE, list(alike))
    skipped = {case_id: now.skipped_by for case_id, (was, now) in changed.items() if was.skipped_by != now.skipped_by}
    if not skipped:
        return
    for some in chunks(sorted(skipped)):
        connection.execute(delete(skips).where(skips.c.case_id.in_(some)))
    names = [{"case_id": case_id, "holder": name} for case_id, found in skipped.items() for name in found]
    if names:
        connection.execute(insert(skips), names)


def _moved(was: CaseState, now: CaseState) -> bool:
    return dataclasses.replace(was, skipped_by=()) != dataclasses.replace(now, skipped_by=())


def _event_values(event: Event) -> dict[str, Any]:
    return {
        "case_id": event.case_id,
        "kind": event.kind.value,
        "at": event.at,
        "actor": event.actor,
        "data": dict(event.data),
    }
