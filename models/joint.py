"""The one kind of model that judges: words, signals and embedding in one calibrated logistic regression."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from cases.errors import InvalidInputError
from models.blocks import FeatureBlocks, count_frame
from models.calibration import fit_temperature, probabilities, row_losses
from models.dense import DenseLinear, DenseMember
from models.pool import fit_pool, pooled
from models.search import GRIDS, Budget, CrossValidation, Grid, cross_validate
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
        budget: How much is tried: "quick", "standard" or "thorough"; see `models.search.GRIDS`.

    Attributes:
        classes_: Shape (k,): the labels, sorted; the columns of `predict_proba`.
        blocks_: The fitted `FeatureBlocks`.
        weights_: Shape (columns, k), float32; before the temperature.
        intercepts_: Shape (k,), float32.
        temperature_: What logits are divided by.
        C_, lexical_weight_, dense_weight_: What was used.
        pool_: Weight of each member by name, "joint" among them; see `models.pool`. All are in `weights_` already.
        cross_validation_: What was tried, and the out-of-fold logits; absent from `for_serving`'s copy.
    """

    def __init__(
        self,
        C: float | None = None,
        lexical_weight: float | None = None,
        dense_weight: float | None = None,
        n_jobs: int = -1,
        budget: Budget = "standard",
    ) -> None:
        self.C = C
        self.lexical_weight = lexical_weight
        self.dense_weight = dense_weight
        self.n_jobs = n_jobs
        self.budget = budget

    def fit(
        self,
        X: pd.DataFrame,
        y: npt.ArrayLike,
        groups: Sequence[object] | None = None,
        members: Sequence[DenseMember] = (),
    ) -> Self:
        """Fit on a feature frame.

        Args:
            X: n rows of `features.frame.feature_frame`.
            y: Shape (n,), labels.
            groups: One per row (the subject, or a cluster of near-duplicates); a group never straddles a fold.
            members: Models on the embedding to pool with; one is kept where out-of-fold log loss says so by more than
                its noise. Their columns are the labels in sorted order.

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
            tried, self.pool_ = _pooled(tried, members, counted.embedding, codes, len(self.classes_))
            # A member needs the embedding's columns even where the joint model does without.
            dense_weight = setting.dense_weight or float(len(self.pool_) > 1)
            self.blocks_ = FeatureBlocks(setting.lexical_weight, dense_weight).fit_counted(counted)
            blocks = self.blocks_.blocks(counted)
            design = blocks.weighted(setting.lexical_weight, setting.dense_weight)
            model = fit_linear(design, codes, len(self.classes_), setting.C)
            fitted = [
                (m.fit(blocks.dense, codes, len(self.classes_)), self.pool_[m.name])
                for m in members
                if self.pool_.get(m.name)
            ]
        self.weights_, self.intercepts_ = _merged(model, self.pool_["joint"], fitted, dense_weight)
        self.C_, self.temperature_ = setting.C, tried.chosen.temperature
        self.lexical_weight_, self.dense_weight_ = setting.lexical_weight, dense_weight
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
        if self.budget not in GRIDS:
            raise InvalidInputError(
                f"'budget' must be one of {', '.join(GRIDS)} (got {self.budget!r}); choose one", field="budget"
            )
        grid = GRIDS[self.budget]
        mixes, strengths = grid.mixes, grid.strengths
        if self.lexical_weight is not None or self.dense_weight is not None:
            mixes = ((_or_one(self.lexical_weight), _or_one(self.dense_weight)),)
        if self.C is not None:
            strengths = (float(self.C),)
        return replace(grid, mixes=mixes, strengths=strengths)


def _or_one(weight: float | None) -> float:
    return 1.0 if weight is None else float(weight)


def _pooled(
    tried: CrossValidation,
    members: Sequence[DenseMember],
    vectors: npt.NDArray[np.float32],
    codes: npt.NDArray[np.intp],
    classes: int,
) -> tuple[CrossValidation, dict[str, float]]:
    """The cross-validation with the pool's logits, and the pool's weights; as it was where a pool adds nothing."""
    alone = {"joint": 1.0}
    usable, truth = tried.usable, codes[tried.rows]
    if not members or not usable.any():
        return tried, alone
    found = {"joint": tried.logits}
    for member in members:
        found[member.name] = member.out_of_fold(vectors, codes, classes, tried.rows, tried.folds)
    # A member may know what it would have said of some rows only.
    known = np.logical_and.reduce([np.isfinite(logits).all(axis=1) for logits in found.values()])
    found = {name: logits[known] for name, logits in found.items()}
    everywhere, tried = tried, tried.of(known)
    usable, truth = usable[known], truth[known]
    weights = fit_pool({name: logits[usable] for name, logits in found.items()}, truth[usable])
    weights = {name: weight for name, weight in weights.items() if weight > 0 or name == "joint"}
    together = pooled(found, weights)
    temperature = fit_temperature(together[usable], truth[usable])
    losses = row_losses(together[usable], truth[usable], temperature)
    before = row_losses(tried.logits[usable], truth[usable], tried.chosen.temperature)
    if float((before - losses).mean()) <= float((before - losses).std()) / len(losses) ** 0.5:
        return everywhere, alone
    right = float((together[usable].argmax(axis=1) == truth[usable]).mean())
    chosen = replace(tried.chosen, log_loss=float(losses.mean()), accuracy=right, temperature=temperature)
    return replace(tried, chosen=chosen, logits=together), weights


def _merged(
    joint: LinearModel, weight: float, members: Sequence[tuple[DenseLinear, float]], dense_weight: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The pool as one linear model: a weighted sum of linear models is one."""
    weights = joint.weights.astype(np.float64) * weight
    intercepts = joint.intercepts.astype(np.float64) * weight
    for member, share in members:
        weights[-len(member.weights) :] += member.weights * (share / dense_weight)
        intercepts += member.intercepts * share
    return weights.astype(np.float32), intercepts.astype(np.float32)
