"""The one kind of model that judges: words, signals and embedding in one calibrated logistic regression."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from cases.errors import InvalidInputError
from models.blocks import FeatureBlocks, count_frame
from models.calibration import probabilities
from models.search import Grid, cross_validate
from models.softmax import LinearModel, fit_linear


class JointClassifier(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on TF-IDF, signals and embedding, temperature-calibrated.

    `fit` chooses what is left None by cross-validation, fits the temperature on the out-of-fold logits, and then
    fits on all rows. Equal data give an equal model, however many cores there are.

    Args:
        C: Inverse strength of the regularisation, > 0; None to choose.
        lexical_weight: Factor of the words, ≥ 0. None to choose; where only the other weight is given, 1.
        dense_weight: Factor of the embedding, ≥ 0. None to choose; where only the other weight is given, 1.
        n_jobs: Folds fitted at once, -1 for one per core.

    Attributes:
        classes_: Shape (k,): the labels, sorted; the columns of `predict_proba`.
        blocks_: The fitted `FeatureBlocks`.
        weights_: Shape (columns, k), float32; before the temperature.
        intercepts_: Shape (k,), float32.
        temperature_: What logits are divided by.
        C_, lexical_weight_, dense_weight_: What was used.
        cross_validation_: What was tried, and the out-of-fold logits; absent from `for_serving`'s copy.
    """

    def __init__(
        self,
        C: float | None = None,
        lexical_weight: float | None = None,
        dense_weight: float | None = None,
        n_jobs: int = -1,
    ) -> None:
        self.C = C
        self.lexical_weight = lexical_weight
        self.dense_weight = dense_weight
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike, groups: Sequence[object] | None = None) -> Self:
        """Fit on a feature frame.

        Args:
            X: n rows of `features.frame.feature_frame`.
            y: Shape (n,), labels.
            groups: One per row (the subject, or a cluster of near-duplicates); a group never straddles a fold.

        Raises:
            InvalidInputError: There are not as many labels as rows, or fewer than two kinds of label.
        """
        labels = self._labels(y)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(codes) != len(X) or len(self.classes_) < 2:
            raise InvalidInputError(
                f"'y' must hold one label a row, of two kinds or more (got {len(codes)} labels of "
                f"{len(self.classes_)} kinds for {len(X)} rows); give more decided cases",
                field="y",
            )
        counted = count_frame(X)
        # One thread a product: sums keep their order whatever the machine, and folds keep the cores busy.
        with threadpool_limits(1, user_api="blas"):
            tried = cross_validate(counted, codes, len(self.classes_), groups, self._grid(), self.n_jobs)
            setting = tried.chosen.setting
            self.blocks_ = FeatureBlocks(setting.lexical_weight, setting.dense_weight).fit_counted(counted)
            design = self.blocks_.blocks(counted).weighted(setting.lexical_weight, setting.dense_weight)
            model = fit_linear(design, codes, len(self.classes_), setting.C)
        self.weights_, self.intercepts_ = model.weights, model.intercepts
        self.C_, self.temperature_ = setting.C, tried.chosen.temperature
        self.lexical_weight_, self.dense_weight_ = setting.lexical_weight, setting.dense_weight
        self.cross_validation_ = tried
        return self

    def decision_function(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Calibrated logits, shape (n, k), whatever k is."""
        check_is_fitted(self)
        logits = LinearModel(self.weights_, self.intercepts_).logits(self.blocks_.transform(X))
        return logits / self.temperature_

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Calibrated probabilities, shape (n, k), float64, columns as `classes_`; a row depends on itself alone."""
        return probabilities(self.decision_function(X))

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.generic]:
        """The likeliest label of each row, shape (n,)."""
        # First of all, since it is what says that the model is not fitted.
        likeliest = self.decision_function(X).argmax(axis=1)
        found: npt.NDArray[np.generic] = self.classes_[likeliest]
        return found

    def for_serving(self) -> Self:
        """A copy without the record of its training: what an artifact holds."""
        slim = copy.copy(self)
        slim.__dict__.pop("cross_validation_", None)
        return slim

    def _labels(self, y: npt.ArrayLike) -> npt.NDArray[np.generic]:
        labels = np.asarray(y)
        # Strings come as objects from pandas; as plain strings they sort and are stored alike everywhere.
        return labels.astype(str) if labels.dtype.kind in "OT" else labels

    def _grid(self) -> Grid:
        grid = Grid()
        mixes, strengths = grid.mixes, grid.strengths
        if self.lexical_weight is not None or self.dense_weight is not None:
            mixes = ((_or_one(self.lexical_weight), _or_one(self.dense_weight)),)
        if self.C is not None:
            strengths = (float(self.C),)
        return Grid(mixes, strengths)


def _or_one(weight: float | None) -> float:
    return 1.0 if weight is None else float(weight)
