"""From the log of events to what receivers are told: once each, in order, and without a word of anybody's."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from cases.decision import PastDecision
from cases.errors import ConflictError, NotFoundError
from cases.handling import Outcome, RankReason
from cases.ids import CaseId
from cases.record import EventKind, Rank
from cases.store import CaseStore
from cases.store.tables import deliveries, event_readers, events
from cases.store.telling.delivering import PAGE
from cases.telling import NAMED_REPORTS, Told
from cases.webhooks import ClaimedDelivery, DeliveryState, WebhookId
from tests.cases.store.builders import MORNING, VERDICT, decide, file_one, report, score
from tests.cases.store.conftest import NOON, SetClock

URL = "https://hooks.example.org/in"
LEASE = timedelta(seconds=60)

Scored = tuple[WebhookId, CaseId, Mapping[str, Any]]


def receiver(store: CaseStore, *told: Told) -> WebhookId:
    return store.add_webhook(URL, told or tuple(Told))[0].id


def derive(store: CaseStore, at_most: int = 500) -> None:
    while store.derive_deliveries(at_most):
        pass


def told(store: CaseStore, to: WebhookId) -> list[ClaimedDelivery]:
    """All that the receiver is to be told now, in order; it takes it."""
    derive(store)
    found = []
    while claimed := store.claim_deliveries(to, 100, LEASE):
        for each in claimed:
            store.delivered(each.delivery, "204")
        found += claimed
    return sorted(found, key=lambda each: each.delivery.id)


def kinds(found: list[ClaimedDelivery]) -> list[str]:
    return [each.delivery.kind for each in found]


def test_a_case_is_told_of_from_its_score_to_the_overturned_decision(store: CaseStore, clock: SetClock) -> None:
    to = receiver(store)
    case = file_one(store, 1)
    sent = score(case, severity_level=2, tier="suggest", queue="urgent")
    store.record_scores([sent])
    first = decide(store, case.id, note="a word of mine")
    store.appeal(case.id, by="u1", note="another")
    clock.forward(minutes=5)
    upheld = decide(store, case.id, holder="bob", outcome=Outcome.UPHOLD)
    store.appeal(case.id, by="u1")
    overturned = decide(store, case.id, holder="eve", outcome=Outcome.OVERTURN)

    found = told(store, to)
    assert kinds(found) == [
        "case.scored", "case.decided", "case.decided", "case.decided", "case.overturned",
    ]  # fmt: skip
    by_seq = {event.seq: event for event in store.events(case.id)}
    for each in found:
        event = by_seq[each.payload["version"]]
        assert (each.delivery.about, each.delivery.event_at) == (case.id, event.at)
        assert each.payload["case_id"] == case.id
        assert each.payload["reports"] == [{"source": "helpdesk", "external_id": "ticket-1"}]
        assert each.payload["reports_total"] == 1
    scored, *decided = (each.payload for each in found)
    assert {name: scored[name] for name in ("score_id", "tier", "category", "probability", "severity", "queue")} == {
        "score_id": sent.id, "tier": "suggest", "category": "hate", "probability": sent.category["hate"],
        "severity": 2, "queue": "urgent",
    }  # fmt: skip
    # The level shown has .7 by the model.
    assert scored["triage"] == {
        "category": "hate", "category_confidence": "Medium", "severity": 2, "severity_confidence": "Medium",
        "tags": [
            "caseload_category_hate", "caseload_category_confidence_medium",
            "caseload_severity_2", "caseload_severity_confidence_medium",
        ],
    }  # fmt: skip
    assert [(each["decision_id"], each["outcome"], each["reviews"]) for each in decided] == [
        (first.id, None, None),
        (upheld.id, "upheld", first.id),
        (overturned.id, "overturned", upheld.id),
        (overturned.id, "overturned", upheld.id),
    ]
    assert (decided[0]["category"], decided[0]["severity"], decided[0]["action"], decided[0]["reason"]) == (
        VERDICT.category, VERDICT.severity, VERDICT.action, VERDICT.reason,
    )  # fmt: skip
    assert len({each.delivery.event_id for each in found}) == 5


def test_where_the_model_abstains_no_category_is_told(store: CaseStore) -> None:
    to = receiver(store, Told.SCORED)
    store.record_scores([score(file_one(store, 1), tier="abstain", sub_policy="slurs")])
    [scored] = told(store, to)
    assert [scored.payload[name] for name in ("tier", "category", "probability", "sub_policy")] == [
        "abstain", None, None, None,
    ]  # fmt: skip
    assert scored.payload["triage"] == {
        "category": None, "category_confidence": None, "severity": None, "severity_confidence": None,
        "tags": ["caseload_abstained"],
    }  # fmt: skip


def test_nothing_that_is_told_holds_a_text_or_a_name(store: CaseStore) -> None:
    to, mark = receiver(store), "mariposa"
    case = file_one(
        store, 1, title=f"{mark} 1", description=f"{mark} 2", reporter=f"{mark} 3", attributes={mark: f"{mark} 4"},
        subject_kind="user", subject_ref=f"{mark}-5",
    )  # fmt: skip
    store.record_scores([score(case, severity_level=1)])
    decide(store, case.id, holder=f"{mark} 6", note=f"{mark} 7")
    store.appeal(case.id, by=f"{mark} 8", note=f"{mark} 9")
    decide(store, case.id, holder=f"{mark} 10", outcome=Outcome.OVERTURN)
    found = told(store, to)
    assert len(found) == 5
    assert mark not in json.dumps([dict(each.payload) for each in found])


@pytest.mark.parametrize("how", ["reported", "scored", "set"])
def test_that_a_case_is_of_severity_1_is_told_once_however_it_is_known(
    store: CaseStore, clock: SetClock, how: str
) -> None:
    to = receiver(store, Told.SEVERITY_1)
    [filed] = store.file_reports([report(1)], actor="intake", level=1 if how == "reported" else 3)
    case = store.case(filed.case_id)
    if how == "reported":
        derive(store)
    elif how == "scored":
        store.record_scores([score(case, severity_level=1)])
    elif how == "set":
        store.set_severity(case.id, 1, by="lead", reason=RankReason.OTHER, rank=Rank(1.0))
    store.record_scores([score(case, severity_level=2)])
    [first] = told(store, to)
    assert first.payload["cause"] == how
    # What was delivered is purged, but not that this was told.
    clock.forward(days=100)
    assert store.purge_deliveries(timedelta(days=1), timedelta(days=1)) == 1
    assert store.deliveries(10) == ()
    store.record_scores([score(case, severity_level=1)])
    assert told(store, to) == []
    # Another receiver has not been told.
    other = receiver(store, Told.SEVERITY_1)
    store.record_scores([score(case, severity_level=1)])
    assert [each.delivery.event_id for each in told(store, other)] == [first.delivery.event_id]


def test_a_case_that_the_rules_fear_for_and_the_model_judges_at_once_is_not_told_of(store: CaseStore) -> None:
    to = receiver(store, Told.SEVERITY_1)
    [filed] = store.file_reports([report(1)], actor="intake", level=1)
    store.record_scores([score(store.case(filed.case_id), severity_level=3)])
    assert told(store, to) == []


def test_decisions_taken_elsewhere_and_imported_are_not_told(store: CaseStore) -> None:
    to = receiver(store)
    case = file_one(store, 1)
    store.record_past_decisions([PastDecision(case.id, VERDICT, "ann", MORNING + timedelta(hours=1))], actor="import")
    assert store.decisions(case.id) != ()
    assert told(store, to) == []


def test_of_very_many_reports_the_first_are_named_and_all_counted(store: CaseStore) -> None:
    to = receiver(store, Told.DECIDED)
    total = NAMED_REPORTS + 5
    filed = store.file_reports(
        [report(n, subject_kind="user", subject_ref="u1") for n in range(total)], actor="intake"
    )
    decide(store, filed[0].case_id)
    [decided] = told(store, to)
    assert decided.payload["reports_total"] == total
    assert [each["external_id"] for each in decided.payload["reports"]] == [
        f"ticket-{n}" for n in range(NAMED_REPORTS)
    ]


def test_receivers_are_told_what_they_asked_for_and_both_of_one_message(store: CaseStore) -> None:
    decided, all_of_it = receiver(store, Told.DECIDED), receiver(store)
    case = file_one(store, 1)
    store.record_scores([score(case)])
    decide(store, case.id)
    one, both = told(store, decided), told(store, all_of_it)
    assert (kinds(one), kinds(both)) == (["case.decided"], ["case.scored", "case.decided"])
    assert one[0].delivery.event_id == both[1].delivery.event_id


def test_the_log_is_read_a_batch_at_a_time(store: CaseStore) -> None:
    to = receiver(store, Told.DECIDED)
    for number in range(5):
        decide(store, file_one(store, number).id)
    assert store.derive_deliveries(2) == 2
    derive(store, 2)
    assert len(told(store, to)) == 5


def newest(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.max(events.c.seq))).scalar_one())


def add_event(engine: Engine, seq: int, case_id: CaseId, data: Mapping[str, Any]) -> None:
    """As a transaction leaves it that got its number before others committed."""
    row = {"seq": seq, "case_id": case_id, "kind": EventKind.SCORED.value, "at": NOON, "actor": "model"}
    with engine.begin() as connection:
        connection.execute(insert(events).values(**row, data=dict(data)))


def gaps(engine: Engine) -> list[list[Any]]:
    with engine.connect() as connection:
        found: list[list[Any]] = connection.execute(select(event_readers.c.gaps)).scalar_one()
    return [gap[:2] for gap in found]


@pytest.fixture
def scored(store: CaseStore) -> Scored:
    """A receiver of scores, a case that was scored before there was one, and what its event says."""
    case = file_one(store, 1)
    store.record_scores([score(case)])
    return receiver(store, Told.SCORED), case.id, store.events(case.id)[-1].data


def test_an_event_that_appears_below_those_that_were_read_is_told_too(
    store: CaseStore, engine: Engine, clock: SetClock, scored: Scored
) -> None:
    to, case_id, data = scored
    last = newest(engine)
    add_event(engine, last + 4, case_id, data)
    assert [each.payload["version"] for each in told(store, to)] == [last + 4]
    assert gaps(engine) == [[last + 1, last + 3]]
    add_event(engine, last + 2, case_id, data)
    clock.forward(hours=23)
    assert [each.payload["version"] for each in told(store, to)] == [last + 2]
    assert gaps(engine) == [[last + 1, last + 1], [last + 3, last + 3]]
    add_event(engine, last + 1, case_id, data)
    add_event(engine, last + 5, case_id, data)
    assert [each.payload["version"] for each in told(store, to)] == [last + 1, last + 5]


def test_a_number_that_nobody_uses_is_looked_at_for_a_day(
    store: CaseStore, engine: Engine, clock: SetClock, scored: Scored
) -> None:
    to, case_id, data = scored
    last = newest(engine)
    add_event(engine, last + 2, case_id, data)
    assert len(told(store, to)) == 1
    clock.forward(hours=25)
    add_event(engine, last + 3, case_id, data)
    assert len(told(store, to)) == 1
    assert gaps(engine) == []
    add_event(engine, last + 1, case_id, data)
    assert told(store, to) == []


def test_several_that_read_the_log_at_once_read_each_event_once(store: CaseStore, store_url: str) -> None:
    to = receiver(store, Told.DECIDED)
    wanted = [decide(store, file_one(store, number).id).id for number in range(30)]

    def read_on(_: int) -> None:
        with CaseStore.open(store_url, store._db.clock) as own:  # noqa: SLF001 - the test's clock
            for _ in range(60):
                own.derive_deliveries(3)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(read_on, range(3)))
    assert sorted(each.payload["decision_id"] for each in told(store, to)) == sorted(wanted)


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
