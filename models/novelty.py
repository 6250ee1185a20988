"""Novelty: is a case unlike all that have been decided? Answered with a p-value, so that a level means what it says.

Two signs are put together: the head's largest logit (low where no category speaks up: Hendrycks et al. 2022,
"Scaling out-of-distribution detection for real-world settings"; arXiv:1911.11132) and the distance to the nearest
decided cases (Sun et al. 2022, "Out-of-distribution detection with deep nearest neighbors"; arXiv:2204.06507). Each
becomes a rank among the calibration rows, which puts both on one scale; their sum is the score, and its place
among the calibration rows' scores the conformal p-value (Vovk, Gammerman and Shafer 2005, section 2.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError, InvalidInputError

Floats = npt.NDArray[np.float64]
# Numbers compared at once: about 32 MB.
_BLOCK = 4_000_000


class NoveltyDetector:
    """Ranks a case's two signs among those of decided ones.

    The case is ranked together with the calibration rows, each of which counts it in its own rank: all m + 1 rows are
    treated alike, so the p-value of a row exchangeable with them is exactly uniform over 1/(m + 1), …, 1 (or above,
    with ties), and not only nearly so. No level below 1/(m + 1) can ever be reached.

    Args:
        max_logit: Shape (m,), float64: each calibration row's largest logit, by a model not fitted on it.
        knn_distance: Shape (m,), float64: its mean distance to the nearest rows, itself and its group left out.
    """

    def __init__(self, max_logit: Floats, knn_distance: Floats) -> None:
        self.max_logit = max_logit
        self.knn_distance = knn_distance
        # A rank counts the rows that are at most as novel in that sign, the row itself included.
        self._familiar = np.sort(-max_logit)
        self._near = np.sort(knn_distance)
        self._scores = self._ranks(max_logit, knn_distance)

    @classmethod
    def fit(cls, max_logit: npt.ArrayLike, knn_distance: npt.ArrayLike) -> Self:
        """Calibrate on out-of-fold values.

        Raises:
            InvalidInputError: The two are not of one length, there is no row, or a value is not finite.
        """
        logits, distances = np.asarray(max_logit, dtype=np.float64), np.asarray(knn_distance, dtype=np.float64)
        if not _fit_together(logits, distances):
            raise InvalidInputError(
                f"'knn_distance' must be finite and one for each 'max_logit', one at least (got shapes "
                f"{distances.shape} and {logits.shape}); give out-of-fold values",
                field="knn_distance",
            )
        return cls(logits, distances)

    def p_values(self, max_logit: npt.ArrayLike, knn_distance: npt.ArrayLike) -> Floats:
        """How likely a case like those decided is to look at least as novel: shape (n,), 1/(m + 1)..1.

        Args:
            max_logit: Shape (n,), of the head that serves.
            knn_distance: Shape (n,), measured as the calibration rows' was.

        Raises:
            ValueError: The two are not of one length, or a value is not finite.
        """
        logits, distances = np.asarray(max_logit, dtype=np.float64), np.asarray(knn_distance, dtype=np.float64)
        if logits.size and not _fit_together(logits, distances):
            raise ValueError(
                f"'knn_distance' must be finite and one for each 'max_logit' (got shapes {distances.shape} and "
                f"{logits.shape}); give both of each case"
            )
        # The case itself is at most as novel as itself, in both signs.
        scores = self._ranks(logits, distances) + 2
        step = max(1, _BLOCK // len(self._scores))
        result = np.empty(len(logits))
        for start in range(0, len(logits), step):
            part = slice(start, start + step)
            # A calibration row's rank rises by one where the case is at most as novel as it is.
            raised = (
                self._scores[None, :]
                + (logits[part, None] >= self.max_logit[None, :])
                + (distances[part, None] <= self.knn_distance[None, :])
            )
            result[part] = (1 + (raised >= scores[part, None]).sum(axis=1)) / (len(self._scores) + 1)
        return result

    def scores(self, max_logit: npt.ArrayLike, knn_distance: npt.ArrayLike) -> Floats:
        """How novel each case is, shape (n,), 0..2m + 1, for putting cases in order: p-values tie, these hardly do.

        The two ranks of `p_values`, added; among equal ones, and beyond all calibration rows, a fraction below 1
        tells how far out both signs lie together.

        Args:
            max_logit: Shape (n,), finite.
            knn_distance: Shape (n,), finite.
        """
        logits, distances = np.asarray(max_logit, dtype=np.float64), np.asarray(knn_distance, dtype=np.float64)
        far_out = _spreads(-logits, self._familiar) + _spreads(distances, self._near)
        found: Floats = self._ranks(logits, distances) + (0.5 + np.arctan(far_out) / np.pi)
        return found

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON settings that `from_store` reads."""
        return {"max_logit": self.max_logit, "knn_distance": self.knn_distance}, {}

    @classmethod
    def from_store(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """What `to_store` wrote.

        Raises:
            ArtifactError: It does not fit together.
        """
        del settings  # there are none
        try:
            return cls.fit(arrays["max_logit"], arrays["knn_distance"])
        except (KeyError, TypeError, ValueError, InvalidInputError) as error:
            raise ArtifactError(
                f"'novelty' must be two finite arrays of one length (got {type(error).__name__}); promote it again "
                "from the tracker, or roll back"
            ) from error

    def _ranks(self, max_logit: Floats, knn_distance: Floats) -> npt.NDArray[np.int64]:
        """How many calibration rows are at most as novel, both signs added; whole numbers, so ties are ties."""
        found: npt.NDArray[np.int64] = np.searchsorted(self._familiar, -max_logit, side="right") + np.searchsorted(
            self._near, knn_distance, side="right"
        )
        return found


def _fit_together(logits: Floats, distances: Floats) -> bool:
    same = logits.ndim == 1 and logits.shape == distances.shape and logits.size > 0
    return same and bool(np.isfinite(logits).all() and np.isfinite(distances).all())


def _spreads(values: Floats, calibration: Floats) -> Floats:
    """How many interquartile ranges above the median of the sorted calibration values; as they are without any."""
    low, middle, high = np.quantile(calibration, [0.25, 0.5, 0.75])
    found: Floats = (values - middle) / ((high - low) or 1.0)
    return found
