"""Fitting a regularised multinomial logistic regression on a wide sparse matrix, and many of them on few rows.

The model minimises  C · Σ -ln softmax(x W + b)[y]  +  ½ ‖W‖²  (scikit-learn's `LogisticRegression`, which does the
work). With fewer rows than columns its solution lies in the span of the rows (the representer theorem; Schölkopf,
Herbrich and Smola 2001), so a matrix L with L Lᵀ = X Xᵀ gives the same model with n columns instead of a hundred
thousand, in a fiftieth of the time. That is what makes a search over weights and C affordable.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import solve_triangular
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from models.blocks import Blocks
from models.kernel import factor, gram, products

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.integer]

_TOLERANCE = 1e-4
# What L-BFGS needs on text is 20 to 60; the limit bounds the cost.
_ITERATIONS = 200
# rows² x classes up to which the small form is the faster one (measured).
_SMALL = 1.2e9


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Weights of shape (columns, k) and intercepts of shape (k,); a row's logits are x @ weights + intercepts."""

    weights: Floats
    intercepts: Floats

    def logits(self, design: sparse.csr_matrix) -> npt.NDArray[np.float64]:
        """Uncalibrated logits, shape (n, k), float64; each row is computed by itself."""
        found: npt.NDArray[np.float64] = (design @ self.weights).astype(np.float64) + self.intercepts
        return found


def most_rows(classes: int) -> int:
    """How many rows the small form takes without being slower than the wide one."""
    return int(min(4000, (_SMALL / classes) ** 0.5))


def fit_linear(design: sparse.csr_matrix, codes: Codes, classes: int, C: float) -> LinearModel:
    """Fit on a design matrix.

    Args:
        design: CSR of shape (n, columns), float32.
        codes: Shape (n,), 0..classes-1; not all classes need occur, a missing one gets the smallest intercept.
        classes: k.
        C: Inverse strength of the regularisation, > 0, as in scikit-learn.
    """
    n = design.shape[0]
    if n > min(most_rows(classes), design.shape[1]):
        return _unpacked(_fitted(_regression(C), design, codes), classes)
    lower = factor(products(design, design))
    small = _unpacked(_fitted(_regression(C), lower.astype(np.float32), codes), classes)
    # x W must equal z B with z = L⁻¹ X x, so W = Xᵀ L⁻ᵀ B.
    back = solve_triangular(lower, small.weights.astype(np.float64), lower=True, trans="T")
    return LinearModel((design.T @ back).astype(np.float32), small.intercepts)


def logits_by_setting(
    train: Blocks,
    other: Blocks,
    codes: Codes,
    classes: int,
    mixes: Sequence[tuple[float, float]],
    Cs: Sequence[float],
) -> Iterator[tuple[float, float, float, npt.NDArray[np.float64]]]:
    """Fit each mix of (lexical, dense) weights at each C on `train`, and score `other`.

    Yields:
        lexical weight, dense weight, C, logits of `other` of shape (m, classes).
    """
    kernels = [gram(train, train), gram(other, train)]
    for lexical, dense in mixes:
        within, across = (k.mixed(lexical, dense) for k in kernels)
        lower = factor(within)
        rows = lower.astype(np.float32)
        others = solve_triangular(lower, across.T, lower=True).T.astype(np.float32)
        # From strong to weak regularisation, each fit starting where the last ended.
        model = _regression(Cs[0], warm_start=True)
        for C in sorted(Cs):
            model.C = C
            fitted = _unpacked(_fitted(model, rows, codes), classes)
            yield lexical, dense, C, fitted.logits(others)


def _regression(C: float, *, warm_start: bool = False) -> LogisticRegression:
    return LogisticRegression(C=C, tol=_TOLERANCE, max_iter=_ITERATIONS, warm_start=warm_start)


def _fitted(model: LogisticRegression, rows: Floats | sparse.csr_matrix, codes: Codes) -> LogisticRegression:
    if len(np.unique(codes)) == 1:  # a fold of a tiny table; scikit-learn refuses it
        model.classes_, model.coef_, model.intercept_ = codes[:1], np.zeros((1, rows.shape[1])), np.zeros(1)
        return model
    with warnings.catch_warnings():
        # Hardly regularised fits may stop at the limit; what they reached is judged by cross-validation like any.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, codes)


def _unpacked(model: LogisticRegression, classes: int) -> LinearModel:
    """One column per class, whatever scikit-learn keeps: for two classes it keeps one, for absent ones none."""
    coef, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coef, intercept = np.vstack([np.zeros_like(coef), coef]), np.concatenate([[0.0], intercept])
    weights = np.zeros((coef.shape[1], classes), dtype=np.float32)
    # A class without an example is held to be as unlikely as the rarest one seen, and then some.
    intercepts = np.full(classes, intercept.min() - np.log(10.0), dtype=np.float32)
    weights[:, model.classes_] = coef.T
    intercepts[model.classes_] = intercept
    return LinearModel(weights, intercepts)
