"""Several models as one: a weighted sum of their logits, fitted on rows that none of them had seen.

    logits = Σ over members of w · logits of the member,  w ≥ 0

In probabilities that is a log-linear pool (Genest and Zidek 1986): the normalisers of the
members cancel in the softmax. A pool of linear models is itself one linear model, so nothing more is stored, served
or explained than without it. The weights minimise the log loss of out-of-fold logits, which is convex in them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Logits = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]

# Draws weights to zero by next to nothing: without it two members that say the same could share a weight anyhow.
_RIDGE = 1e-4
# A member that moves no logit by a hundredth of its own is left out.
_SMALLEST = 0.01


def fit_pool(members: Mapping[str, Logits], codes: Codes) -> dict[str, float]:
    """The weight of each member, ≥ 0; 0 where it adds nothing.

    Args:
        members: Out-of-fold logits by name, each of shape (m, k).
        codes: Shape (m,), the true column of each row.
    """
    stack = np.stack([np.asarray(logits, dtype=np.float64) for logits in members.values()])
    # Scaled to a standard deviation of 1 within rows, so that the optimiser sees members of one size.
    scales = np.array([max(float((z - z.mean(axis=1, keepdims=True)).std()), 1e-9) for z in stack])
    stack = stack / scales[:, None, None]
    rows = np.arange(len(codes))

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        z = np.tensordot(weights, stack, axes=1)
        value = float(-log_softmax(z, axis=1)[rows, codes].mean()) + _RIDGE * float(weights @ weights)
        off = softmax(z, axis=1)
        off[rows, codes] -= 1.0
        slope = np.einsum("mnk,nk->m", stack, off) / len(codes) + 2 * _RIDGE * weights
        return value, slope

    start = np.full(len(stack), 1.0 / len(stack))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(stack))
    kept = np.where(found.x >= _SMALLEST * max(float(found.x.max()), 1e-9), found.x, 0.0)
    return {name: float(weight) for name, weight in zip(members, kept / scales, strict=True)}


def pooled(members: Mapping[str, Logits], weights: Mapping[str, float]) -> Logits:
    """The pool's logits, shape (m, k)."""
    parts = [weights[name] * logits for name, logits in members.items() if weights.get(name, 0.0) > 0]
    total: Logits = np.sum(parts, axis=0, dtype=np.float64)
    return total
