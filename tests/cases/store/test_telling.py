"""From the log of events to what receivers are told: once each, in order, and without a word of anybody's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from cases.decision import PastDecision
from cases.event import EventKind
from cases.handling import Outcome, RankReason
from cases.ids import CaseId
from cases.record import Rank
from cases.store import CaseStore
from cases.store.tables import event_readers, events
from cases.telling import NAMED_REPORTS, Told
from cases.webhooks import ClaimedDelivery, WebhookId
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
        "case.scored", "case.decided", "case.reopened", "case.decided", "case.reopened", "case.decided",
        "case.overturned",
    ]  # fmt: skip
    by_seq = {event.seq: event for event in store.events(case.id)}
    for each in found:
        event = by_seq[each.payload["version"]]
        assert (each.delivery.about, each.delivery.event_at) == (case.id, event.at)
        assert each.payload["case_id"] == case.id
        assert each.payload["reports"] == [{"source": "helpdesk", "external_id": "ticket-1"}]
        assert each.payload["reports_total"] == 1
    scored, *decided = (each.payload for each in found if each.delivery.kind != "case.reopened")
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
    assert len({each.delivery.event_id for each in found}) == 7


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
    store.undo(case.id, by=f"{mark} 11")
    found = told(store, to)
    assert len(found) == 7
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
