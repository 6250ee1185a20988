"""Two models on the same rows: the difference, with an interval that what both find hard does not widen."""

from __future__ import annotations

from evaluation.bootstrap import DRAWS, Interval, bounds, resamples
from evaluation.metrics import Metric, Probabilities, Truth


def paired_difference(
    metric: Metric, truth: Truth, first: Probabilities, second: Probabilities, *, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """metric(first) - metric(second), with its paired percentile bootstrap interval.

    Each resample takes the same rows for both (Efron and Tibshirani 1993, chapter 16). An interval that does not hold
    zero is a difference that luck of the rows does not explain.
    """
    found = [
        metric(truth[rows], first[rows]) - metric(truth[rows], second[rows])
        for rows in resamples(len(truth), draws, seed)
    ]
    low, high = bounds(found)
    return Interval(metric(truth, first) - metric(truth, second), low, high)
