"""Linear models on the embedding alone, as members of a pool: shrinkage LDA, and the policy's own definitions."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

Vectors = npt.NDArray[np.float32]
Codes = npt.NDArray[np.integer]
Rows = npt.NDArray[np.intp]

# A class of which nothing was seen is held to be as unlikely as the rarest, and then some (as in `models.softmax`).
_UNSEEN = np.log(10.0)


@dataclass(frozen=True, slots=True)
class DenseLinear:
    """Logits = vectors @ weights + intercepts; weights (d, k) float64, intercepts (k,) float64."""

    weights: npt.NDArray[np.float64]
    intercepts: npt.NDArray[np.float64]

    def logits(self, vectors: Vectors) -> npt.NDArray[np.float64]:
        """Shape (n, k), float64."""
        found: npt.NDArray[np.float64] = vectors.astype(np.float64) @ self.weights + self.intercepts
        return found


class DenseMember(ABC):
    """A kind of linear model on the embedding that a pool may take in."""

    name: str

    @abstractmethod
    def fit(self, vectors: Vectors, codes: Codes, classes: int) -> DenseLinear:
        """Fit on unit vectors of shape (n, d) and codes 0..classes-1, of which some may not occur."""

    def out_of_fold(
        self, vectors: Vectors, codes: Codes, classes: int, rows: Rows, folds: Rows
    ) -> npt.NDArray[np.float64]:
        """Logits of `rows`, shape (m, classes), each by a fit that had not seen its fold.

        Args:
            vectors: Of all rows, shape (n, d).
            codes: Of all rows, shape (n,).
            classes: k.
            rows: Shape (m,): the rows that were cross-validated.
            folds: Shape (m,): the fold of each.

        Returns:
            A row of NaN where the member cannot say.
        """
        within, labels = vectors[rows], codes[rows]
        result = np.empty((len(rows), classes))
        for fold in range(int(folds.max()) + 1):
            kept = folds != fold
            result[~kept] = self.fit(within[kept], labels[kept], classes).logits(within[~kept])
        return result


class ShrinkageLda(DenseMember):
    """Linear discriminant analysis, the common covariance shrunk as Ledoit and Wolf say (2004).

    With few rows a class it beats logistic regression on the same embedding, as it estimates means alone.
    """

    name = "lda"

    def fit(self, vectors: Vectors, codes: Codes, classes: int) -> DenseLinear:
        """See `DenseMember.fit`. Classes without a row get the mean direction and the smallest intercept."""
        d = vectors.shape[1]
        present = np.unique(codes)
        weights, intercepts = np.zeros((d, classes)), np.zeros(classes)
        if len(present) < 2 or len(codes) <= len(present):
            return DenseLinear(weights, intercepts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a class with one row, whose spread is nought
            fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(vectors, codes)
        coef, intercept = fitted.coef_, fitted.intercept_
        if len(present) == 2:
            coef, intercept = np.vstack([np.zeros(d), coef[0]]), np.array([0.0, intercept[0]])
        weights[:] = coef.mean(axis=0)[:, None]
        weights[:, present] = coef.T
        intercepts[:] = intercept.min() - _UNSEEN
        intercepts[present] = intercept
        return DenseLinear(weights, intercepts)


class Definitions(DenseMember):
    """How near a case is to what the policy says of each category; learns nothing, so it helps from no labels at all.

    Args:
        vectors: Shape (k, d): the embedding of each category's definition, unit length, in the order of the labels.
    """

    name = "definitions"
    # Cosines of a sentence encoder differ by tenths where it is sure; twenty makes that a matter of odds.
    SCALE = 20.0

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def fit(self, vectors: Vectors, codes: Codes, classes: int) -> DenseLinear:
        """See `DenseMember.fit`; neither rows nor codes are looked at."""
        del vectors, codes
        weights = self._vectors.T.astype(np.float64) * self.SCALE
        if weights.shape[1] != classes:
            raise ValueError(f"'definitions' must be of {classes} categories (got {weights.shape[1]}); embed each")
        return DenseLinear(weights, np.zeros(classes))


class TunedHead(DenseMember):
    """The layer that an encoder was tuned together with.

    Its embedding of a row that it was tuned on says too much of the row, so nothing may be fitted on it: the layer is
    taken as it is, and its out-of-fold logits are those of an encoder that was tuned without the row.

    Args:
        fitted: The layer of the encoder that was tuned on all rows.
        held_out: Shape (n, k): each row's logits by an encoder that was not tuned on it; NaN where there is none.
    """

    name = "tuned"

    def __init__(self, fitted: DenseLinear, held_out: npt.NDArray[np.float64]) -> None:
        self._fitted = fitted
        self._held_out = held_out

    def of_rows(self, rows: Rows) -> TunedHead:
        """The same layer for a table of some of the rows."""
        return TunedHead(self._fitted, self._held_out[rows])

    def fit(self, vectors: Vectors, codes: Codes, classes: int) -> DenseLinear:
        """The layer as it was tuned; see `DenseMember.fit`."""
        del vectors, codes, classes
        return self._fitted

    def out_of_fold(
        self, vectors: Vectors, codes: Codes, classes: int, rows: Rows, folds: Rows
    ) -> npt.NDArray[np.float64]:
        """What was found when the encoder was tuned; see `DenseMember.out_of_fold`."""
        del vectors, codes, classes, folds
        return self._held_out[rows]
