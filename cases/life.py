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
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.record import MAIN_QUEUE, CaseStatus, Event, EventKind, EventValue

Data = Mapping[str, EventValue]

# The one part of a place that ends with the first claim.
LIFTED_UNTIL_TOUCHED = "sla"


@dataclass(frozen=True, slots=True)
class CaseState:
    """Where a case stands; `cases.record.Case` says what the fields mean that both have.

    Attributes:
        status: Open, decided, merged or erased; that it is claimed follows from its lease.
        queue_fixed: A person sent it to its queue, so no score moves it.
        score_id: The latest score of the content that was then the latest.
        gathers: Whether later reports join it; `CaseStore.split` says which of those that were split off they do not.
        skipped_by: Who gave it back and is not given it again, sorted.
    """

    received_at: datetime
    content_version: int
    order_key: float
    status: CaseStatus = CaseStatus.OPEN
    queue: str = MAIN_QUEUE
    queue_fixed: bool = False
    score_id: str | None = None
    first_claimed_at: datetime | None = None
    decided_at: datetime | None = None
    hold_until: datetime | None = None
    paused_seconds: float = 0.0
    assigned_to: str | None = None
    set_severity: int | None = None
    set_priority: str | None = None
    rank_parts: Mapping[str, float] | None = None
    rerank_at: datetime | None = None
    decision_id: str | None = None
    under_appeal: bool = False
    barred: str | None = None
    gathers: bool = True
    merged_into: str | None = None
    skipped_by: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status is CaseStatus.OPEN

    @property
    def ranked_by_person(self) -> bool:
        """Whether a person set its severity or its priority, so that no score moves it up or down."""
        return self.set_severity is not None or self.set_priority is not None

    def on_hold(self, now: datetime) -> bool:
        """Whether it is kept back at `now`, business time."""
        return self.hold_until is not None and self.hold_until > now


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


def iso(moment: datetime | None) -> str | None:
    """A time as events hold it."""
    return None if moment is None else moment.isoformat()


_TIMES = ("received_at", "first_claimed_at", "decided_at", "hold_until", "rerank_at")


def _from_data(data: Data) -> CaseState:
    known = {field.name for field in dataclasses.fields(CaseState)}
    values: dict[str, object] = {name: value for name, value in data.items() if name in known}
    for name in _TIMES:
        if name in values:
            values[name] = _time(data, name)
    values["status"] = CaseStatus(str(values["status"]))
    values["skipped_by"] = tuple(values.get("skipped_by", ()))  # type: ignore[arg-type]  # a snapshot holds a list
    return CaseState(**values)  # type: ignore[arg-type]  # and of each field its own kind


def _reported(data: Data) -> CaseState:
    return CaseState(
        received_at=_known_time(data, "received_at"),
        content_version=_whole(data, "content_version"),
        order_key=_number(data, "order_key"),
        queue=_text(data, "queue") or MAIN_QUEUE,
        queue_fixed=bool(data.get("queue_fixed", False)),
        gathers=bool(data.get("gathers", True)),
    )


