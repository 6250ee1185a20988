"""Alarms that a process sees of itself alone, told once however many processes there are."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from cases.errors import StoreUnavailableError
from cases.store import CaseStore
from cases.store.telling.alarming import UNSAID
from cases.telling import ALARMS
from serving.access.failures import Failures
from serving.app import build_services
from serving.chores.pace import Pace, Paced
from serving.observing.alarms import Alarm, Alarms, Figures
from serving.observing.own_alarms import own_alarms
from tests.cases.store.conftest import SetClock
from tests.serving.conftest import Place
from tests.serving.test_alarms import LIMITS, RANKING
from tests.serving.test_failures import NO_PROXIES, fail
from tests.serving.test_pace import metrics
from tests.serving.test_refused_champion import without_its_files

STALLED: Figures = {Alarm.CHORE_STALLED: {"chores": ["sealing"], "seconds": 500}}


def kinds(store: CaseStore) -> list[str]:
    return [each.kind for each in reversed(store.deliveries(20)) if each.about == Alarm.CHORE_STALLED]


def test_what_one_process_sees_is_told_once_and_ends_when_none_says_so(store: CaseStore, clock: SetClock) -> None:
    store.add_webhook("https://hooks.example.org/", ALARMS)
    holds = [STALLED]
    ill, well = Alarms(lambda: store, RANKING, LIMITS, own=lambda: holds[0]), Alarms(lambda: store, RANKING, LIMITS)
    for _ in range(8):
        for each in (ill, well, ill):
            asyncio.run(each.step())
        clock.now += timedelta(seconds=30)
    assert kinds(store) == ["alarm.raised"]
    holds[0] = {}
    clock.now += UNSAID - timedelta(seconds=30)
    asyncio.run(well.step())
    assert kinds(store) == ["alarm.raised"]
    clock.now += timedelta(seconds=1)
    for each in (well, ill):
        asyncio.run(each.step())
    assert kinds(store) == ["alarm.raised", "alarm.cleared"]


def test_one_that_died_while_it_held_is_not_held_for_ever(
    store: CaseStore, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="caseload"):
        asyncio.run(Alarms(lambda: store, RANKING, LIMITS, own=lambda: STALLED).step())
        clock.now += UNSAID + timedelta(seconds=1)
        asyncio.run(Alarms(lambda: store, RANKING, LIMITS).step())
    assert [each.message for each in caplog.records] == ["alarm chore_stalled raised", "alarm chore_stalled cleared"]


def test_the_metric_says_so_though_the_database_does_not_answer() -> None:
    def away() -> CaseStore:
        raise StoreUnavailableError("'database' must answer (got nothing); start it")

    alarms = Alarms(away, RANKING, LIMITS, own=lambda: STALLED)
    with pytest.raises(StoreUnavailableError):
        asyncio.run(alarms.step())
    assert metrics()("caseload_alarm", alarm="chore_stalled") == 1


def test_what_stands_and_what_could_not_be_taken_up_raise_them(place: Place) -> None:
    place.promote(0, version="1")
    watch = build_services(place.settings).watch
    watch.check()
    seconds = [0.0]

    async def hangs() -> int:
        await asyncio.Event().wait()
        return 0

    chores = [Paced(name, hangs, Pace(60, 60), now=lambda: seconds[0]) for name in ("sealing", "backlog")]
    failures = Failures(NO_PROXIES, 2, now=lambda: seconds[0])
    own = own_alarms(watch, failures, lambda: chores)
    assert own() == {}
    without_its_files(place)
    watch.check()
    assert own() == {Alarm.PROMOTION_REFUSED: {"model": "small/2"}}
    for _ in range(2):
        fail(failures, {"client": ("192.0.2.1", 1), "headers": []})
    assert own()[Alarm.SIGN_INS_FAIL] == {"addresses": 1}

    async def stand() -> None:
        tasks = [asyncio.create_task(each.run()) for each in chores]
        await asyncio.sleep(0)
        seconds[0] = 481.0
        assert own() == {
            Alarm.PROMOTION_REFUSED: {"model": "small/2"},
            Alarm.CHORE_STALLED: {"chores": ["backlog", "sealing"], "seconds": 481},
        }
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(stand())
