"""Half of what the service can take, for long: it stays as large as it is, and nothing stops it for a moment."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from cases.identity import Role
from tests.faults.arrivals import TURNED_AWAY, Answer, Connections, by_the_clock, in_turn
from tests.faults.day import Day
from tests.faults.gauges import OTHERS_DISTURB, Reading, percentile, reading, typical, used
from tests.faults.sizes import CAPACITY_SECONDS, HALF_LOAD_SECONDS, SETTLING_SECONDS, SOAK, WINDOW_SECONDS
from tests.serving.conftest import Place, place, small_models, wait_until
from tests.serving.service_process import service_process

__all__ = ["place", "small_models"]

CALLERS = 32
LARGEST_BATCHES = 3
# In its first minute the encoder still meets lengths of texts that are new to it, and keeps what it made for each.
MOST_GROWTH = 0.02 if SOAK else 0.04
# A rush begins threads, up to forty, and those that are idle for ten seconds end: so the fewest of a window are told.
MORE_THREADS = 8
MORE_DESCRIPTORS = 4
LONGEST_COLLECTION_SECONDS = 0.1
# Python's collector tells when it begins and ends. What others on the machine do meanwhile is not its fault: its
# thread's own time counts. Once the file is there the longest is kept in it. A signal asks for a whole one, which may
# come only once in days by itself.
COLLECTIONS = """
import gc, pathlib, signal, time
collections, began, longest = pathlib.Path({collections!r}), [0.0], [0.0]
def told(phase, info):
    if phase == "start":
        began[0] = time.thread_time()
    elif (took := time.thread_time() - began[0]) > longest[0] and collections.exists():
        longest[0] = took
        collections.write_text(f"{{took}}")
gc.callbacks.append(told)
def whole(*_):
    before = time.thread_time()
    gc.collect()
    collections.with_name("whole").write_text(f"{{time.thread_time() - before}}")
signal.signal(signal.SIGUSR1, whole)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Some time under load, with a reading each second."""

    answers: list[Answer]
    readings: list[Reading]

    def first(self) -> list[Reading]:
        """Its first window."""
        return [one for one in self.readings if one.at < self.readings[0].at + WINDOW_SECONDS]

    def last(self) -> list[Reading]:
        """Its last window."""
        return [one for one in self.readings if one.at > self.readings[-1].at - WINDOW_SECONDS]


@pytest.mark.slow
@pytest.mark.alone
def test_half_a_load_for_long_leaves_the_service_as_large_as_it_was(
    place: Place, tmp_path: Path, quote: Callable[[str], None]
) -> None:
    place.promote()
    key, day, collections = place.store.add_caller("tests", Role), Day(), tmp_path / "longest-collection"
    with service_process(place.settings, tmp_path, first=COLLECTIONS.format(collections=str(collections))) as service:
        capacity, run = asyncio.run(half_load(service.url, key, service.process.pid, day, collections.touch))
        service.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: (tmp_path / "whole").exists() and (tmp_path / "whole").read_text() != "", seconds=20)
        assert service.process.poll() is None
    longest, whole = (float(path.read_text()) for path in (collections, tmp_path / "whole"))
    first, last = run.first(), run.last()
    quote(
        f"{told(capacity, run)}; reports {dict(day.unscored)}; longest collection {longest * 1000:.0f} ms, "
        f"a whole one {whole * 1000:.0f} ms"
    )
    # With others on the machine half of what could be done may be more than can be done, and some are turned away.
    disturbed = used(run.readings[0], run.readings[-1]).others > OTHERS_DISTURB
    wrong = {answer.said for answer in run.answers if not answer.is_good}
    assert wrong <= (TURNED_AWAY if disturbed else set())
    assert typical(last, "rss") < typical(first, "rss") * (1 + MOST_GROWTH)
    assert typical(last, "descriptors") <= most(first, "descriptors") + MORE_DESCRIPTORS
    assert least(last, "threads") <= least(first, "threads") + MORE_THREADS
    assert max(whole, longest) < LONGEST_COLLECTION_SECONDS
    assert "Traceback" not in service.printed()


def told(capacity: float, run: Run) -> str:
    """The figures of a run."""
    first, last = run.first(), run.last()
    took, late = [answer.seconds for answer in run.answers], [answer.late for answer in run.answers]
    return (
        f"half load: {len(run.answers)} requests in {HALF_LOAD_SECONDS:.0f} s, half of {capacity:.0f}/s: "
        f"{dict(Counter(answer.said for answer in run.answers))}; {used(run.readings[0], run.readings[-1])}\n"
        f"  answered after {percentile(took, 0.5) * 1000:.0f} ms (median), {percentile(took, 0.99) * 1000:.0f} ms "
        f"(p99), {max(took) * 1000:.0f} ms at most; sent {percentile(late, 0.99) * 1000:.0f} ms late (p99)\n"
        f"  memory {typical(first, 'rss') / 2**20:.0f} MB, {typical(last, 'rss') / typical(first, 'rss') - 1:+.2%}; "
        f"descriptors {typical(first, 'descriptors'):.0f} to {typical(last, 'descriptors'):.0f}, threads "
        f"{typical(first, 'threads'):.0f} to {typical(last, 'threads'):.0f}"
    )


def most(readings: Sequence[Reading], what: str) -> float:
    return float(max(getattr(one, what) for one in readings))


def least(readings: Sequence[Reading], what: str) -> float:
    return float(min(getattr(one, what) for one in readings))


async def half_load(url: str, key: str, pid: int, day: Day, begin: Callable[[], object]) -> tuple[float, Run]:
    """What the service can do of a day's traffic, and some time at half of that; `begin` is called between them."""
    connections = Connections(url, key, day.heard)
    # The largest batches first, so that what memory they take is there before any is measured.
    for _ in range(LARGEST_BATCHES):
        await in_turn(connections, day.largest, 1, 0.001)
    await in_turn(connections, day.next, CALLERS, CAPACITY_SECONDS / 2)
    answers = await in_turn(connections, day.next, CALLERS, CAPACITY_SECONDS)
    capacity = sum(answer.is_good for answer in answers) / max(answer.due + answer.seconds for answer in answers)
    await by_the_clock(connections, day.next, capacity / 2, SETTLING_SECONDS, day.chance)
    begin()
    readings: list[Reading] = []
    watching = asyncio.create_task(watch(pid, connections, readings))
    try:
        answers = await by_the_clock(connections, day.next, capacity / 2, HALF_LOAD_SECONDS, day.chance)
    finally:
        watching.cancel()
    await connections.close()
    return capacity, Run(answers, readings)


async def watch(pid: int, connections: Connections, readings: list[Reading]) -> None:
    """Read each second; the client's own connections are no descriptors of the service's."""
    while True:
        now = reading(pid)
        readings.append(now.without(connections.opened))
        await asyncio.sleep(1.0)
