"""The event loop: cases arrive, wait in an order, and are handled by staff who never stop half-way.

Whoever is free takes the waiting case with the largest key; of equal keys the older case, then the one listed first.
Keys may change at announced moments, as the live queue's do (`Priority.changes_at`): the case is placed anew then.
Nobody idles while a case waits. Without chance of its own: equal input gives equal output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from cases.errors import InvalidInputError
from evaluation.replay.case import SimulatedCase
from evaluation.replay.orders import ClairvoyantOrder, GrowingOrder, Order, Place

Floats = npt.NDArray[np.float64]
Placing = Callable[[int, float], Place]


@dataclass(frozen=True, slots=True)
class Run:
    """What became of n cases, in the order of their receipt.

    Attributes:
        received: Shape (n,), hours.
        started: Shape (n,), hours: when somebody took it; infinite where nobody had by `until`.
        minutes: Shape (n,): how long each one's handling takes.
        staff: How many work at a time.
        until: When the simulation stopped, hours; infinite where it ran until all were decided.
    """

    received: Floats
    started: Floats
    minutes: Floats
    staff: int
    until: float

    @property
    def decided(self) -> Floats:
        """Shape (n,), hours; infinite where it was not decided by `until`."""
        done = self.started + self.minutes / 60
        return np.where(done <= self.until, done, math.inf)

    @property
    def waited(self) -> Floats:
        """Shape (n,), hours from receipt until somebody took it; until the end where nobody did."""
        return np.minimum(self.started, self._end) - self.received

    @property
    def undecided_for(self) -> Floats:
        """Shape (n,), hours from receipt to decision; until the end where there was none: they count so far."""
        return np.minimum(self.decided, self._end) - self.received

    @property
    def _end(self) -> float:
        return self.until if math.isfinite(self.until) else float(self.decided.max(initial=0.0))


def simulate(
    cases: Sequence[SimulatedCase],
    order: Order | ClairvoyantOrder | GrowingOrder,
    staff: int,
    until: float = math.inf,
) -> Run:
    """Let `staff` people work `cases` off in an order.

    Args:
        cases: By time of receipt.
        order: It sees what it may see: `Order`s get no truth.
        staff: At least 1.
        until: Hours at which to stop; cases received later are not looked at.

    Raises:
        InvalidInputError: `staff` is below 1, or the cases are not by time of receipt.
    """
    received = np.array([case.known.received for case in cases], dtype=np.float64)
    if staff < 1:
        raise InvalidInputError(
            f"'staff' must be at least 1 (got {staff}); say how many work at a time", field="staff"
        )
    if (np.diff(received) < 0).any():
        raise InvalidInputError("'cases' must be by time of receipt (got them otherwise); sort them", field="cases")
    minutes = np.array([case.truth.minutes for case in cases], dtype=np.float64)
    queue = _scanned(cases, order) if isinstance(order, GrowingOrder) else _Heap(_placing(cases, order))
    started = _worked_off(received.tolist(), (minutes / 60).tolist(), queue, staff, until)
    return Run(received, np.array(started), minutes, staff, until)


def _placing(cases: Sequence[SimulatedCase], order: Order | ClairvoyantOrder) -> Placing:
    if isinstance(order, ClairvoyantOrder):
        return lambda index, at: order.place(cases[index], at)
    known = [case.known for case in cases]
    return lambda index, at: order.place(known[index], at)


def _worked_off(
    received: list[float], hours: list[float], queue: _Heap | _Scanned, staff: int, until: float
) -> list[float]:
    """When each case was taken; the heart of the loop, so it is plain lists and local names."""
    started = [math.inf] * len(received)
    busy: list[float] = []
    arrived, count = 0, len(received)
    while True:
        now = min(
            received[arrived] if arrived < count else math.inf, busy[0] if busy else math.inf, queue.next_change()
        )
        if now > until or now == math.inf:
            return started
        while busy and busy[0] <= now:
            heappop(busy)
        while arrived < count and received[arrived] <= now:
            queue.add(arrived, now)
            arrived += 1
        queue.change(now)
        while len(busy) < staff:
            index = queue.take(now)
            if index is None:
                break
            started[index] = now
            heappush(busy, now + hours[index])


class _Heap:
    """Waiting cases by key; what was placed anew leaves an entry behind that counts no more."""

    def __init__(self, placing: Placing) -> None:
        self._placing = placing
        self._waiting: list[tuple[float, int, int]] = []
        self._changes: list[tuple[float, int]] = []
        # How often each waiting case was placed; those that were taken are gone from it.
        self._version: dict[int, int] = {}

    def add(self, index: int, now: float) -> None:
        self._version[index] = 0
        self._place(index, now)

    def next_change(self) -> float:
        while self._changes and self._changes[0][1] not in self._version:
            heappop(self._changes)
        return self._changes[0][0] if self._changes else math.inf

    def change(self, now: float) -> None:
        while self._changes and self._changes[0][0] <= now:
            _, index = heappop(self._changes)
            if index in self._version:
                self._version[index] += 1
                self._place(index, now)

    def take(self, now: float) -> int | None:
        del now  # keys are as of the last announced moment
        while self._waiting:
            _, index, version = heappop(self._waiting)
            if self._version.get(index) == version:
                del self._version[index]
                return index
        return None

    def _place(self, index: int, now: float) -> None:
        key, changes = self._placing(index, now)
        # Cases are numbered by receipt, so of equal keys the older goes first.
        heappush(self._waiting, (-key, index, self._version[index]))
        if changes is not None and changes > now:
            heappush(self._changes, (changes, index))


class _Scanned:
    """Waiting cases whose keys grow at different rates, so that each claim looks at all of them.

    Args:
        slope: Shape (n,): what a key gains in an hour.
        received: Shape (n,), hours: when it is 0.
    """

    def __init__(self, slope: Floats, received: Floats) -> None:
        self._slope, self._received = slope, received
        self._indexes: npt.NDArray[np.intp] = np.empty(len(slope), dtype=np.intp)
        self._count = 0

    def add(self, index: int, now: float) -> None:
        del now
        self._indexes[self._count] = index
        self._count += 1

    def next_change(self) -> float:
        return math.inf

    def change(self, now: float) -> None:
        """Nothing: all keys change all the time."""

    def take(self, now: float) -> int | None:
        if not self._count:
            return None
        waiting = self._indexes[: self._count]
        keys = self._slope[waiting] * (now - self._received[waiting])
        # The list has no order of its own: of equal keys the older case, which has the smaller number.
        place = int(np.where(keys == keys.max(), waiting, len(self._slope)).argmin())
        index = int(waiting[place])
        self._count -= 1
        waiting[place] = self._indexes[self._count]
        return index


def _scanned(cases: Sequence[SimulatedCase], order: GrowingOrder) -> _Scanned:
    slope = np.array([order.slope(case) for case in cases], dtype=np.float64)
    return _Scanned(slope, np.array([case.known.received for case in cases], dtype=np.float64))