def _joined(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(
        state,
        content_version=_whole(event.data, "content_version"),
        received_at=min(state.received_at, _known_time(event.data, "received_at")),
        # It says something new, so those who would not have it may be asked again.
        skipped_by=(),
    )


def _split(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(
        state,
        content_version=_whole(event.data, "content_version"),
        received_at=_known_time(event.data, "received_at"),
        skipped_by=(),
    )


def _merged(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(
        state,
        status=CaseStatus.MERGED,
        merged_into=_text(event.data, "into"),
        hold_until=None,
        assigned_to=None,
        skipped_by=(),
    )


def _scored(state: CaseState, event: Event) -> CaseState:
    data = event.data
    if _whole(data, "content_version") != state.content_version:
        return state  # of an older text: kept, and moves nothing
    scored = dataclasses.replace(state, score_id=_text(data, "score_id"))
    queue = _text(data, "queue")
    if queue and not state.queue_fixed and queue != state.queue:
        scored = dataclasses.replace(scored, queue=queue, skipped_by=())
    return scored if state.ranked_by_person else _ranked(scored, data)


def _reranked(state: CaseState, event: Event) -> CaseState:
    return _ranked(state, event.data)


def _severity_set(state: CaseState, event: Event) -> CaseState:
    return _severity_is(state, _whole(event.data, "level"), event.data)


def _severity_cleared(state: CaseState, event: Event) -> CaseState:
    return _severity_is(state, None, event.data)


def _severity_is(state: CaseState, level: int | None, data: Data) -> CaseState:
    now = dataclasses.replace(state, set_severity=level)
    # A priority set by hand goes before it, also one that was set while this place was worked out.
    return now if state.set_priority is not None else _ranked(now, data)


def _priority_set(state: CaseState, event: Event) -> CaseState:
    return _ranked(dataclasses.replace(state, set_priority=_text(event.data, "name")), event.data)


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
    until = _known_time(event.data, "until")
    return _paused(dataclasses.replace(state, hold_until=until), until - event.at)


def _resumed(state: CaseState, event: Event) -> CaseState:
    left = max(timedelta(0), (state.hold_until or event.at) - event.at)
    return _paused(dataclasses.replace(state, hold_until=None), -left)


def _assigned(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(state, assigned_to=_text(event.data, "to"), skipped_by=())


def _unassigned(state: CaseState, _event: Event) -> CaseState:
    return dataclasses.replace(state, assigned_to=None, skipped_by=())


def _moved(state: CaseState, event: Event) -> CaseState:
    return dataclasses.replace(state, queue=_text(event.data, "queue") or "", queue_fixed=True, skipped_by=())


def _escalated(state: CaseState, event: Event) -> CaseState:
    # Another team's case is nobody's yet.
    return dataclasses.replace(_moved(state, event), assigned_to=None)


def _decided(state: CaseState, event: Event) -> CaseState:
    data = event.data
    return dataclasses.replace(
        state,
        status=CaseStatus.DECIDED,
        decision_id=_text(data, "decision_id"),
        # An imported appeal does not move the time at which the case was first decided.
        decided_at=_time(data, "decided_at") or state.decided_at,
        first_claimed_at=_time(data, "claimed_at") or state.first_claimed_at,
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
        _undecided(state), under_appeal=True, barred=_text(event.data, "barred"), assigned_to=None
    )


def _withdrawn(state: CaseState, event: Event) -> CaseState:
    barred = _text(event.data, "barred")
    opened = dataclasses.replace(
        _undecided(state), decision_id=_text(event.data, "stands"), under_appeal=barred is not None, barred=barred
    )
    # Nobody had looked at it before the bulk that is undone.
    return dataclasses.replace(opened, first_claimed_at=None) if event.data.get("untouched") else opened


def _erased(state: CaseState, event: Event) -> CaseState:
    left = state
    if event.data.get("content_version") is not None:
        # Something is left to read: it is scored again without what is gone.
        left = dataclasses.replace(state, content_version=_whole(event.data, "content_version"))
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
        order_key=_number(data, "order_key"),
        rank_parts=dict(parts) if isinstance(parts, Mapping) else None,
        rerank_at=_time(data, "changes_at"),
    )


def _time(data: Data, name: str) -> datetime | None:
    value = data.get(name)
    return None if value is None else datetime.fromisoformat(str(value))


def _known_time(data: Data, name: str) -> datetime:
    return datetime.fromisoformat(str(data[name]))


def _text(data: Data, name: str) -> str | None:
    value = data.get(name)
    return None if value is None or value == "" else str(value)


def _whole(data: Data, name: str) -> int:
    return int(data[name])  # type: ignore[arg-type]  # a whole number, or ValueError says so


def _number(data: Data, name: str) -> float:
    return float(data[name])  # type: ignore[arg-type]  # a number, or ValueError says so


# RENEWED and RELEASED change the lease alone, which is no part of the state: it goes by the database's clock.
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
