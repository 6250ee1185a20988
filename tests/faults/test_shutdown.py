"""A service that is told to end while it is being used: who was let in gets their answer, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from cases.identity import Role
from cases.store.engine import make_engine
from cases.store.tables import reports
from tests.faults.arrivals import Answer, Ask, Connections, by_the_clock
from tests.faults.requests_of_many import Requests
from tests.faults.sizes import SHUTDOWNS
from tests.faults.workload import Acknowledged, faults_of
from tests.serving.conftest import Place, place, small_models
from tests.serving.service_process import ServiceProcess, service_process

__all__ = ["place", "small_models"]

RATE = 30.0
SECONDS = 6.0
ENDS_AFTER_SECONDS = 3.0
# docs/operations.md: half a minute at most for the requests in progress, and systemd is told to wait 45 s.
ENDED_WITHIN_SECONDS = 45.0
# Of a connection that was never accepted, or was idle when the service closed it: nobody had let that request in.
NOT_LET_IN = {"ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError", "IncompleteReadError"}

# A request that has reached the machine is read by then, however much others have to do there.
READ_WITHIN_SECONDS = 1.0
# So that some are always being answered.
SLOWLY = """
import time
from models.judge import Judge
judge = Judge.judge
def slowly(self, cases):
    time.sleep(0.4)
    return judge(self, cases)
Judge.judge = slowly
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a service ended: when it was told to, in seconds since the load began, how long it took, its status."""

    told_at: float
    took: float
    status: int


class Filing:
    """Reports that come by the clock, and what was said of each."""

    def __init__(self, service: ServiceProcess, key: str, number: int) -> None:
        self.told = Acknowledged()
        self.requests = Requests(number)
        self._service = service
        self._connections = Connections(service.url, key, self._heard)

    def _heard(self, asked: Ask, answer: Answer) -> None:
        assert asked.body is not None
        self.told.reports[asked.body["external_id"]] = answer.json()["case_id"]

    async def until_it_ended(self) -> tuple[list[Answer], Ended]:
        """The answers, and how the service ended."""
        # The loop's clock is this one.
        self._began = time.monotonic()
        coming = asyncio.create_task(
            by_the_clock(self._connections, self.requests.file, RATE, SECONDS, self.requests.chance)
        )
        await asyncio.sleep(ENDS_AFTER_SECONDS)
        self._service.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        status = await asyncio.to_thread(self._service.process.wait, ENDED_WITHIN_SECONDS)
        took = time.monotonic() - began
        answers = await coming
        await self._connections.close()
        return answers, Ended(began - self._began, took, status)


@pytest.mark.slow
@pytest.mark.alone
def test_a_service_told_to_end_under_load_answers_whom_it_let_in_and_loses_nothing(
    place: Place, tmp_path: Path, quote: Callable[[str], None]
) -> None:
    place.promote()
    key, said = place.store.add_caller("tests", Role), Counter[str]()
    finished, unread, longest = 0, 0, 0.0
    for number in range(SHUTDOWNS):
        with service_process(place.settings, tmp_path, first=SLOWLY) as service:
            filing = Filing(service, key, 10 + number)
            answers, ended = asyncio.run(filing.until_it_ended())
            assert ended.status == 0
            assert ended.took < ENDED_WITHIN_SECONDS
            assert "ended in order" in service.printed()
            assert "Traceback" not in service.printed()
        assert faults_of(place.settings.database_url, filing.told) == []
        assert unanswered(place.settings.database_url, filing.told, f"{10 + number}-") == []
        open_then = [answer for answer in answers if answer.due < ended.told_at < answer.due + answer.seconds]
        assert all(answer.is_good for answer in answers if answer.due < ended.told_at - READ_WITHIN_SECONDS)
        assert {answer.said for answer in answers if not answer.is_good} <= NOT_LET_IN
        in_time = sum(answer.is_good for answer in open_then)
        assert in_time
        said.update(answer.said for answer in answers)
        finished, unread = finished + in_time, unread + len(open_then) - in_time
        longest = max(longest, ended.took)
    quote(
        f"{SHUTDOWNS} SIGTERM under {RATE:.0f} reports a second: {dict(said)}; {finished} were being answered and "
        f"all were, {unread} were sent in the last moment and never read, 0 lost, 0 stored without an answer; "
        f"ended with 0 after {longest:.1f} s at most"
    )


def unanswered(url: str, told: Acknowledged, named: str) -> list[str]:
    """Reports whose names begin so that are stored and were not acknowledged: let in, and cut off."""
    engine = make_engine(url)
    with engine.connect() as connection:
        stored = connection.execute(
            select(reports.c.external_id).where(reports.c.external_id.startswith(named))
        ).scalars()
        found = [name for name in stored if name not in told.reports]
    engine.dispose()
    return found
