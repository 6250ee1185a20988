"""Alarms on a real record: what raises each, what clears it, and how they reach receivers and `/metrics`."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from cases.identity import Role
from cases.ids import CaseId
from cases.settings import load_settings
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy
from cases.telling import ALARMS
from serving.observing.alarms import Alarm, AlarmLimits, Alarms, look
from serving.scoring.ranking import Ranking
from tests.cases.store.builders import VERDICT, file_one, report, score
from tests.cases.store.conftest import SetClock
from tests.serving.conftest import NOON, Place
from tests.serving.service_process import service_process

RANKING = Ranking(load_taxonomy())
LIMITS = AlarmLimits(timedelta(hours=72), 1.1, timedelta(hours=24))
FIRST_TOUCH = {level.level: level.first_touch for level in RANKING.taxonomy.severity_levels}


def of_level(store: CaseStore, number: int, level: int) -> CaseId:
    case = file_one(store, number, received_at=NOON)
    store.record_scores([replace(score(case), severity_level=level, order_key=-float(level))])
    return case.id


def raised(store: CaseStore, _clock: SetClock) -> dict[Alarm, dict[str, object]]:
    return dict(look(store, RANKING, LIMITS).raised(LIMITS))


def decide(store: CaseStore, case_id: CaseId) -> None:
    _, lease = store.claim(case_id, "ann", 60)
    store.decide(case_id, VERDICT, holder="ann", token=lease.token)


def test_a_severity_1_is_overdue_until_somebody_claims_it(store: CaseStore, clock: SetClock) -> None:
    critical = of_level(store, 1, 1)
    of_level(store, 2, 3)
    assert Alarm.SEVERITY_1_UNCLAIMED not in raised(store, clock)
    clock.now = NOON + FIRST_TOUCH[1] + timedelta(seconds=1)
    assert raised(store, clock)[Alarm.SEVERITY_1_UNCLAIMED] == {"cases": [critical], "count": 1}
    store.claim(critical, "ann", 60)
    assert Alarm.SEVERITY_1_UNCLAIMED not in raised(store, clock)


def test_a_queue_is_old_by_the_oldest_case_that_nobody_touched(store: CaseStore, clock: SetClock) -> None:
    old, new = of_level(store, 1, 4), of_level(store, 2, 4)
    clock.now = NOON + timedelta(hours=72.5)
    assert raised(store, clock)[Alarm.QUEUE_OLD] == {"hours": 72.5, "limit_hours": 72.0}
    for case_id in (old, new):
        store.claim(case_id, "ann", 60)
    assert Alarm.QUEUE_OLD not in raised(store, clock)


def test_more_coming_in_than_is_decided_is_over_capacity(store: CaseStore, clock: SetClock) -> None:
    for case_id in [of_level(store, number, 4) for number in range(10)]:
        decide(store, case_id)
    assert Alarm.OVER_CAPACITY not in raised(store, clock)
    store.file_reports([report(number) for number in range(100, 102)], actor="intake")
    figures = {"reports": 12, "decisions": 10, "window_hours": 24.0}
    assert raised(store, clock)[Alarm.OVER_CAPACITY] == figures
    clock.now = NOON + timedelta(hours=25)
    assert Alarm.OVER_CAPACITY not in raised(store, clock)


def test_sealing_has_stopped_where_an_event_waits_and_no_seal_is_made(store: CaseStore, clock: SetClock) -> None:
    file_one(store, 1)
    clock.now = NOON + LIMITS.unsealed
    assert Alarm.SEALING_STOPPED not in raised(store, clock)
    clock.now += timedelta(seconds=1)
    assert raised(store, clock)[Alarm.SEALING_STOPPED] == {"seconds": 241, "limit_seconds": 240}
    store.seal()
    assert Alarm.SEALING_STOPPED not in raised(store, clock)


def test_a_long_quiet_night_is_no_stop_and_what_has_piled_up_is_none_while_seals_are_made(
    store: CaseStore, clock: SetClock
) -> None:
    file_one(store, 1)
    store.seal()
    clock.now = NOON + timedelta(hours=12)
    assert Alarm.SEALING_STOPPED not in raised(store, clock)
    file_one(store, 2)
    file_one(store, 3)
    assert Alarm.SEALING_STOPPED not in raised(store, clock)
    clock.now += timedelta(hours=1)
    assert Alarm.SEALING_STOPPED in raised(store, clock)
    # One of the two: the other is an hour old, and on its way.
    store.seal(at_most=1)
    assert store.unsealed().oldest == clock.now - timedelta(hours=1)
    assert Alarm.SEALING_STOPPED not in raised(store, clock)


def test_how_long_an_event_may_wait_goes_by_how_often_seals_are_made() -> None:
    limits = AlarmLimits.of_settings(load_settings(audit_seconds=600))
    assert limits.unsealed == timedelta(minutes=31)


def test_what_begins_and_what_ends_is_kept_to_be_told_once_however_many_services_look(
    store: CaseStore, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    to = store.add_webhook("https://hooks.example.org/", ALARMS)[0].id
    critical = of_level(store, 1, 1)
    one, two = (Alarms(lambda: store, RANKING, LIMITS) for _ in range(2))
    clock.now = NOON + FIRST_TOUCH[1] + timedelta(minutes=1)

    async def looks() -> None:
        for alarms in (one, two, one):
            await alarms.step()
        store.claim(critical, "ann", 60)
        for alarms in (two, one):
            await alarms.step()

    with caplog.at_level(logging.WARNING, logger="caseload"):
        asyncio.run(looks())
    told = [each.message for each in caplog.records if "severity_1_unclaimed" in each.message]
    assert told == ["alarm severity_1_unclaimed raised", "alarm severity_1_unclaimed cleared"]
    claimed = store.claim_deliveries(to, 10, timedelta(seconds=60))
    [raised] = [each for each in claimed if each.delivery.about == "severity_1_unclaimed"]
    assert raised.delivery.kind == "alarm.raised"
    assert raised.payload == {"alarm": "severity_1_unclaimed", "cases": [critical], "count": 1}
    store.delivered(raised.delivery, "204")
    [cleared] = store.claim_deliveries(to, 10, timedelta(seconds=60))
    assert (cleared.delivery.kind, cleared.payload) == ("alarm.cleared", {"alarm": "severity_1_unclaimed"})


def test_what_holds_is_not_told_again_by_a_service_that_starts(store: CaseStore, clock: SetClock) -> None:
    store.add_webhook("https://hooks.example.org/", ALARMS)
    of_level(store, 1, 1)
    clock.now = NOON + FIRST_TOUCH[1] + timedelta(minutes=1)
    for _ in range(2):
        asyncio.run(Alarms(lambda: store, RANKING, LIMITS).step())
    about = [each.about for each in store.deliveries(10)]
    assert about.count("severity_1_unclaimed") == 1


@pytest.mark.slow
def test_the_queues_figures_are_among_the_services_metrics(place: Place, tmp_path) -> None:
    key = place.store.add_caller("tests", Role)
    file_one(place.store, 1)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        metrics = _until_told(client)
    assert "caseload_queue_open 1.0" in metrics
    assert 'caseload_alarm{alarm="severity_1_unclaimed"} 0.0' in metrics


def _until_told(client: httpx2.Client) -> str:
    for _ in range(200):
        metrics: str = client.get("/metrics").text
        if "caseload_queue_open" in metrics:
            return metrics
        import time

        time.sleep(0.1)
    raise AssertionError(metrics)
