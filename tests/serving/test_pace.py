"""The loop that every chore has: its pace, what it outlives, and how it is seen that one stands."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from prometheus_client import generate_latest

from cases.errors import CaseloadError, DamagedRecordError, StoreUnavailableError
from serving.app import build_services
from serving.chores.pace import PATIENCE_SECONDS, Pace, Paced
from serving.chores.sealing import Sealing
from tests.serving.conftest import NOON, Place, wait_until
from tests.serving.test_measures import Metrics

CANARY = "canary-7c1d"


def metrics() -> Metrics:
    return Metrics(generate_latest().decode())


async def while_running(paced: Paced, then: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.create_task(paced.run())
    try:
        await asyncio.wait_for(then(), 10)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, true)


def test_what_has_piled_up_is_done_at_once_and_then_it_waits() -> None:
    left, looks = [3], []

    async def look() -> int:
        looks.append(left[0])
        left[0] = max(0, left[0] - 1)
        return looks[-1]

    async def then() -> None:
        await until(lambda: len(looks) == 4)
        await asyncio.sleep(0.05)

    asyncio.run(while_running(Paced("sweeping", look, Pace(60, 60)), then))
    assert looks == [3, 2, 1, 0]


@pytest.mark.parametrize("fails", [False, True])
def test_it_looks_when_it_is_woken_and_once_more_where_it_was_woken_while_it_looked(fails: bool) -> None:
    looks: list[int] = []
    paced: Paced

    async def look() -> int:
        looks.append(1)
        if len(looks) == 2:
            paced.wake()
        if fails:
            raise StoreUnavailableError("'database' must answer (got nothing); start it")
        return 0

    async def then() -> None:
        await until(lambda: len(looks) == 1)
        await asyncio.to_thread(paced.wake)
        await until(lambda: len(looks) == 3)
        await asyncio.sleep(0.05)

    paced = Paced("backlog", look, Pace(60, 60))
    paced.wake()  # before it began: nothing
    asyncio.run(while_running(paced, then))
    assert len(looks) == 3


def test_a_look_that_fails_is_told_by_its_kind_counted_and_outlived(caplog: pytest.LogCaptureFixture) -> None:
    before = metrics()("caseload_chore_failures_total", chore="reranking") or 0
    errors: list[Exception] = [StoreUnavailableError(CANARY), ValueError(CANARY)]
    done = []

    async def look() -> int:
        if errors:
            raise errors.pop(0)
        done.append(1)
        return 0

    with caplog.at_level(logging.WARNING, logger="caseload"):
        paced = Paced("reranking", look, Pace(60, 0.001))
        asyncio.run(while_running(paced, lambda: until(lambda: bool(done))))
    assert [each.getMessage() for each in caplog.records] == [
        "reranking waits: StoreUnavailableError",
        "reranking stumbled",
    ]
    assert CANARY not in caplog.text
    assert metrics()("caseload_chore_failures_total", chore="reranking") == before + 2


def test_a_chore_may_tell_its_own_errors_in_its_own_words(caplog: pytest.LogCaptureFixture) -> None:
    told: list[CaseloadError] = []

    async def look() -> int:
        raise DamagedRecordError("x")

    paced = Paced("sealing", look, Pace(60, 5), told=told.append)
    assert asyncio.run(paced.once()) == 5
    assert [type(each) for each in told] == [DamagedRecordError]
    assert caplog.records == []


def test_at_least_so_long_lies_between_two_looks() -> None:
    at: list[float] = []

    async def look() -> int:
        at.append(asyncio.get_running_loop().time())
        return 1

    asyncio.run(while_running(Paced("retaining", look, Pace(60, 60, 0.03)), lambda: until(lambda: len(at) == 3)))
    assert min(later - sooner for sooner, later in pairwise(at)) >= 0.029


def test_a_success_is_dated_by_the_clock() -> None:
    async def look() -> int:
        return 0

    asyncio.run(Paced("alarms", look, Pace(1, 1), clock=lambda: NOON).once())
    told = metrics()("caseload_chore_success_timestamp_seconds", chore="alarms")
    assert told is not None
    assert datetime.fromtimestamp(told, UTC) == NOON


@pytest.mark.parametrize("hangs", [False, True])
def test_one_that_fails_or_hangs_for_longer_than_it_may_is_unwell(hangs: bool) -> None:
    seconds, looks = [0.0], []

    async def look() -> int:
        looks.append(1)
        if hangs:
            await asyncio.Event().wait()
        raise StoreUnavailableError("'database' must answer (got nothing); start it")

    paced = Paced("sealing", look, Pace(60, 60), now=lambda: seconds[0])
    seconds[0] = 10_000.0
    assert paced.unwell == 0, "it has not begun"

    async def then() -> None:
        await until(lambda: bool(looks))
        seconds[0] += 180 + PATIENCE_SECONDS
        assert paced.unwell == 0
        seconds[0] += 1
        assert paced.unwell == 481

    asyncio.run(while_running(paced, then))


def test_one_that_succeeds_again_is_well() -> None:
    seconds = [0.0]

    async def look() -> int:
        return 0

    paced = Paced("sealing", look, Pace(60, 60), now=lambda: seconds[0])

    async def then() -> None:
        seconds[0] = 1_000.0
        assert paced.unwell == 1_000
        await paced.once()
        assert paced.unwell == 0

    asyncio.run(while_running(paced, then))


def test_every_chore_of_a_service_has_a_loop_of_a_name_of_its_own(place: Place) -> None:
    parts = build_services(place.settings)
    chores = (
        parts.backlog, parts.reranking, parts.sealing, parts.sweeping,
        parts.retaining, parts.alarms, parts.delivering,
    )  # fmt: skip
    names = [each.paced.name for each in chores]
    assert names == ["backlog", "reranking", "sealing", "sweeping", "retaining", "alarms", "delivering"]


def test_how_often_it_seals_says_how_long_it_may_stand(place: Place) -> None:
    assert Sealing(lambda: place.store, None, every=600).paced.patience == 1_800 + PATIENCE_SECONDS
