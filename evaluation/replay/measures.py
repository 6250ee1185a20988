"""What a run comes to, in figures, and how far they may be off by the luck of the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from evaluation.bootstrap import LEVEL, Interval
from evaluation.replay.harm import ACCOUNTS, Stakes
from evaluation.replay.simulate import Run

_UNDEFINED = Interval(float("nan"), float("nan"), float("nan"))
# Of a sum, the part that its rounding may make up.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run, that is one order on one seed's stream.

    Attributes:
        harm: Harm-hours by account; what is undecided at the end counts so far.
        weighted_hours: Mean hours from receipt to decision, cases weighing as the harm per hour of their true level;
            NaN of no cases.
        in_time: By true level that the stream has: share taken within its time to first touch, of those of whom it is
            known; NaN of none.
        worst_wait: By true level that the stream has: longest wait until somebody took a case, hours.
        undecided: How many were not decided by the end.
    """

    harm: Mapping[str, float]
    weighted_hours: float
    in_time: Mapping[int, float]
    worst_wait: Mapping[int, float]
    undecided: int


def measured(run: Run, stakes: Stakes, accounts: Iterable[str] = tuple(ACCOUNTS)) -> RunFigures:
    """The figures of a run under some accounts of harm."""
    hours, waited = run.undecided_for, run.waited
    # A case that waits still, and not too long yet, may be taken in time or not.
    known = np.isfinite(run.started) | (waited > stakes.first_touch)
    levels = sorted(set(stakes.level.tolist()))
    worth = float(stakes.worth.sum())
    return RunFigures(
        harm={name: float(ACCOUNTS[name](stakes, hours).sum()) for name in accounts},
        weighted_hours=float((stakes.worth * hours).sum()) / worth if worth else float("nan"),
        in_time={
            level: _mean((waited <= stakes.first_touch)[known & (stakes.level == level)].tolist()) for level in levels
        },
        worst_wait={level: float(waited[stakes.level == level].max()) for level in levels},
        undecided=int(np.isinf(run.decided).sum()),
    )


def ratio(over: Sequence[float], under: Sequence[float]) -> Interval:
    """Σ over / Σ under of paired figures, with the 95 % interval of a ratio of means.

    Cochran 1977 (Sampling Techniques, section 6.3): the residuals over - ratio · under carry the noise that the pair
    does not share; their standard error, with Student's t for the few seeds there are.

    Args:
        over: One figure a seed.
        under: Those of the same seeds.

    Returns:
        NaN, bounds too, where `under` sums to 0: of nothing there are no shares. NaN bounds from one seed.
    """
    above, below = np.asarray(over, dtype=np.float64), np.asarray(under, dtype=np.float64)
    if not below.sum():
        return _UNDEFINED
    found = float(above.sum() / below.sum())
    half = _half(above - found * below) / abs(float(below.mean()))
    return Interval(found, found - half, found + half)


def mean(found: Sequence[float]) -> Interval:
    """The mean over seeds with its 95 % t interval, seeds without the figure left out; NaN of none."""
    known = np.array([each for each in found if not np.isnan(each)], dtype=np.float64)
    if not len(known):
        return _UNDEFINED
    middle, half = float(known.mean()), _half(known - known.mean())
    return Interval(middle, middle - half, middle + half)


def gap_closed(first: Sequence[float], order: Sequence[float], clairvoyant: Sequence[float]) -> Interval:
    """The share of the gap between first-in-first-out and the clairvoyant order that an order closes, by seeds.

    Returns:
        1 where it does as well as the clairvoyant, 0 where no better than first-in-first-out, below 0 where worse;
        NaN, bounds too, where there is no gap, as where no case has to wait.
    """
    gaps = [was - best for was, best in zip(first, clairvoyant, strict=True)]
    # Orders that do the same harm add it up in another sequence: what is left of it by rounding is no gap.
    if abs(sum(gaps)) <= _ROUNDING * sum(first):
        return _UNDEFINED
    return ratio([was - is_now for was, is_now in zip(first, order, strict=True)], gaps)


def _half(residuals: np.typing.NDArray[np.float64]) -> float:
    n = len(residuals)
    if n < 2:
        return float("nan")
    error = float(np.sqrt((residuals**2).sum() / (n - 1) / n))
    return float(student_t.ppf(0.5 + LEVEL / 2, n - 1)) * error


def _mean(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else float("nan")
