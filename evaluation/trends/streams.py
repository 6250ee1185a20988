"""Streams of arrivals with the patterns that real ones have, and what is told of them: false fires, and how soon.

For measuring the detector, with chance and weeks of patterns as given: it looks at these streams as the service does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from evaluation.trends.bursts import BASELINE, WINDOWS, Arrivals, Burst, bursts

Floats = npt.NDArray[np.float64]

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAY = 86_400
KNOWN_DAYS = (BASELINE + max(WINDOWS)).days


def stream(rng: np.random.Generator, days: int, a_day: float, *, lumpy: float = 0.0) -> Floats:
    """When arrivals came in, in seconds from `BEGIN`: by day five times as many as by night, weekends 40 %.

    Args:
        rng: Where chance comes from.
        days: For how long.
        a_day: How many a day, on average.
        lumpy: The coefficient of variation of what is usual from day to day; 0: chance alone (Poisson).
    """
    hours = np.arange(24 * days)
    usual = np.where((hours % 24 >= 8) & (hours % 24 < 22), 1.0, 0.2) * np.where(hours // 24 % 7 >= 5, 0.4, 1.0)
    rate = a_day / 24 * usual / usual.mean()
    if lumpy:
        rate = rate * np.repeat(rng.gamma(lumpy**-2, lumpy**2, days), 24)
    counts = rng.poisson(rate)
    found: Floats = np.sort(3600.0 * (np.repeat(hours, counts) + rng.random(counts.sum())))
    return found


def looks(streams: Sequence[Floats], first: float, last: float, every: float) -> Iterator[tuple[float, list[Burst]]]:
    """What each look finds, from `first` to `last` in seconds from `BEGIN`; streams are called by their place."""
    times = np.concatenate(streams)
    rows = np.repeat(np.arange(len(streams)), [len(each) for each in streams])
    order = np.argsort(times)
    times, rows = times[order], rows[order]
    names = tuple(str(row) for row in range(len(streams)))
    for at in np.arange(first, last, every):
        low, high = np.searchsorted(times, [at - KNOWN_DAYS * DAY, at], side="right")
        known = Arrivals(names, rows[low:high], BEGIN.timestamp() + times[low:high], BEGIN)
        yield float(at), bursts(known, BEGIN + timedelta(seconds=float(at)))


def false_fires(streams: Sequence[Floats], weeks: int, every: float = 900.0) -> int:
    """How many fires are told in quiet streams over `weeks`; one that is seen again within a day is the same."""
    seen: dict[str, float] = {}
    fires = 0
    for at, found in looks(streams, KNOWN_DAYS * DAY, (KNOWN_DAYS + 7 * weeks) * DAY, every):
        for burst in found:
            fires += at - seen.get(burst.stream, -np.inf) > DAY
            seen[burst.stream] = at
    return fires


def hours_until_found(
    streams: Sequence[Floats], row: int, more: Floats, *, every: float = 300.0, hours: float = 36.0
) -> float | None:
    """How long after its first arrival `more` in the stream `row` is told; None where it is not within `hours`."""
    together = [*streams[:row], np.sort(np.concatenate([streams[row], more])), *streams[row + 1 :]]
    first = float(more[0])
    for at, found in looks(together, first, first + 3600 * hours, every):
        if str(row) in {burst.stream for burst in found}:
            return (at - first) / 3600
    return None
