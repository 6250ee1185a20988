"""What is left to people, and how right the rest is: the risk-coverage curve of a judge that may abstain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_FEWEST = 20


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """One point for each confidence that occurs, the surest first.

    Attributes:
        threshold: (p,) answers at least so sure are taken.
        taken: (p,) how many rows that are.
        wrong: (p,) how many of these are wrong.
        n: All rows.
    """

    threshold: Floats
    taken: npt.NDArray[np.int64]
    wrong: npt.NDArray[np.int64]
    n: int

    @property
    def coverage(self) -> Floats:
        """(p,) share of rows taken, 0..1, rising to 1."""
        return self.taken / self.n

    @property
    def risk(self) -> Floats:
        """(p,) share of the taken rows that is wrong, 0..1."""
        return self.wrong / self.taken

    @property
    def aurc(self) -> float:
        """Area under the curve: the risk averaged over all rows' thresholds, 0..1 (Geifman and El-Yaniv 2017).

        Rows of equal confidence share one threshold, so that their order in the table does not matter.
        """
        return float((np.diff(self.taken, prepend=0) * self.risk).sum() / self.n)

    @property
    def best_aurc(self) -> float:
        """The area if each wrong row were less sure than each right one: what no confidence can undercut.

        Geifman, Uziel and El-Yaniv 2019 subtract it: the rest is the confidence's own fault, not the classifier's.
        """
        taken = np.arange(1, self.n + 1)
        wrong = np.maximum(taken - (self.n - int(self.wrong[-1])), 0)
        return float((wrong / taken).mean())

    def widest_at(self, precision: float) -> int | None:
        """The place of the point of the largest coverage at a precision of at least `precision`; None: there is none.

        Fewer than 20 rows taken say nothing of a precision; such a point does not count. The place is chosen on the
        rows that it is told of, so on new rows it will be a little less precise.
        """
        # Divided once: 1 - 7 / 100 is a little less than .93, and 93 / 100 is not.
        right = (self.taken - self.wrong) / self.taken
        good = np.flatnonzero((right >= precision) & (self.taken >= _FEWEST))
        return int(good[-1]) if len(good) else None


def risk_coverage(confidence: Floats, right: Flags) -> RiskCoverage:
    """The curve of answers taken from the surest down.

    Args:
        confidence: (n,) probability of each suggestion, n ≥ 1.
        right: (n,) whether it was right.
    """
    threshold, counts = np.unique(confidence, return_counts=True)
    wrong = np.zeros(len(threshold), dtype=np.int64)
    np.add.at(wrong, np.searchsorted(threshold, confidence[~right]), 1)
    return RiskCoverage(
        threshold=threshold[::-1],
        taken=np.cumsum(counts[::-1]),
        wrong=np.cumsum(wrong[::-1]),
        n=len(confidence),
    )
