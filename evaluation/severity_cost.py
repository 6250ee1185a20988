"""What it costs to show a severity that is not the true one, by the policy's cost matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evaluation.bootstrap import DRAWS, Interval, bounds, resamples

Places = npt.NDArray[np.integer]
Costs = npt.NDArray[np.float64]


def mean_cost(truth: Places, shown: Places, costs: Costs, *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """The mean cost of a row with its percentile bootstrap interval; 0 is perfect.

    Args:
        truth: (n,) places 0..K-1, n ≥ 1.
        shown: (n,) places 0..K-1.
        costs: (K, K), row = truth, column = shown.
        draws: How many resamples.
        seed: The same seed gives the same interval.
    """
    each = costs[truth, shown]
    low, high = bounds([float(each[rows].mean()) for rows in resamples(len(each), draws, seed)])
    return Interval(float(each.mean()), low, high)


def cost_of_best_constant(truth: Places, costs: Costs) -> float:
    """The mean cost of always showing the one level that is cheapest on these rows: what the judge must undercut."""
    return float(costs[truth].mean(axis=0).min())


def milder_and_harsher(truth: Places, shown: Places) -> tuple[int, int]:
    """How many rows are shown milder and how many more severe than they are; place 0 is the most severe."""
    return int((shown > truth).sum()), int((shown < truth).sum())
