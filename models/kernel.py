"""Inner products of rows: what turns a fit on a hundred thousand columns into one on as many columns as rows.

With fewer rows than columns, the weights of a regularised linear model lie in the span of the rows (the representer
theorem; Schölkopf, Herbrich and Smola 2001), so a matrix L with L Lᵀ = X Xᵀ gives the same model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import cholesky

from models.blocks import Blocks

Matrix = npt.NDArray[np.float64]

# Relative to the mean diagonal: keeps the factor real where two rows are equal, far below what a model can see.
_RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Gram:
    """Inner products of rows, one matrix of shape (rows, columns) per block, so that any mix of weights is a sum."""

    lexical: Matrix
    signals: Matrix
    dense: Matrix

    def mixed(self, lexical_weight: float, dense_weight: float) -> Matrix:
        """X Xᵀ of the design matrix that `Blocks.weighted` would make, float64."""
        return self.lexical * lexical_weight**2 + self.signals + self.dense * dense_weight**2


def gram(rows: Blocks, columns: Blocks) -> Gram:
    """The inner product of each of `rows` with each of `columns`."""
    return Gram(
        products(rows.lexical, columns.lexical),
        products(rows.signals, columns.signals),
        rows.dense.astype(np.float64) @ columns.dense.T.astype(np.float64),
    )


def products(rows: sparse.csr_matrix, columns: sparse.csr_matrix) -> Matrix:
    """The same for one block: rows @ columnsᵀ, dense."""
    # In double precision: rounding in single would be of the ridge's size, and the factor might not exist.
    found: Matrix = (rows.astype(np.float64) @ columns.astype(np.float64).T).toarray()
    return found


def factor(inner: Matrix) -> Matrix:
    """Lower-triangular L with L Lᵀ = `inner`, shape (n, n), but for a ridge on the diagonal."""
    matrix = inner.copy()
    ridge = _RIDGE * max(float(np.trace(matrix)) / len(matrix), 1e-3)
    matrix[np.diag_indices_from(matrix)] += ridge
    lower: Matrix = cholesky(matrix, lower=True, overwrite_a=True)
    return lower
