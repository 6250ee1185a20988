"""What a service takes of its machine, and what others take of it meanwhile."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import psutil

# With more of the machine's cores taken by others, seconds say less than CPU seconds do.
OTHERS_DISTURB = 0.25


@dataclass(frozen=True, slots=True)
class Reading:
    """At one moment, of a process with all that it started.

    Attributes:
        at: Seconds that only ever grow.
        cpu: Its CPU seconds so far.
        own: The test's own CPU seconds so far: those of the load's client.
        busy: The whole machine's.
        rss: Its resident memory in bytes.
        descriptors: Open files and sockets.
        threads: Of all its processes.
    """

    at: float
    cpu: float
    own: float
    busy: float
    rss: int
    descriptors: int
    threads: int

    def without(self, connections: int) -> Reading:
        """The same without so many connections that its clients hold open."""
        return dataclasses.replace(self, descriptors=self.descriptors - connections)


def reading(pid: int) -> Reading:
    """Now."""
    service = psutil.Process(pid)
    tree = [service, *service.children(recursive=True)]
    machine = psutil.cpu_times()
    return Reading(
        at=time.monotonic(),
        cpu=sum(_seconds(process) for process in tree),
        own=_seconds(psutil.Process(os.getpid())),
        busy=sum(machine) - machine.idle - getattr(machine, "iowait", 0.0),
        rss=sum(process.memory_info().rss for process in tree),
        descriptors=sum(process.num_fds() for process in tree),
        threads=sum(process.num_threads() for process in tree),
    )


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Used:
    """Between two readings, in cores: CPU seconds a second.

    Attributes:
        cpu: The service's.
        own: The load's client's.
        others: What neither of the two took.
    """

    seconds: float
    cpu: float
    own: float
    others: float

    def __str__(self) -> str:
        return f"{self.cpu:.2f} cores, the client {self.own:.2f}, others {self.others:.2f}"


def used(begin: Reading, end: Reading) -> Used:
    """What was taken between the two."""
    seconds = end.at - begin.at
    cpu, own, busy = end.cpu - begin.cpu, end.own - begin.own, end.busy - begin.busy
    return Used(seconds, cpu / seconds, own / seconds, max(0.0, busy - cpu - own) / seconds)


def typical(readings: Sequence[Reading], what: str) -> float:
    """The median of one of the attributes."""
    return float(median(getattr(one, what) for one in readings))


def percentile(values: Sequence[float], part: float) -> float:
    """The value that so large a part of `values` does not exceed; they are not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
