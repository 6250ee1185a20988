"""What is to be told goes out once each, in order, is tried again, given up and replayed; alarms are told once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from cases.errors import ConflictError, NotFoundError
from cases.store import CaseStore
from cases.store.tables import deliveries
from cases.store.telling.delivering import PAGE
from cases.telling import Told
from cases.webhooks import DeliveryState, WebhookId
from tests.cases.store.builders import decide, file_one, report, score
from tests.cases.store.conftest import NOON, SetClock
from tests.cases.store.test_telling import LEASE, derive, kinds, receiver, told


def test_two_deliverers_share_the_work_and_none_is_handed_out_twice(store: CaseStore, store_url: str) -> None:
    to = receiver(store, Told.DECIDED)
    for number in range(40):
        decide(store, file_one(store, number).id)
    derive(store)

    def work(_: int) -> list[int]:
        with CaseStore.open(store_url, store._db.clock) as own:  # noqa: SLF001 - the test's clock
            taken = []
            for _ in range(40):
                taken += [each.delivery.id for each in own.claim_deliveries(to, 3, LEASE)]
            return taken

    with ThreadPoolExecutor(3) as pool:
        shares = list(pool.map(work, range(3)))
    everything = [number for share in shares for number in share]
    assert len(everything) == len(set(everything)) == 40


def test_what_is_told_of_one_case_goes_out_in_order(store: CaseStore, clock: SetClock) -> None:
    to = receiver(store, Told.SCORED, Told.DECIDED)
    case, other = file_one(store, 1), file_one(store, 2)
    store.record_scores([score(case), score(other)])
    decide(store, case.id)
    derive(store)
    first = store.claim_deliveries(to, 10, LEASE)
    assert [(each.delivery.kind, each.delivery.about) for each in first] == [
        ("case.scored", case.id), ("case.scored", other.id),
    ]  # fmt: skip
    # While the score is on its way, and while it waits to be sent again, the decision waits.
    assert store.claim_deliveries(to, 10, LEASE) == []
    store.not_delivered(first[0].delivery, "503", timedelta(minutes=5))
    assert store.claim_deliveries(to, 10, LEASE) == []
    clock.forward(minutes=5)
    [again] = store.claim_deliveries(to, 10, LEASE)
    assert (again.delivery.event_id, again.delivery.attempts) == (first[0].delivery.event_id, 2)
    store.delivered(again.delivery, "200")
    assert kinds(store.claim_deliveries(to, 10, LEASE)) == ["case.decided"]


def test_a_message_that_is_refused_again_and_again_holds_up_the_case_no_longer(
    store: CaseStore, clock: SetClock
) -> None:
    to = receiver(store, Told.SCORED, Told.DECIDED)
    case = file_one(store, 1)
    store.record_scores([score(case)])
    decide(store, case.id)
    derive(store)
    for _ in range(5):
        [refused] = store.claim_deliveries(to, 10, LEASE)
        assert refused.delivery.kind == "case.scored"
        store.not_delivered(refused.delivery, "500", timedelta(hours=1))
        clock.forward(hours=1)
    assert sorted(kinds(store.claim_deliveries(to, 10, LEASE))) == ["case.decided", "case.scored"]


def test_very_much_about_one_case_keeps_nothing_about_others_waiting(store: CaseStore) -> None:
    to = receiver(store, Told.SCORED)
    busy, other = file_one(store, 1), file_one(store, 2)
    store.record_scores([score(busy) for _ in range(2 * PAGE + 50)])
    store.record_scores([score(other)])
    derive(store)
    claimed = store.claim_deliveries(to, 10, LEASE)
    assert [each.delivery.about for each in claimed] == [busy.id, other.id]
    assert store.claim_deliveries(to, 10, LEASE) == []
    store.delivered(claimed[0].delivery, "204")
    assert [each.delivery.about for each in store.claim_deliveries(to, 10, LEASE)] == [busy.id]


@pytest.mark.slow
def test_a_claim_looks_at_few_of_very_many_that_wait(store: CaseStore) -> None:
    to = receiver(store, Told.SCORED)
    filed = store.file_reports([report(number) for number in range(3_000)], actor="intake")
    assert len(filed) == 3_000
    while cases := store.unscored(500, "a" * 64):
        store.record_scores([score(case) for case in cases])
    derive(store)
    begun = time.monotonic()
    for _ in range(10):
        assert len(store.claim_deliveries(to, 8, LEASE)) == 8
    # A join of the queue with itself took nine seconds for each at 5,000.
    assert time.monotonic() - begun < 10


def lapse(engine: Engine) -> None:
    """Let each lease have ended, by the database's clock."""
    with engine.begin() as connection:
        connection.execute(update(deliveries).values(leased_until=NOON - timedelta(days=3_650)))


