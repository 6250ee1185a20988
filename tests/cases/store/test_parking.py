from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.errors import ConflictError, InvalidInputError, NotFoundError, StaleLeaseError
from cases.event import EventKind
from cases.handling import HoldReason, SkipReason
from cases.ids import CaseId, new_id
from cases.record import CaseStatus
from cases.store import CaseStore
from tests.cases.store.builders import VERDICT, claim, file_one, kinds, next_for
from tests.cases.store.conftest import NOON, SetClock

HOUR = timedelta(hours=1)


def test_one_who_skipped_is_not_given_the_case_again_and_others_are(store: CaseStore) -> None:
    case = file_one(store)
    lease = claim(store, case.id)
    store.skip(case.id, "ann", lease.token, SkipReason.LANGUAGE)
    assert next_for(store, "ann") is None
    assert next_for(store, "bob") == case.id
    skipped = next(event for event in store.events(case.id) if event.kind is EventKind.SKIPPED)
    assert (skipped.actor, skipped.data) == ("ann", {"token": lease.token, "reason": "language"})
    with pytest.raises(StaleLeaseError):
        store.skip(case.id, "ann", lease.token, SkipReason.LANGUAGE)
    # Whoever asks for it by name means it.
    assert claim(store, case.id).holder == "ann"


@pytest.mark.parametrize("change", ["joined", "moved", "assigned"])
def test_what_was_skipped_comes_back_when_it_is_another_case_now(store: CaseStore, change: str) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    case = file_one(store, 1, **about)
    store.skip(case.id, "ann", claim(store, case.id).token, SkipReason.OTHER)
    if change == "joined":
        file_one(store, 2, **about)
    elif change == "moved":
        store.move(case.id, "legal", by="eve")
    else:
        store.assign(case.id, "ann", by="eve")
    assert next_for(store, "ann") == case.id


def test_a_case_on_hold_is_handed_out_to_nobody_until_its_time(store: CaseStore, clock: SetClock) -> None:
    case = file_one(store)
    lease = claim(store, case.id)
    store.hold(case.id, "ann", lease.token, NOON + HOUR, HoldReason.AWAITING_REPORTER)
    held = store.case(case.id)
    assert (held.status, held.hold_until, held.paused_seconds) == (CaseStatus.OPEN, NOON + HOUR, 3600.0)
    assert [listed.hold_until for listed in store.queue(10)] == [NOON + HOUR]
    assert next_for(store, "ann") is None
    with pytest.raises(ConflictError, match=r"on hold until .*resume it first"):
        claim(store, case.id)
    with pytest.raises(StaleLeaseError):
        store.renew(lease, 60)
    clock.forward(hours=1)
    assert next_for(store, "bob") == case.id
    assert (store.case(case.id).hold_until, store.case(case.id).paused_seconds) == (None, 3600.0)


def test_a_hold_counts_as_a_pause_and_resuming_takes_the_rest_back(store: CaseStore, clock: SetClock) -> None:
    case = file_one(store)
    store.hold(case.id, "ann", claim(store, case.id).token, NOON + 3 * HOUR, HoldReason.OTHER)
    assert store.case(case.id).paused_seconds == 3 * 3600.0
    clock.forward(hours=1)
    store.resume(case.id, by="bob")
    resumed = store.case(case.id)
    assert (resumed.hold_until, resumed.paused_seconds) == (None, 3600.0)
    assert kinds(store, case.id)[-2:] == [EventKind.HELD, EventKind.RESUMED]
    assert next_for(store, "ann") == case.id


def test_a_case_that_nobody_holds_is_kept_back_without_a_lease_and_stays_untouched(
    store: CaseStore, clock: SetClock
) -> None:
    case = file_one(store)
    store.hold(case.id, "lead", None, NOON + 2 * HOUR, HoldReason.AWAITING_EVIDENCE)
    clock.forward(hours=1)
    # Anew: from now on, not beside what is left of the old one.
    store.hold(case.id, "lead", None, NOON + 2 * HOUR, HoldReason.AWAITING_EVIDENCE)
    held = store.case(case.id)
    assert (held.paused_seconds, held.first_claimed_at) == (2 * 3600.0, None)
    assert next_for(store, "ann") is None
    clock.forward(hours=1)
    lease = claim(store, case.id, "bob")
    with pytest.raises(ConflictError, match="held until"):
        store.hold(case.id, "lead", None, NOON + 9 * HOUR, HoldReason.OTHER)
    store.decide(case.id, VERDICT, holder="bob", token=lease.token)
    with pytest.raises(ConflictError, match="undecided"):
        store.hold(case.id, "lead", None, NOON + 9 * HOUR, HoldReason.OTHER)


def test_an_assigned_case_that_its_assignee_skips_is_anybodys(store: CaseStore) -> None:
    case = file_one(store)
    store.assign(case.id, "ann", by="lead")
    store.skip(case.id, "ann", claim(store, case.id).token, SkipReason.OTHER)
    assert store.case(case.id).assigned_to is None
    assert next_for(store, "ann") is None
    assert next_for(store, "bob") == case.id


def test_what_is_not_on_hold_cannot_be_resumed(store: CaseStore, clock: SetClock) -> None:
    case = file_one(store)
    with pytest.raises(ConflictError, match="on hold"):
        store.resume(case.id, by="ann")
    store.hold(case.id, "ann", claim(store, case.id).token, NOON + HOUR, HoldReason.OTHER)
    clock.forward(hours=2)
    with pytest.raises(ConflictError, match="on hold"):
        store.resume(case.id, by="ann")
    with pytest.raises(NotFoundError):
        store.resume(CaseId(new_id()), by="ann")


@pytest.mark.parametrize(
    "until",
    [NOON, NOON - HOUR, NOON + timedelta(days=366), datetime(2026, 3, 5)],  # noqa: DTZ001 - naive on purpose
)
def test_a_hold_that_never_holds_or_never_ends_is_refused(sqlite_store: CaseStore, until: datetime) -> None:
    case = file_one(sqlite_store)
    lease = claim(sqlite_store, case.id)
    with pytest.raises(InvalidInputError, match="'until' must") as caught:
        sqlite_store.hold(case.id, "ann", lease.token, until, HoldReason.OTHER)
    assert caught.value.field == "until"
    assert sqlite_store.case(case.id).status is CaseStatus.CLAIMED


def test_only_the_holder_skips_or_holds(store: CaseStore) -> None:
    case = file_one(store)
    lease = claim(store, case.id)
    for attempt in (
        lambda: store.skip(case.id, "bob", lease.token, SkipReason.OTHER),
        lambda: store.hold(case.id, "bob", lease.token, NOON + HOUR, HoldReason.OTHER),
        lambda: store.escalate(case.id, "bob", lease.token, "legal"),
    ):
        with pytest.raises(StaleLeaseError, match="another's token"):
            attempt()
    assert kinds(store, case.id)[-1] is EventKind.CLAIMED
