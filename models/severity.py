"""How much harm a case holds, and how soon; and which level to show of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from cases.errors import InvalidInputError
from cases.taxonomy_costs import SeverityCosts
from models.blocks import FeatureBlocks, count_frame
from models.dense import DenseMember, TunedHead
from models.joint import JointClassifier
from models.ordinal import (
    SMALL_ROWS,
    OrdinalModel,
    cross_validate_ordinal,
    fit_ordinal,
    log_probabilities,
    ranked_probability_scores,
)
from models.priority import raised_severity
from models.search import CrossValidation, Grid

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]

# Expected costs that differ by less, relative to the dearest, are the same.
_SAME = 1e-9


class SeverityClassifier(JointClassifier):
    """Feature frame to severity levels 1..K, 1 the most severe; see `JointClassifier`.

    Two forms are cross-validated on the same folds, the multinomial one and the ordinal one of `models.ordinal`; the
    one with the lower ranked probability score of held-out rows is kept, the multinomial where they are equal.

    Attributes:
        kind_: "multinomial" or "ordinal".
        weights_: Shape (columns, k), or (columns, 1) where ordinal.
        intercepts_: Shape (k,), or (k-1,) where ordinal: the thresholds, rising.
        rps_: Mean out-of-fold ranked probability score by form; with two levels the forms are one, and only the
            multinomial is there. Absent from `for_serving`'s copy.
    """

    kind_: Literal["multinomial", "ordinal"]

    def fit(
        self,
        X: pd.DataFrame,
        y: npt.ArrayLike,
        groups: Sequence[object] | None = None,
        members: Sequence[DenseMember] = (),
    ) -> Self:
        """Fit both forms and keep the better; see `JointClassifier.fit`. The multinomial one alone takes members."""
        super().fit(X, y, groups, members)
        self.kind_ = "multinomial"
        tried, codes = self.cross_validation_, np.searchsorted(self.classes_, self._labels(y))
        self.rps_ = {"multinomial": _mean_score(tried, codes[tried.rows])}
        # On the embedding of an encoder tuned on these rows nothing may be fitted, so there is no ordinal form of it.
        tuned = any(isinstance(member, TunedHead) for member in members)
        if len(self.classes_) > 2 and self.budget != "quick" and not tuned:
            # One thread a product: sums keep their order whatever the machine, and folds keep the cores busy.
            with threadpool_limits(1, user_api="blas"):
                self._fit_ordinal(X, codes)
        return self

    def decision_function(self, X: pd.DataFrame) -> Floats:
        """Calibrated logits, shape (n, k); of the ordinal form, log probabilities."""
        check_is_fitted(self)
        if self.kind_ == "multinomial":
            logits: Floats = super().decision_function(X)
            return logits
        model = OrdinalModel(self.weights_, self.intercepts_)
        return log_probabilities(model.cumulative_logits(self.blocks_.transform(X)), self.temperature_)

    def for_serving(self) -> Self:
        """A copy without the record of its training: what an artifact holds."""
        slim = super().for_serving()
        slim.__dict__.pop("rps_", None)
        return slim

    def _fit_ordinal(self, X: pd.DataFrame, codes: npt.NDArray[np.intp]) -> None:
        """Try the ordinal form, and become it if it is the better."""
        counted, before = count_frame(X), self.cross_validation_
        rows, k = before.rows, len(self.classes_)
        grid = self._grid()
        if len(rows) > SMALL_ROWS:
            # On a large table the mix is settled by the multinomial's search, and only the strength is tried.
            settled = before.chosen.setting
            grid = Grid(((settled.lexical_weight, settled.dense_weight),), grid.strengths)
        part = counted if len(rows) == len(codes) else counted.rows(rows)
        tried = cross_validate_ordinal(part, codes[rows], k, before.folds, grid, self.n_jobs)
        self.rps_["ordinal"] = _mean_score(tried, codes[rows])
        if self.rps_["ordinal"] >= self.rps_["multinomial"]:
            return
        setting = tried.chosen.setting
        self.blocks_ = FeatureBlocks(setting.lexical_weight, setting.dense_weight).fit_counted(counted)
        design = self.blocks_.blocks(counted).weighted(setting.lexical_weight, setting.dense_weight)
        model = fit_ordinal(design, codes, k, setting.C)
        self.kind_, self.pool_ = "ordinal", {"joint": 1.0}
        self.weights_, self.intercepts_ = model.weights, model.thresholds
        self.C_, self.temperature_ = setting.C, tried.chosen.temperature
        self.lexical_weight_, self.dense_weight_ = setting.lexical_weight, setting.dense_weight
        self.cross_validation_ = CrossValidation(
            tried.chosen, before.trials + tried.trials, rows, before.folds, tried.logits, tried.usable
        )

    def _labels(self, y: npt.ArrayLike) -> npt.NDArray[np.generic]:
        given = np.asarray(y)
        try:
            with np.errstate(invalid="ignore"):  # what is no number becomes some integer, and is found out below
                levels = given.astype(np.int64)
        except (TypeError, ValueError):
            levels = np.zeros(0, dtype=np.int64)
        if len(levels) != len(given) or not np.array_equal(levels, given) or (levels < 1).any():
            raise InvalidInputError(
                f"'y' must hold whole severity levels from 1, the most severe (got {given.dtype} values that are "
                "not); map them, and turn them round where 1 is the least severe",
                field="y",
            )
        return levels


def shown_level(probabilities: Floats, costs: SeverityCosts) -> Levels:
    """The level of least expected cost, shape (n,), 1..K; of equally dear ones the most severe.

    Args:
        probabilities: Shape (n, K): of levels 1..K, rows summing to 1.
        costs: K rows of K: what it costs to show level j+1 (column) of a case whose level is i+1 (row).

    Raises:
        InvalidInputError: The costs are of another number of levels than the probabilities.
    """
    matrix = np.asarray(costs, dtype=np.float64)
    k = probabilities.shape[1]
    if matrix.shape != (k, k):
        raise InvalidInputError(
            f"'costs' must be {k} x {k}, as many as levels (got shape {matrix.shape}); "
            "use the 'severity_costs' of the model's own policy",
            field="costs",
        )
    # One row at a time, added up in one order: a case's level cannot depend on which others share its batch.
    expected = (np.asarray(probabilities, dtype=np.float64)[:, :, None] * matrix).sum(axis=1)
    near = expected <= expected.min(axis=1, keepdims=True) + _SAME * matrix.max()
    found: Levels = near.argmax(axis=1).astype(np.int64) + 1
    return found


def shown_severity(
    severity: Mapping[int, float], without_raises: Mapping[int, float], levels: int, costs: SeverityCosts
) -> int | None:
    """The level to show of a case to which rules apply; None where the judge knows no severity.

    It is the level of least expected cost under `models.priority.raised_severity`, the same distribution that ranks
    the case. A rule is a promise, though, so the answer is never milder than what would be shown without the rules'
    attributes, raised by `levels`; nor is it ever milder than what the judgement alone would show.

    Args:
        severity: What the model says, probability of each level 1..K.
        without_raises: What it says without the attributes that the rules look at; the same where none applies.
        levels: By how many levels the rules raise, ≥ 0.
        costs: The policy's `severity_costs`, K rows of K.
    """
    if not severity:
        return None
    raised = raised_severity(severity, without_raises, levels) if levels > 0 else severity
    alone, bare, together = (
        int(level) for level in shown_level(np.array([_masses(s) for s in (severity, without_raises, raised)]), costs)
    )
    promised = max(1, bare - levels) if levels > 0 else alone
    return min(alone, promised, together)


def _masses(severity: Mapping[int, float]) -> list[float]:
    return [severity[level] for level in sorted(severity)]


def _mean_score(tried: CrossValidation, codes: npt.NDArray[np.intp]) -> float:
    return float(ranked_probability_scores(tried.probabilities, codes).mean())
