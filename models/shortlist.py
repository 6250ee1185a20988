"""Shortlists: the few categories that hold the right one nine times of ten, by split-conformal prediction.

The score of a row is 1 - p(true class), which gives the smallest sets on average at a given coverage (Sadinle, Lei
and Wasserman 2019, "Least ambiguous set-valued classifiers with bounded error levels"; arXiv:1609.00451). The
quantile is taken within each class that has rows enough (Mondrian: Vovk, Gammerman and Shafer 2005, section 4.5), so
that a rare category is covered as often as a frequent one; the remaining classes share one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError, InvalidInputError

Floats = npt.NDArray[np.float64]
LEVELS = (0.9, 0.95)
# Rows of a class for each of its misses that the level allows: below, its quantile is one row's luck.
_ROWS_A_MISS = 5
# 1 - p and the quantile come from one subtraction each; what differs by rounding alone is the same.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Shortlister:
    """The largest score that a class may have and still be listed, by level and class.

    Attributes:
        levels: Coverages promised, ascending, each in (0, 1).
        thresholds: Shape (levels, k), float64, 0..1, never falling from a level to the next: a longer list holds the
            shorter one.
    """

    levels: tuple[float, ...]
    thresholds: Floats

    @classmethod
    def fit(
        cls,
        probabilities: Floats,
        codes: npt.NDArray[np.integer],
        levels: Sequence[float] = LEVELS,
        *,
        by_class: bool = True,
    ) -> Self:
        """Calibrate on rows that the model was not fitted on.

        Coverage is promised for rows exchangeable with these. Out-of-fold rows are nearly so: each was judged by a
        model of fewer rows than the final one, which errs on the side of longer lists.

        Args:
            probabilities: Shape (m, k), rows summing to 1.
            codes: Shape (m,), the true column of each row.
            levels: Coverages to promise, each in (0, 1).
            by_class: False pools all classes, and coverage is promised over all rows alone.

        Raises:
            InvalidInputError: There is no row, there are not as many codes as rows, or a level is not in (0, 1).
        """
        if probabilities.ndim != 2 or not len(codes) or len(codes) != len(probabilities):
            raise InvalidInputError(
                f"'codes' must be one a row of 'probabilities', and one at least (got {len(codes)} for "
                f"{len(probabilities)} rows); give out-of-fold rows",
                field="codes",
            )
        ascending = tuple(sorted(float(level) for level in set(levels)))
        if not ascending or not (ascending[0] > 0 and ascending[-1] < 1):
            raise InvalidInputError(
                f"'levels' must be between 0 and 1, both excluded (got {ascending}); give a coverage such as 0.9",
                field="levels",
            )
        scores = 1.0 - np.asarray(probabilities, dtype=np.float64)[np.arange(len(codes)), codes]
        k = probabilities.shape[1]
        found = np.stack([_thresholds(scores, codes, k, level, by_class=by_class) for level in ascending])
        return cls(ascending, np.maximum.accumulate(found, axis=0))

    def sets(self, probabilities: Floats) -> dict[float, list[tuple[int, ...]]]:
        """The shortlist of each row by level: columns, likeliest first; the likeliest one is always in.

        Args:
            probabilities: Shape (n, k), columns as fitted.

        Raises:
            ValueError: There are not as many columns as fitted.
        """
        k = self.thresholds.shape[1]
        if probabilities.ndim != 2 or probabilities.shape[1] != k:
            raise ValueError(
                f"'probabilities' must have {k} columns (got shape {probabilities.shape}); use the head's"
            )
        order = np.argsort(-probabilities, axis=1, kind="stable")
        scores = 1.0 - np.asarray(probabilities, dtype=np.float64)
        result: dict[float, list[tuple[int, ...]]] = {}
        for level, limits in zip(self.levels, self.thresholds, strict=True):
            listed = np.take_along_axis(scores <= limits + _ROUNDING, order, axis=1)
            listed[:, :1] = True
            result[level] = [tuple(row[kept].tolist()) for row, kept in zip(order, listed, strict=True)]
        return result

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON settings that `from_store` reads."""
        return {"thresholds": self.thresholds}, {"levels": list(self.levels)}

    @classmethod
    def from_store(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """What `to_store` wrote.

        Raises:
            ArtifactError: It does not fit together.
        """
        try:
            levels = tuple(float(level) for level in settings["levels"])
            thresholds = np.asarray(arrays["thresholds"], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(type(error).__name__) from error
        fits = thresholds.ndim == 2 and len(thresholds) == len(levels) > 0
        if not fits or not ((thresholds >= 0) & (thresholds <= 1)).all():
            raise _refused(f"shape {thresholds.shape} for {len(levels)} levels, or a value beyond 0..1")
        return cls(levels, thresholds)


def _thresholds(scores: Floats, codes: npt.NDArray[np.integer], k: int, level: float, *, by_class: bool) -> Floats:
    """Shape (k,): each class's own quantile, or that which the classes of few rows share."""
    fewest = _ROWS_A_MISS / (1.0 - level)
    counts = np.bincount(codes, minlength=k)
    own = (counts >= fewest) if by_class else np.zeros(k, dtype=np.bool_)
    rest = scores[~own[codes]]
    # So few rows in all the rare classes together say less about them than all rows do.
    shared = _quantile(rest if len(rest) >= fewest else scores, level)
    return np.array([_quantile(scores[codes == code], level) if own[code] else shared for code in range(k)])


def _quantile(scores: Floats, level: float) -> float:
    """The ceil((n + 1) level)-th smallest score; 1, which lists every class, where there are not so many.

    Rounding is undone before the ceiling: (99 + 1) * .95 is 95 and not 96.
    """
    n = len(scores)
    rank = int(np.ceil(round((n + 1) * level, 9)))
    return 1.0 if rank > n else float(np.partition(scores, rank - 1)[rank - 1])


def _refused(got: str) -> ArtifactError:
    return ArtifactError(
        f"'shortlist' must be thresholds of 0..1, a row a level (got {got}); promote it again from the tracker, "
        "or roll back"
    )
