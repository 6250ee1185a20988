"""Is a suggestion of 80 % right four times in five? The bins of a reliability diagram, and when the error counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.bootstrap import Interval
from evaluation.metrics import ECE_BINS, Probabilities, Truth, ece, ece_if_perfect
from evaluation.wilson import wilson

# Below this nobody who reads a probability is misled, whatever chance would allow.
NEGLIGIBLE_ECE = 0.02
_CHANCE = 0.95


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Suggestions whose probability lies between `low` and `high`; only bins with rows exist.

    Attributes:
        low: Inclusive, 0..1.
        high: Exclusive but for the last bin's 1.
        n: How many suggestions.
        confidence: Their mean probability.
        right: The share that was right, with its Wilson interval.
    """

    low: float
    high: float
    n: int
    confidence: float
    right: Interval


@dataclass(frozen=True, slots=True)
class CalibrationVerdict:
    """The expected calibration error and what to make of it.

    Attributes:
        ece: 0..1, 15 equal-width bins.
        if_perfect: The median ECE of a perfectly calibrated model with these confidences on so many rows.
        allowed: The larger of .02 and that model's 95th percentile.
    """

    ece: float
    if_perfect: float
    allowed: float

    @property
    def ok(self) -> bool:
        """Whether chance, or what nobody notices, explains the error."""
        return self.ece <= self.allowed


def calibration_bins(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> list[CalibrationBin]:
    """The bins that have rows, the least sure first; the same bins as `evaluation.metrics.ece` has.

    Args:
        confidence: (n,) probability of each suggestion.
        right: (n,) whether it was right.
    """
    places = np.minimum((confidence * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    found = []
    for place in range(ECE_BINS):
        inside = places == place
        n = int(inside.sum())
        share = wilson(int(right[inside].sum()), n)
        if share is not None:
            edges = place / ECE_BINS, (place + 1) / ECE_BINS
            found.append(CalibrationBin(*edges, n, float(confidence[inside].mean()), share))
    return found


def calibration_verdict(truth: Truth, probabilities: Probabilities) -> CalibrationVerdict:
    """ECE beside what chance leaves of it: on few rows even a perfect model shows some."""
    return CalibrationVerdict(
        ece=ece(truth, probabilities),
        if_perfect=ece_if_perfect(probabilities),
        allowed=max(NEGLIGIBLE_ECE, ece_if_perfect(probabilities, quantile=_CHANCE)),
    )
