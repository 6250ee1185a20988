"""Bursts: more of a kind came in within an hour or a day than the 28 days before lead one to expect.

    expected    m = r · f,  r = (Σ x_i + ½) / Σ f_i          x_i: counts of the windows before, f: the week's pattern
    dispersion  a = max(own, pooled),  own = max(0, Σ ((x_i - r f_i)² - r f_i) / Σ (r f_i)²)
    p           P(X ≥ x),  X ~ negative binomial of mean m and size 1 / (a + 1 / (Σ x_i + ½))

With a = 0 that is the predictive distribution of a Poisson rate with Jeffreys' prior (Gelman et al. 2013, "Bayesian
data analysis", section 2.6); `a` adds the variance m + a m² of a stream that is lumpier than chance, by moments. It
is what outbreak detection does with counts: the same stream's weeks before as the baseline, over-dispersed, earlier
outbreaks weighted down (Farrington et al. 1996, doi:10.2307/2983331; with the negative binomial Noufaily et al. 2013,
doi:10.1002/sim.5595; the short baseline is that of EARS, Hutwagner et al. 2003). Unlike there the week's pattern is
learnt from all streams together, since one that sees two cases a day shows none of its own, and what burned before is
left out rather than weighted.

A window slides with each look, so a look is worth a part of a test. `FALSE_FIRES_PER_WEEK` is shared out over the
streams, and over windows that overlap by three quarters. docs/fires.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom

Floats = npt.NDArray[np.float64]
# From when until when a stream burned.
Span = tuple[datetime, datetime]

BASELINE = timedelta(days=28)
# A younger record does not know its own week yet.
LEAST_BASELINE = timedelta(days=7)
WINDOWS = (timedelta(hours=1), timedelta(hours=24))
LEAST = 5
FALSE_FIRES_PER_WEEK = 0.05
_OVERLAP = 4
_WEEK = timedelta(days=7)
# So many arrivals that a flat week is worth, beside which the pattern that was seen counts.
_FLAT = 10.0
# Of streams with fewer arrivals the dispersion is not told from chance.
_TELLING = 28


@dataclass(frozen=True, slots=True)
class Burst:
    """More than is usual.

    Attributes:
        stream: What came in: a category, say.
        window: Within how long.
        count: How many, at least `LEAST`.
        expected: How many are usual.
        p_value: How likely so many, or more, are where nothing is the matter, 0..1.
    """

    stream: str
    window: timedelta
    count: int
    expected: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """What came in, one item an arrival.

    Attributes:
        streams: Their names.
        rows: Shape (n,), int64: the place in `streams` of each arrival's.
        times: Shape (n,), float64: when each came in, in seconds since 1970.
        since: From when on the record can know of arrivals.
    """

    streams: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    times: Floats
    since: datetime

    @classmethod
    def of(cls, came_in: Sequence[tuple[str, datetime]], since: datetime) -> Self:
        """Of each arrival its stream, and when it came in."""
        streams = tuple(sorted({stream for stream, _ in came_in}))
        place = {stream: row for row, stream in enumerate(streams)}
        rows = np.array([place[stream] for stream, _ in came_in], dtype=np.int64)
        return cls(streams, rows, np.array([at.timestamp() for _, at in came_in], dtype=np.float64), since)


def bursts(
    arrivals: Arrivals,
    now: datetime,
    *,
    burned: Mapping[str, Sequence[Span]] | None = None,
    least: int = LEAST,
    windows: Sequence[timedelta] = WINDOWS,
) -> list[Burst]:
    """The streams in which more comes in than is usual, the most unusual window of each; the least likely first.

    None in a record younger than `LEAST_BASELINE`, and none of fewer than `least` arrivals.

    Args:
        arrivals: Those since `BASELINE` before the longest window.
        now: When the windows end.
        burned: By stream, when it was known to burn: that is nothing to expect of it.
        least: The fewest arrivals that can be a burst.
        windows: Each a part of a week, without a remainder.
    """
    found: dict[str, Burst] = {}
    if not arrivals.streams:
        return []
    ages = now.timestamp() - arrivals.times
    names, rows = _told_apart(arrivals, ages, least, max(windows))
    spans = {row: burned[name] for row, name in enumerate(names) if burned and name in burned}
    for window in windows:
        reach = min(BASELINE, now - arrivals.since - window)
        if reach < LEAST_BASELINE:
            continue
        counts = _counts(rows, ages, len(names) + 1, window, reach // window)
        kept = _unburned(counts, spans, now, window)
        level = FALSE_FIRES_PER_WEEK / len(windows) / len(arrivals.streams) / (_WEEK / window) / _OVERLAP
        for burst in _of_window(counts, kept, names, window, least):
            other = found.get(burst.stream)
            if burst.p_value < level and (other is None or burst.p_value < other.p_value):
                found[burst.stream] = burst
    return sorted(found.values(), key=lambda burst: (burst.p_value, burst.stream))


def _told_apart(
    arrivals: Arrivals, ages: Floats, least: int, longest: timedelta
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The streams that can burst or that tell how lumpy streams are, and each arrival's row among them.

    All others are one more row, the last: of a hundred thousand subjects few are reported twice.
    """
    streams = len(arrivals.streams)
    recent = (ages >= 0) & (ages < longest.total_seconds())
    apart = np.flatnonzero(
        (np.bincount(arrivals.rows, weights=recent, minlength=streams) >= least)
        | (np.bincount(arrivals.rows, minlength=streams) >= _TELLING)
    )
    row_of = np.full(streams, len(apart), dtype=np.int64)
    row_of[apart] = np.arange(len(apart))
    return [arrivals.streams[row] for row in apart], row_of[arrivals.rows]


