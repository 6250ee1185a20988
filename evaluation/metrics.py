"""What a model's answers are worth on rows whose truth is known.

All metrics take `truth`, shape (n,), places 0..k-1, and `probabilities`, shape (n, k), rows summing to 1; the
suggestion is the likeliest place. One signature for all, so that each can be bootstrapped and compared in the same
way; the counting is NumPy's, since a bootstrap repeats it a thousand times.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.ordinal import ranked_probability_scores

Truth = npt.NDArray[np.integer]
Probabilities = npt.NDArray[np.floating]
Metric = Callable[[Truth, Probabilities], float]

ECE_BINS = 15
# Of a probability that a model calls impossible: its loss is large and finite.
_SMALLEST = 1e-12


def accuracy(truth: Truth, probabilities: Probabilities) -> float:
    """Share of rows whose suggestion is the truth, 0..1."""
    return float((probabilities.argmax(axis=1) == truth).mean())


def macro_f1(truth: Truth, probabilities: Probabilities) -> float:
    """F1, averaged over the classes that occur in `truth`, each counting the same, 0..1."""
    found = per_class(truth, probabilities.argmax(axis=1), probabilities.shape[1])
    return float(found["f1"][found["support"] > 0].mean())


def ece(truth: Truth, probabilities: Probabilities) -> float:
    """Expected calibration error of the suggestion's probability, 15 equal-width bins, 0..1 (Guo et al. 2017).

    Weighted mean over bins of |share that was right - mean probability|. It is biased upwards on few rows: at
    326 rows a perfectly calibrated model shows about .05.
    """
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bins = np.minimum((top * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    gap = np.bincount(bins, weights=right - top, minlength=ECE_BINS)
    return float(np.abs(gap).sum() / len(truth))


def log_loss(truth: Truth, probabilities: Probabilities) -> float:
    """Mean -ln p of the truth, nats; 0 is perfect."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], _SMALLEST)).mean())


def qwk(truth: Truth, probabilities: Probabilities) -> float:
    """Cohen's kappa with quadratic weights of the ordinal suggestion (Cohen 1968), -1..1; 1 where all rows agree."""
    k = probabilities.shape[1]
    table = confusion(truth, probabilities.argmax(axis=1), k)
    weights = (np.arange(k)[:, None] - np.arange(k)) ** 2
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(truth)
    expected = float((weights * by_chance).sum())
    return 1.0 - float((weights * table).sum()) / expected if expected else 1.0


def macro_mae(truth: Truth, probabilities: Probabilities) -> float:
    """Mean absolute error in levels, averaged over the true levels, each counting the same; 0 is perfect.

    Baccianella, Esuli and Sebastiani 2009: unlike the plain mean it does not reward ignoring a rare level.
    """
    off = np.abs(probabilities.argmax(axis=1) - truth)
    count = np.bincount(truth)
    present = count > 0
    return float((np.bincount(truth, weights=off)[present] / count[present]).mean())


def rps(truth: Truth, probabilities: Probabilities) -> float:
    """Mean ranked probability score of ordered classes, 0..1; 0 is perfect, see `models.ordinal`."""
    return float(ranked_probability_scores(np.asarray(probabilities, dtype=np.float64), truth).mean())


def confusion(truth: Truth, suggested: Truth, k: int) -> npt.NDArray[np.int64]:
    """Shape (k, k): row = truth, column = suggestion."""
    return np.bincount(truth * k + suggested, minlength=k * k).reshape(k, k)


def per_class(truth: Truth, suggested: Truth, k: int) -> dict[str, npt.NDArray[np.float64]]:
    """`precision`, `recall`, `f1` (0 where undefined) and `support`, each of shape (k,)."""
    table = confusion(truth, suggested, k)
    hits, support, given = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    return {
        "precision": hits / np.maximum(given, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(given + support, 1),
        "support": support.astype(np.float64),
    }


def ece_if_perfect(probabilities: Probabilities, *, draws: int = 200, seed: int = 0, quantile: float = 0.5) -> float:
    """The ECE that a perfectly calibrated model with these probabilities would show on so many rows.

    The truth is drawn from the suggestion's own probability; what ECE then remains is chance. The median of what is
    drawn by default; quantile=.95 is what one such model in twenty exceeds.
    """
    rng = np.random.default_rng(seed)
    top = probabilities.max(axis=1)
    bins = np.minimum((top * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    found = [
        np.abs(np.bincount(bins, weights=(rng.random(len(top)) < top) - top, minlength=ECE_BINS)).sum() / len(top)
        for _ in range(draws)
    ]
    return float(np.quantile(found, quantile))
