"""The life of a case: what each event changes, as a pure function.

    state after event n  =  after(state after event n-1, event n)          the first state is None

Whatever the store writes of a case's state is the outcome of this fold, so replaying the events gives the same row by
construction. An event's `data` holds all that the fold needs: ids, codes, numbers, and times as ISO text.

A case begins with REPORTED. A SNAPSHOT, which the move to revision 0003 appended to each case that was there, holds
the whole state: events from before it did not say enough to be replayed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from cases.case_state import CaseState
from cases.event import Event, EventKind
from cases.event_data import Data, known_time, number_of, text_of, time_of, whole_of
from cases.record import MAIN_QUEUE, CaseStatus

# The one part of a place that ends with the first claim.
LIFTED_UNTIL_TOUCHED = "sla"


def after(state: CaseState | None, event: Event) -> CaseState:
    """Where the case stands once `event` has happened to it.

    Raises:
        ValueError: The event can begin no case, and there is none; or its data lack what it must hold. Both say that
            the history is not whole, which no caller can mend.
    """
    try:
        if event.kind is EventKind.SNAPSHOT:
            return _from_data(event.data)
        if event.kind is EventKind.REPORTED:
            return _reported(event.data)
        if state is None:
            raise ValueError(f"'event' must begin the case (got {event.kind.value} first); its history is not whole")
        change = _CHANGES.get(event.kind)
        return state if change is None else change(state, event)
    except KeyError as error:
        raise ValueError(
            f"'data' of {event.kind.value} must hold {error} (got {', '.join(event.data) or 'nothing'}); "
            "its history is not whole"
        ) from error


def replay(events: Iterable[Event]) -> CaseState:
    """Where a case stands after all that happened to it, in order; what lies before its last snapshot does not count.

    Raises:
        ValueError: There are no events, or they do not make a whole history.
    """
    told = list(events)
    starts = [place for place, event in enumerate(told) if event.kind is EventKind.SNAPSHOT]
    state: CaseState | None = None
    for event in told[starts[-1] if starts else 0 :]:
        state = after(state, event)
    if state is None:
        raise ValueError("'events' must hold at least one (got none); its history is not whole")
    return state


_TIMES = ("received_at", "first_claimed_at", "decided_at", "hold_until", "rerank_at")


def _from_data(data: Data) -> CaseState:
    known = {field.name for field in dataclasses.fields(CaseState)}
    values: dict[str, object] = {name: value for name, value in data.items() if name in known}
    for name in _TIMES:
        if name in values:
            values[name] = time_of(data, name)
    values["status"] = CaseStatus(str(values["status"]))
    values["skipped_by"] = tuple(values.get("skipped_by", ()))  # type: ignore[arg-type]  # a snapshot holds a list
    return CaseState(**values)  # type: ignore[arg-type]  # and of each field its own kind


def _reported(data: Data) -> CaseState:
    return CaseState(
        received_at=known_time(data, "received_at"),
        content_version=whole_of(data, "content_version"),
        order_key=number_of(data, "order_key"),
        queue=text_of(data, "queue") or MAIN_QUEUE,
        queue_fixed=bool(data.get("queue_fixed", False)),
        gathers=bool(data.get("gathers", True)),
    )


def _joined(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(
        state,
        content_version=whole_of(event.data, "content_version"),
        received_at=min(state.received_at, known_time(event.data, "received_at")),
        # It says something new, so those who would not have it may be asked again.
        skipped_by=(),
    )


def _split(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(
        state,
        content_version=whole_of(event.data, "content_version"),
        received_at=known_time(event.data, "received_at"),
        skipped_by=(),
    )


def _merged(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(
        state,
        status=CaseStatus.MERGED,
        merged_into=text_of(event.data, "into"),
        hold_until=None,
        assigned_to=None,
        skipped_by=(),
    )


def _scored(state: CaseState, event: Event) -> CaseState:
    data = event.data
    if whole_of(data, "content_version") != state.content_version:
        return state  # of an older text: kept, and moves nothing
    scored = dataclasses.replace(state, score_id=text_of(data, "score_id"))
    queue = text_of(data, "queue")
    if queue and not state.queue_fixed and queue != state.queue:
        scored = dataclasses.replace(scored, queue=queue, skipped_by=())
    return scored if state.ranked_by_person else _ranked(scored, data)


def _reranked(state: CaseState, event: Event) -> CaseState:
    return _ranked(state, event.data)


def _severity_set(state: CaseState, event: Event) -> CaseState:
    return _severity_is(state, whole_of(event.data, "level"), event.data)


def _severity_cleared(state: CaseState, event: Event) -> CaseState:
    return _severity_is(state, None, event.data)


def _severity_is(state: CaseState, level: int | None, data: Data) -> CaseState:
    now = dataclasses.replace(state, set_severity=level)
    # A priority set by hand goes before it, also one that was set while this place was worked out.
    return now if state.set_priority is not None else _ranked(now, data)


def _priority_set(state: CaseState, event: Event) -> CaseState:
    return _ranked(dataclasses.replace(state, set_priority=text_of(event.data, "name")), event.data)


def _priority_cleared(state: CaseState, event: Event) -> CaseState:
    return _ranked(dataclasses.replace(state, set_priority=None), event.data)


def _claimed(state: CaseState, event: Event) -> CaseState:
    # A hold that kept the case back could not be claimed through: what is left of it has run out.
    claimed = dataclasses.replace(state, first_claimed_at=state.first_claimed_at or event.at, hold_until=None)
    # Touched, it is no longer lifted by the time to first touch that ran out: it is ranked again.
    lifted = state.first_claimed_at is None and bool((state.rank_parts or {}).get(LIFTED_UNTIL_TOUCHED))
    return dataclasses.replace(claimed, rerank_at=event.at) if lifted else claimed


def _skipped(state: CaseState, event: Event) -> CaseState:
    skipped = dataclasses.replace(state, skipped_by=tuple(sorted({*state.skipped_by, event.actor})))
    # Assigned to one who will not have it, it would be handed to nobody.
    return dataclasses.replace(skipped, assigned_to=None) if state.assigned_to == event.actor else skipped


def _held(state: CaseState, event: Event) -> CaseState:
    until = known_time(event.data, "until")
    return _paused(dataclasses.replace(state, hold_until=until), until - event.at)


def _resumed(state: CaseState, event: Event) -> CaseState:
    left = max(timedelta(0), (state.hold_until or event.at) - event.at)
    return _paused(dataclasses.replace(state, hold_until=None), -left)


def _assigned(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(state, assigned_to=text_of(event.data, "to"), skipped_by=())


def _unassigned(state: CaseState, _event: Event) -> CaseState:
    return dataclasses.replace(state, assigned_to=None, skipped_by=())


def _moved(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(state, queue=text_of(event.data, "queue") or "", queue_fixed=True, skipped_by=())


def _escalated(state: CaseState, event: Event) -> CaseState:
    # Another team's case is nobody's yet.
    return dataclasses.replace(_moved(state, event), assigned_to=None)


def _decided(state: CaseState, event: Event) -> CaseState:
    data = event.data
    return dataclasses.replace(
        state,
        status=CaseStatus.DECIDED,
        decision_id=text_of(data, "decision_id"),
        # An imported appeal does not move the time at which the case was first decided.
        decided_at=time_of(data, "decided_at") or state.decided_at,
        first_claimed_at=time_of(data, "claimed_at") or state.first_claimed_at,
        hold_until=None,
        under_appeal=False,
        barred=None,
        skipped_by=(),
    )


def _reopened(state: CaseState, _event: Event) -> CaseState:
    return _undecided(state)


def _appealed(state: CaseState, event: Event) -> CaseState:
    # Whoever it was assigned to may be the one who must not review it.
    return dataclasses.replace(
        _undecided(state), under_appeal=True, barred=text_of(event.data, "barred"), assigned_to=None
    )


def _withdrawn(state: CaseState, event: Event) -> CaseState:
    barred = text_of(event.data, "barred")
    opened = dataclasses.replace(
        _undecided(state), decision_id=text_of(event.data, "stands"), under_appeal=barred is not None, barred=barred
    )
    # Nobody had looked at it before the bulk that is undone.
    return dataclasses.replace(opened, first_claimed_at=None) if event.data.get("untouched") else opened


def _erased(state: CaseState, event: Event) -> CaseState:
    left = state
    if event.data.get("content_version") is not None:
        # Something is left to read: it is scored again without what is gone.
        left = dataclasses.replace(state, content_version=whole_of(event.data, "content_version"))
    if not event.data.get("closed"):
        return left
    return dataclasses.replace(
        left,
        status=CaseStatus.ERASED,
        hold_until=None,
        assigned_to=None,
        under_appeal=False,
        barred=None,
        skipped_by=(),
    )


def _undecided(state: CaseState) -> CaseState:
    return dataclasses.replace(
        state,
        status=CaseStatus.OPEN,
        decided_at=None,
        # One decided elsewhere may not say when it was claimed; it was touched no later than it was decided.
        first_claimed_at=state.first_claimed_at or state.decided_at,
        skipped_by=(),
    )


def _paused(state: CaseState, by: timedelta) -> CaseState:
    return dataclasses.replace(
        state,
        # To the microsecond, which is what times are kept to, so that a hold taken back leaves exactly nothing.
        # When it is ranked again stays: of a time to first touch that may be early, and a deadline does not move.
        paused_seconds=max(0.0, round(state.paused_seconds + by.total_seconds(), 6)),
    )


def _ranked(state: CaseState, data: Data) -> CaseState:
    parts = data.get("parts")
    return dataclasses.replace(
        state,
        order_key=number_of(data, "order_key"),
        rank_parts=dict(parts) if isinstance(parts, Mapping) else None,
        rerank_at=time_of(data, "changes_at"),
    )


# RENEWED and RELEASED change the lease alone, which is no part of the state: it goes by the database's clock.
# SAMPLED, READ_AGAIN and ADJUDICATED say what others make of a decision, which stands until the case is opened again.
_CHANGES: Mapping[EventKind, Callable[[CaseState, Event], CaseState]] = {
    EventKind.JOINED: _joined,
    EventKind.SPLIT: _split,
    EventKind.MERGED: _merged,
    EventKind.ABSORBED: _joined,
    EventKind.SCORED: _scored,
    EventKind.RERANKED: _reranked,
    EventKind.SEVERITY_SET: _severity_set,
    EventKind.SEVERITY_CLEARED: _severity_cleared,
    EventKind.PRIORITY_SET: _priority_set,
    EventKind.PRIORITY_CLEARED: _priority_cleared,
    EventKind.CLAIMED: _claimed,
    EventKind.SKIPPED: _skipped,
    EventKind.HELD: _held,
    EventKind.RESUMED: _resumed,
    EventKind.ASSIGNED: _assigned,
    EventKind.UNASSIGNED: _unassigned,
    EventKind.ESCALATED: _escalated,
    EventKind.MOVED: _moved,
    EventKind.DECIDED: _decided,
    EventKind.UPHELD: _decided,
    EventKind.OVERTURNED: _decided,
    EventKind.REOPENED: _reopened,
    EventKind.APPEALED: _appealed,
    EventKind.WITHDRAWN: _withdrawn,
    EventKind.ERASED: _erased,
}
