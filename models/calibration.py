"""Probabilities that mean what they say: one temperature, fitted on logits of cases that the model had not seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Logits = npt.NDArray[np.floating]
Codes = npt.NDArray[np.integer]

# Of ln T. Beyond e±3 = 0.05..20 the model is either certain or guessing, and nothing is gained.
_RANGE = (-3.0, 3.0)


def fit_temperature(logits: Logits, codes: Codes) -> float:
    """The T > 0 that makes softmax(logits / T) most likely (Guo et al. 2017, section 4.2; arXiv:1706.04599).

    Args:
        logits: Shape (n, k), of rows that the model was not fitted on: on its own training rows it is always too
            sure of itself, and T would come out too small.
        codes: Shape (n,), the true column of each row.
    """
    result = minimize_scalar(
        lambda log_t: float(row_losses(logits, codes, np.exp(log_t)).mean()),
        bounds=_RANGE,
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(result.x))


def row_losses(logits: Logits, codes: Codes, temperature: float) -> npt.NDArray[np.float64]:
    """-ln p of each row's true class at a temperature, shape (n,), nats."""
    log_p = log_softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1)
    losses: npt.NDArray[np.float64] = -log_p[np.arange(len(codes)), codes]
    return losses


def probabilities(logits: Logits, temperature: float = 1.0) -> npt.NDArray[np.float64]:
    """softmax(logits / temperature), shape (n, k), float64; each row sums to 1."""
    result: npt.NDArray[np.float64] = np.exp(log_softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1))
    result /= result.sum(axis=1, keepdims=True)
    return result
