"""Ordinal logistic regression: one direction from mild to severe, and thresholds along it.

The probability of place l or below, of k ordered places, is  P(y ≤ l) = s((x·w + b_l) / T),  b_0 ≤ … ≤ b_(k-2), with
s(z) = 1 / (1 + e^-z). The model minimises the all-threshold loss (Rennie and Srebro 2005, "Loss functions for
preference levels")

    C · Σ over rows and l of  -ln s(± (x·w + b_l))  +  ½ ‖w‖²        + where the row's place is ≤ l, - where above

in which every threshold counts for every row: a 1 called a 4 is on the wrong side of three thresholds, a 1 called a 2
of one. The immediate-threshold loss, which looks at a row's two neighbouring thresholds alone, would not tell the two
apart. Its minimum has ordered thresholds. Compared with one direction per level it has a k-th of the weights: better
where rows are few and the levels truly a scale, worse where each level has words of its own; so what it says of
held-out rows decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit

from models.blocks import Blocks, CountedFrame, FeatureBlocks
from models.kernel import factor, gram, products
from models.search import CrossValidation, Grid, Setting, Trial, learnable
from models.softmax import most_rows

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]
Places = npt.NDArray[np.intp]

_TOLERANCE = 1e-4
_ITERATIONS = 200
# Of ln T, as in `models.calibration`.
_RANGE = (-3.0, 3.0)
# Of two thresholds that coincide: the level between has a probability of about this, and a finite logarithm.
_LEAST_GAP = 1e-9
# One direction, however many levels: so many rows the small form takes.
SMALL_ROWS = most_rows(1)


@dataclass(frozen=True, slots=True)
class OrdinalModel:
    """A direction of shape (columns, 1), larger = lower place, and rising thresholds of shape (k-1,); float32."""

    weights: npt.NDArray[np.float32]
    thresholds: npt.NDArray[np.float32]

    def cumulative_logits(self, design: sparse.csr_matrix) -> Floats:
        """Uncalibrated logits of P(y ≤ l), l = 0..k-2, shape (n, k-1), float64; each row is computed by itself."""
        found: Floats = (design @ self.weights).astype(np.float64) + self.thresholds
        return found


def fit_ordinal(design: sparse.csr_matrix, codes: Codes, classes: int, C: float) -> OrdinalModel:
    """Fit on a design matrix.

    Args:
        design: CSR of shape (n, columns), float32.
        codes: Shape (n,), ordered places 0..classes-1; not all need occur.
        classes: k ≥ 2.
        C: Inverse strength of the regularisation, > 0; with two classes that of scikit-learn's `LogisticRegression`.
    """
    if design.shape[0] > min(SMALL_ROWS, design.shape[1]):
        weights, thresholds = _minimum(design.astype(np.float64), codes, classes, C)
    else:
        lower = factor(products(design, design))
        small, thresholds = _minimum(lower, codes, classes, C)
        # x w must equal z v with z = L⁻¹ X x, so w = Xᵀ L⁻ᵀ v.
        weights = design.T @ solve_triangular(lower, small, lower=True, trans="T")
    return OrdinalModel(weights.astype(np.float32)[:, None], thresholds.astype(np.float32))


def log_probabilities(cumulative: Floats, temperature: float) -> Floats:
    """The logarithms of P(y = l), l = 0..k-1, shape (n, k), from logits of P(y ≤ l), shape (n, k-1), each row rising.

    s(b) - s(a) = s(b) s(-a) (1 - e^(a-b)), which unlike the difference keeps its digits far out in the tails.
    """
    z = np.asarray(cumulative, dtype=np.float64) / temperature
    below, above = log_expit(z), log_expit(-z)
    gaps = np.maximum(np.diff(z, axis=1), _LEAST_GAP)
    between = below[:, 1:] + above[:, :-1] + np.log(-np.expm1(-gaps))
    found: Floats = np.hstack([below[:, :1], between, above[:, -1:]])
    return found


def fit_temperature(cumulative: Floats, codes: Codes) -> float:
    """The T > 0 that makes the true levels most likely, for `log_probabilities` of rows not fitted on."""
    result = minimize_scalar(
        lambda log_t: _loss(cumulative, codes, float(np.exp(log_t))),
        bounds=_RANGE,
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(result.x))


def ranked_probability_scores(probabilities: Floats, codes: Codes) -> Floats:
    """The ranked probability score of each row, shape (n,), 0 (certain and right) to 1 (certain and at the far end).

    Σ over l < k-1 of (P(y ≤ l) - [truth ≤ l])², divided by k-1 (Epstein 1969, normalised after Murphy 1971). Unlike
    the log loss it asks how far off the probability is, and like it, it is least in expectation for the truth.
    """
    k = probabilities.shape[1]
    reached = np.cumsum(probabilities, axis=1)[:, : k - 1]
    true = np.asarray(codes)[:, None] <= np.arange(k - 1)
    found: Floats = ((reached - true) ** 2).sum(axis=1) / max(k - 1, 1)
    return found


def cross_validate_ordinal(
    counted: CountedFrame, codes: Places, classes: int, folds: Places, grid: Grid, n_jobs: int = -1
) -> CrossValidation:
    """Choose from the grid by log loss after calibration, in folds that were drawn before.

    Args:
        counted: m rows.
        codes: Shape (m,), ordered places 0..classes-1.
        classes: k ≥ 2.
        folds: Shape (m,): in which fold each row is held out.
        grid: What to try.
        n_jobs: Folds fitted at once, -1 for one per core. It does not change the result.

    Returns:
        The trials, and as `logits` the calibrated log probabilities times the temperature: what `CrossValidation`'s
        softmax turns into the calibrated probabilities.
    """
    held_out = [np.flatnonzero(folds == fold) for fold in range(int(folds.max()) + 1)]

    def fold(out: npt.NDArray[np.intp]) -> list[tuple[Setting, Floats]]:
        kept = np.setdiff1d(np.arange(len(codes)), out)
        train = counted.rows(kept)
        blocks = FeatureBlocks().fit_counted(train)
        return list(_fits(blocks.blocks(train), blocks.blocks(counted.rows(out)), codes[kept], classes, grid))

    found: dict[Setting, Floats] = {}
    # Threads: the work is in libraries that release the interpreter's lock, and nothing need be copied.
    done = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fold)(out) for out in held_out)
    for out, fits in zip(held_out, done, strict=True):
        for setting, cumulative in fits:
            found.setdefault(setting, np.empty((len(codes), classes - 1)))[out] = cumulative
    usable = learnable(codes, folds)
    trials = tuple(_trial(setting, cumulative, codes, usable) for setting, cumulative in found.items())
    chosen = min(trials, key=lambda trial: trial.log_loss)
    logs = log_probabilities(found[chosen.setting], chosen.temperature)
    rows = np.arange(len(codes))
    return CrossValidation(chosen, trials, rows, np.asarray(folds), logs * chosen.temperature, usable)


def _fits(train: Blocks, other: Blocks, codes: Codes, classes: int, grid: Grid) -> Iterator[tuple[Setting, Floats]]:
    """Cumulative logits of `other` at each setting, each mix from strong to weak regularisation."""
    small = len(codes) <= SMALL_ROWS
    kernels = (gram(train, train), gram(other, train)) if small else None
    for mix in grid.mixes:
        if kernels is not None:
            rows = factor(kernels[0].mixed(*mix))
            others = solve_triangular(rows, kernels[1].mixed(*mix).T, lower=True).T
        else:
            rows, others = (blocks.weighted(*mix).astype(np.float64) for blocks in (train, other))
        start = None
        for C in sorted(grid.strengths):
            start = _minimum(rows, codes, classes, C, start)
            yield Setting(*mix, C), (others @ start[0])[:, None] + start[1]


def _minimum(
    rows: Floats | sparse.csr_matrix, codes: Codes, classes: int, C: float, start: tuple[Floats, Floats] | None = None
) -> tuple[Floats, Floats]:
    """Weights of shape (columns,) and rising thresholds of shape (classes-1,), found by L-BFGS."""
    n, columns = rows.shape
    side = np.where(np.asarray(codes)[:, None] <= np.arange(classes - 1), 1.0, -1.0)
    transposed = rows.T if isinstance(rows, np.ndarray) else rows.T.tocsr()
    # As a mean over the rows, so that one tolerance fits tables of all sizes.
    scale = 1.0 / (C * n)

    def loss(point: Floats) -> tuple[float, Floats]:
        weights, thresholds = point[:columns], point[columns:]
        margins = side * ((rows @ weights)[:, None] + thresholds)
        pull = -side * expit(-margins) / n
        value = -float(log_expit(margins).sum()) / n + 0.5 * scale * float(weights @ weights)
        return value, np.concatenate([transposed @ pull.sum(axis=1) + scale * weights, pull.sum(axis=0)])

    if start is None:
        # Without weights, the thresholds that give each level its share of the rows.
        share = np.clip((side > 0).mean(axis=0), 0.5 / n, 1.0 - 0.5 / n)
        start = np.zeros(columns), np.log(share / (1.0 - share))
    options = {"maxiter": _ITERATIONS, "gtol": _TOLERANCE, "ftol": 64 * np.finfo(np.float64).eps}
    found = minimize(loss, np.concatenate(start), jac=True, method="L-BFGS-B", options=options).x
    # Ordered at the minimum; where the descent stopped short of it, two may be the wrong way round by a hair.
    return found[:columns], np.maximum.accumulate(found[columns:])


def _trial(setting: Setting, cumulative: Floats, codes: Codes, usable: npt.NDArray[np.bool_]) -> Trial:
    logits, truth = cumulative[usable], codes[usable]
    temperature = fit_temperature(logits, truth)
    likeliest = log_probabilities(logits, temperature).argmax(axis=1)
    loss = _loss(logits, truth, temperature)
    return Trial(setting, len(codes), loss, float((likeliest == truth).mean()), temperature)


def _loss(cumulative: Floats, codes: Codes, temperature: float) -> float:
    return -float(log_probabilities(cumulative, temperature)[np.arange(len(codes)), codes].mean())
