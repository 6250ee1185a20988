"""How far a figure may be off by the luck of the rows: percentile bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics import Metric, Probabilities, Truth

DRAWS = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds between which 95 % of the resampled figures lie."""

    value: float
    low: float
    high: float


def interval(
    metric: Metric, truth: Truth, probabilities: Probabilities, *, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """The metric on all rows, with its percentile interval (Efron 1979): rows are drawn with replacement.

    Args:
        metric: One of `evaluation.metrics`.
        truth: Shape (n,).
        probabilities: Shape (n, k).
        draws: How many resamples.
        seed: The same seed gives the same interval.
    """
    found = [metric(truth[rows], probabilities[rows]) for rows in resamples(len(truth), draws, seed)]
    low, high = bounds(found)
    return Interval(metric(truth, probabilities), low, high)


def resamples(n: int, draws: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """`draws` times (n,) row numbers drawn with replacement, one draw at a time: all at once would be gigabytes."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield rng.integers(0, n, size=n)


def bounds(found: list[float]) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile."""
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(found, [tail, 100 - tail])
    return float(low), float(high)