def test_whoever_comes_back_after_the_lease_ended_changes_nothing_unless_it_was_delivered(
    store: CaseStore, engine: Engine
) -> None:
    to = receiver(store, Told.DECIDED)
    decide(store, file_one(store, 1).id)
    derive(store)
    [silent] = store.claim_deliveries(to, 10, LEASE)
    lapse(engine)
    [second] = store.claim_deliveries(to, 10, LEASE)
    assert (second.delivery.id, second.delivery.event_id) == (silent.delivery.id, silent.delivery.event_id)
    assert (silent.delivery.attempts, second.delivery.attempts) == (1, 2)
    store.not_delivered(silent.delivery, "500", None)
    [now] = store.deliveries(10)
    assert (now.state, now.last_status) == (DeliveryState.PENDING, "")
    store.delivered(silent.delivery, "204")
    store.not_delivered(second.delivery, "500", None)
    [now] = store.deliveries(10)
    assert (now.state, now.last_status, now.done_at) == (DeliveryState.DELIVERED, "204", NOON)


def dead_letter(store: CaseStore, to: WebhookId) -> int:
    decide(store, file_one(store, 1).id)
    derive(store)
    [claimed] = store.claim_deliveries(to, 10, LEASE)
    store.not_delivered(claimed.delivery, "500", None)
    return claimed.delivery.id


def test_a_dead_letter_is_sent_again_under_its_id_when_it_is_replayed(store: CaseStore, clock: SetClock) -> None:
    to = receiver(store, Told.DECIDED)
    number = dead_letter(store, to)
    [dead] = store.deliveries(10, state=DeliveryState.DEAD)
    assert (dead.id, dead.attempts, dead.done_at, dead.last_status) == (number, 1, NOON, "500")
    clock.forward(hours=1)
    assert store.due_webhooks() == []
    again = store.replay_delivery(number)
    assert (again.state, again.attempts, again.done_at) == (DeliveryState.PENDING, 0, None)
    [sent] = told(store, to)
    assert (sent.delivery.event_id, sent.delivery.attempts) == (dead.event_id, 1)


def test_all_dead_letters_of_a_receiver_or_all_since_a_time_are_replayed(store: CaseStore, clock: SetClock) -> None:
    to, other = receiver(store, Told.DECIDED), receiver(store, Told.DECIDED)
    dead_letter(store, to)
    clock.forward(hours=2)
    decide(store, file_one(store, 2).id)
    early, late = sorted(each.delivery.event_at for each in told(store, other))
    assert len(told(store, to)) == 1
    assert store.replay_webhook(to) == 1
    assert [each.delivery.event_at for each in told(store, to)] == [early]
    assert store.replay_webhook(to, since=late) == 1
    assert [each.delivery.event_at for each in told(store, to)] == [late]
    assert store.replay_webhook(to, since=early) == 2
    # What waits to be sent anyway is not begun anew.
    assert store.replay_webhook(to, since=early) == 0
    assert store.deliveries(10, webhook_id=other, state=DeliveryState.PENDING) == ()


