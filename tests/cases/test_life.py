from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from cases.case_state import CaseState
from cases.event import Event, EventKind, EventValue
from cases.event_data import iso
from cases.ids import CaseId
from cases.life import _CHANGES, after, replay
from cases.record import CaseStatus

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(kind: EventKind, at: datetime = NOON, actor: str = "ann", **data: EventValue) -> Event:
    return Event(0, CaseId("c"), kind, at, actor, data)


BEGUN = event(EventKind.REPORTED, received_at=(NOON - HOUR).isoformat(), content_version=1, order_key=1.5)


def told(*events: Event) -> CaseState:
    return replay([BEGUN, *events])


def snapshot(state: CaseState) -> Event:
    """The state as revision 0003 writes it: what is not known is left out."""
    values = {field.name: getattr(state, field.name) for field in dataclasses.fields(state)}
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = iso(value)
        elif isinstance(value, tuple):
            values[name] = list(value)
    return event(EventKind.SNAPSHOT, **{name: value for name, value in values.items() if value is not None})


def test_a_report_begins_a_case_that_is_open_in_the_main_queue() -> None:
    assert replay([BEGUN]) == CaseState(NOON - HOUR, 1, 1.5, CaseStatus.OPEN, "main")


def test_each_kind_of_event_has_its_place_in_the_fold() -> None:
    changes_nothing = {
        EventKind.RENEWED, EventKind.RELEASED, EventKind.SAMPLED, EventKind.READ_AGAIN, EventKind.ADJUDICATED,
    }  # fmt: skip
    begins = {EventKind.REPORTED, EventKind.SNAPSHOT}
    assert set(_CHANGES) | changes_nothing | begins == set(EventKind)
    for kind in changes_nothing:
        assert told(event(kind, token=1)) == told()


@pytest.mark.parametrize("kind", [EventKind.CLAIMED, EventKind.DECIDED, EventKind.RENEWED])
def test_a_history_that_does_not_begin_is_refused(kind: EventKind) -> None:
    with pytest.raises(ValueError, match="its history is not whole"):
        after(None, event(kind, token=1))


def test_an_event_that_says_too_little_is_refused_by_what_it_lacks() -> None:
    with pytest.raises(ValueError, match=r"'received_at'.*not whole"):
        replay([event(EventKind.REPORTED, report_id="r", content_version=1)])
    with pytest.raises(ValueError, match="at least one"):
        replay([])


def test_a_snapshot_holds_the_whole_state_and_stands_for_what_was_before() -> None:
    full = CaseState(
        received_at=NOON,
        content_version=3,
        order_key=-0.1,
        status=CaseStatus.OPEN,
        queue="legal",
        queue_fixed=True,
        score_id="s",
        first_claimed_at=NOON,
        decided_at=NOON + HOUR,
        hold_until=NOON + 2 * HOUR,
        paused_seconds=0.1 + 0.2,
        assigned_to="ann",
        set_severity=2,
        set_priority="urgent",
        rank_parts={"harm": 1.0},
        rerank_at=NOON,
        decision_id="d",
        under_appeal=True,
        barred="bob",
        gathers=False,
        merged_into="other",
        skipped_by=("ann", "bob"),
    )
    assert all(getattr(full, f.name) != f.default for f in dataclasses.fields(CaseState) if f.name != "status")
    old = event(EventKind.REPORTED, report_id="r", content_version=1)  # as before revision 0003: it says too little
    assert replay([old, snapshot(full)]) == full
    plain = told()
    assert replay([snapshot(plain)]) == plain


def test_a_hold_pauses_the_clock_and_an_early_end_gives_the_rest_back_exactly() -> None:
    due = event(EventKind.RERANKED, order_key=1.5, parts={}, changes_at=(NOON + HOUR).isoformat())
    held = event(EventKind.HELD, until=(NOON + 3 * HOUR).isoformat(), reason="other")
    state = told(due, held)
    # A deadline does not move, and to look too early at a time to first touch does no harm.
    assert (state.paused_seconds, state.rerank_at) == (3 * 3600.0, NOON + HOUR)
    assert state.on_hold(NOON + 2 * HOUR)
    assert not state.on_hold(NOON + 3 * HOUR)

    moment = timedelta(microseconds=1)
    early = told(due, held, event(EventKind.RESUMED, at=NOON + HOUR + moment))
    assert early.paused_seconds == 3600.000001
    at_once = told(due, held, event(EventKind.RESUMED))
    assert dataclasses.replace(at_once, hold_until=None) == told(due)


def test_a_score_moves_a_case_unless_a_person_has() -> None:
    scored = event(
        EventKind.SCORED, score_id="s", content_version=1, order_key=9.0, parts={"harm": 9.0}, queue="legal"
    )
    assert (told(scored).order_key, told(scored).queue, told(scored).score_id) == (9.0, "legal", "s")
    older = dataclasses.replace(scored, data={**scored.data, "content_version": 2})
    assert told(older) == told()

    by_hand = event(EventKind.SEVERITY_SET, level=1, order_key=5.0, parts={"harm": 5.0})
    state = told(by_hand, event(EventKind.MOVED, queue="brand"), scored)
    assert (state.order_key, state.queue, state.score_id, state.rank_parts) == (5.0, "brand", "s", {"harm": 5.0})
    cleared = after(state, event(EventKind.SEVERITY_CLEARED, order_key=9.0, parts={"harm": 9.0}))
    assert (cleared.set_severity, cleared.order_key, cleared.ranked_by_person) == (None, 9.0, False)


@pytest.mark.parametrize(
    "change",
    [
        event(EventKind.JOINED, content_version=2, received_at=NOON.isoformat()),
        event(EventKind.MOVED, queue="legal"),
        event(EventKind.ASSIGNED, to="eve"),
        event(EventKind.UNASSIGNED),
    ],
)
def test_one_who_skipped_may_be_asked_again_once_text_queue_or_assignment_change(change: Event) -> None:
    skipped = event(EventKind.SKIPPED, reason="other", token=1)
    assert told(skipped, event(EventKind.SKIPPED, actor="ann", token=2)).skipped_by == ("ann",)
    assert told(skipped, change).skipped_by == ()


def test_a_decision_withdrawn_leaves_what_stood_before_it() -> None:
    first = event(EventKind.DECIDED, decision_id="d1", decided_at=NOON.isoformat())
    appealed = event(EventKind.APPEALED, decision_id="d1", barred="ann")
    upheld = event(EventKind.UPHELD, decision_id="d2", decided_at=(NOON + HOUR).isoformat(), reviews="d1")
    before = told(first, appealed)
    assert (before.status, before.under_appeal, before.barred) == (CaseStatus.OPEN, True, "ann")
    assert after(before, upheld).status is CaseStatus.DECIDED
    undone = event(EventKind.WITHDRAWN, decision_id="d2", stands="d1", barred="ann")
    assert told(first, appealed, upheld, undone) == before


def test_a_case_decided_elsewhere_counts_as_touched_when_it_is_opened_again() -> None:
    decided = event(EventKind.DECIDED, decision_id="d1", decided_at=(NOON - HOUR).isoformat())
    state = told(decided, event(EventKind.REOPENED, decision_id="d1", reason="mistake"))
    assert (state.decided_at, state.first_claimed_at, state.decision_id) == (None, NOON - HOUR, "d1")