def _counts(rows: npt.NDArray[np.int64], ages: Floats, streams: int, window: timedelta, before: int) -> Floats:
    """Shape (streams, 1 + before): the window that ends now first, then those before it."""
    at = np.floor(ages / window.total_seconds()).astype(np.int64)
    known = (ages >= 0) & (at <= before)
    flat = np.bincount(rows[known] * (before + 1) + at[known], minlength=streams * (before + 1))
    return flat.reshape(streams, before + 1).astype(np.float64)


def _unburned(counts: Floats, spans: Mapping[int, Sequence[Span]], now: datetime, window: timedelta) -> Floats:
    """1 where a window before may be gone by, 0 where it burned; the shape of `counts` without its first column."""
    kept = np.ones((counts.shape[0], counts.shape[1] - 1))
    for row, each in spans.items():
        for began, ended in each:
            youngest, oldest = (now - ended) // window, (now - began) // window
            kept[row, max(0, youngest - 1) : max(0, oldest)] = 0.0
    return kept


def _of_window(counts: Floats, kept: Floats, names: Sequence[str], window: timedelta, least: int) -> list[Burst]:
    before, counted = counts[:, 1:] * kept, counts[:, 0]
    pattern, now_factor = _pattern(before, kept, window)
    exposure = np.maximum(kept @ pattern, 1e-9)
    totals = before.sum(axis=1)
    rate = (totals + 0.5) / exposure
    usual = rate[:, None] * pattern[None, :] * kept
    excess = ((before - usual) ** 2 * kept - usual).sum(axis=1)
    own = np.maximum(0.0, excess / np.maximum((usual**2).sum(axis=1), 1e-12))
    telling = totals >= _TELLING
    telling[-1] = False  # of many streams together
    dispersion = np.where(telling, np.maximum(own, _pooled(own[telling])), _pooled(own[telling]))
    mean, size = rate * now_factor, 1.0 / (dispersion + 1.0 / (totals + 0.5))
    tail = nbinom.sf(counted - 1, size, size / (size + mean))
    return [
        Burst(names[row], window, int(counted[row]), float(mean[row]), float(tail[row]))
        for row in map(int, np.flatnonzero(counted[:-1] >= least))
    ]


def _pooled(own: Floats) -> float:
    return float(np.median(own)) if own.size else 0.0


def _pattern(before: Floats, kept: Floats, window: timedelta) -> tuple[Floats, float]:
    """How much of the usual comes in in each window before, and in the one that ends now; 1 on average.

    The same hour of a week (its two neighbours counted in), or the same day, of all streams together.
    """
    period = _WEEK // window
    rates = before.sum(axis=1) / np.maximum(kept.sum(axis=1), 1.0)
    # The window i + 1 before now has the place of i + 1 in the week, and now has that of 0.
    phase = (np.arange(before.shape[1]) + 1) % period
    seen = np.bincount(phase, weights=before.sum(axis=0), minlength=period)
    flat = np.bincount(phase, weights=rates @ kept, minlength=period)
    if period > _WEEK.days:
        seen, flat = (values + np.roll(values, 1) + np.roll(values, -1) for values in (seen, flat))
    factor = (seen + _FLAT) / (flat + _FLAT)
    return factor[phase], float(factor[0])