def test_what_cannot_be_replayed_is_refused_with_the_reason(store: CaseStore) -> None:
    to = receiver(store, Told.DECIDED)
    number = dead_letter(store, to)
    store.replay_delivery(number)
    with pytest.raises(ConflictError, match="pending"):
        store.replay_delivery(number)
    with pytest.raises(NotFoundError, match="'delivery_id'"):
        store.replay_delivery(number + 1)
    with pytest.raises(NotFoundError, match="'webhook_id'"):
        store.replay_webhook(WebhookId("nobody"))
    assert len(told(store, to)) == 1
    store.remove_webhook(to)
    with pytest.raises(ConflictError, match="removed"):
        store.replay_delivery(number)


def test_what_was_delivered_or_given_up_is_kept_for_its_time(store: CaseStore, clock: SetClock) -> None:
    to = receiver(store, Told.DECIDED)
    dead_letter(store, to)
    decide(store, file_one(store, 2).id)
    told(store, to)
    decide(store, file_one(store, 3).id)
    derive(store)
    week, month = timedelta(days=7), timedelta(days=30)
    assert store.purge_deliveries(week, month) == 0
    clock.forward(days=7, seconds=1)
    assert store.purge_deliveries(week, month) == 1
    clock.forward(days=23)
    assert store.purge_deliveries(week, month) == 1
    assert [each.state for each in store.deliveries(10)] == [DeliveryState.PENDING]


def test_deliveries_are_listed_newest_first_a_page_at_a_time_and_counted(store: CaseStore, clock: SetClock) -> None:
    to = receiver(store, Told.DECIDED, Told.SCORED)
    dead_letter(store, to)
    clock.forward(minutes=1)
    for number in range(2, 5):
        decide(store, file_one(store, number).id)
    derive(store)
    ids = [each.id for each in store.deliveries(10)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4
    assert [each.id for each in store.deliveries(2, before=ids[1])] == ids[2:]
    counts = {(each.state, each.kind): (each.count, each.oldest) for each in store.delivery_counts()}
    assert counts == {
        (DeliveryState.DEAD, "case.decided"): (1, NOON),
        (DeliveryState.PENDING, "case.decided"): (3, NOON + timedelta(minutes=1)),
    }


def test_an_alarm_is_told_once_when_it_begins_and_once_when_it_ends_however_many_look(
    store: CaseStore, store_url: str, clock: SetClock
) -> None:
    to = receiver(store, Told.ALARM_RAISED, Told.ALARM_CLEARED)
    with CaseStore.open(store_url, clock) as second:
        figures = {"queue_old": {"hours": 80.0}}
        assert store.tell_alarms(figures).began == ("queue_old",)
        assert second.tell_alarms(figures).began == ()
        clock.forward(minutes=1)
        assert second.tell_alarms({}).ended == ("queue_old",)
        assert store.tell_alarms({}).ended == ()
    found = told(store, to)
    assert [(each.delivery.kind, dict(each.payload), each.delivery.event_at) for each in found] == [
        ("alarm.raised", {"alarm": "queue_old", "hours": 80.0}, NOON),
        ("alarm.cleared", {"alarm": "queue_old"}, NOON + timedelta(minutes=1)),
    ]
    assert store.tell_alarms(figures).began == ("queue_old",)
    assert told(store, to)[0].delivery.event_id not in {each.delivery.event_id for each in found}


def test_services_that_see_an_alarm_at_the_same_moment_tell_of_it_once(store: CaseStore, store_url: str) -> None:
    to = receiver(store)

    def look(_: int) -> int:
        with CaseStore.open(store_url, store._db.clock) as own:  # noqa: SLF001 - the test's clock
            return sum(len(own.tell_alarms({"queue_old": {}}).began) for _ in range(5))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(4))) == 1
    assert kinds(told(store, to)) == ["alarm.raised"]
