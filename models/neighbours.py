"""Nearest neighbours by cosine, exactly: of one query among very many rows, and of all rows in training.

To score 200,000 rows in a few milliseconds most of them are ruled out by an upper bound: the vectors are rotated to
their principal axes, the first of which are scored; what the rest can add is at most the product of the two remaining
lengths (Cauchy-Schwarz). Where that leaves many, more axes are scored of these, and what is left then is scored in
full. Where the bounds rule out little, as for directions that are spread evenly, the answer is as exact, and slower
than scoring all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from cases.errors import InvalidInputError

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]
NEAREST = 5
# Axes scored of all rows, and with those of what is left: of the default encoder's 384 they hold about seven tenths
# and nearly nine tenths of the squared length.
_FIRST, _AXES = 64, 128
# The axes are found on so many rows at most; any rotation would be right, this one is quick.
_SAMPLE = 20_000
# Queries whose bounds are computed in one product, and rows rotated at once.
_QUERIES, _ROTATED = 16, 20_000
# Similarities held at once in training: 64 MB.
_BLOCK = 16_000_000
# More than rounding of products in float32 can amount to, for vectors of length 1 (384 * 2**-24 = 2.3e-5, thrice).
_ROUNDING = 1e-4
# The number of threads is the process's: who sets it must be alone, or it would not be set back.
_SETTING = threading.Lock()


class NeighbourSearch:
    """Rows ready to be searched.

    Args:
        vectors: Shape (n, d), float32, of length 1 (0 for a text without words).

    Raises:
        InvalidInputError: A vector is longer than 1 or not finite.
    """

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = np.ascontiguousarray(unit_vectors(vectors), dtype=np.float32)
        self._axes = _principal_axes(self.vectors)
        self._first, self._second = _bounding(self.vectors, self._axes)

    def nearest(
        self, query: Vectors, k: int, omitted: Sequence[Sequence[int]], order: npt.NDArray[np.integer]
    ) -> Iterator[tuple[Rows, npt.NDArray[np.float64]]]:
        """The k most similar rows of each query with their similarities, best first; fewer where there are not k.

        Exactly those that scoring every row in float64 would give; an answer depends on its own query alone.

        Args:
            query: Shape (q, d), float32, of length 1 at most.
            k: ≥ 1.
            omitted: q lists of rows left out.
            order: Shape (n,): of equally similar rows the one with the smaller number comes first.

        Raises:
            InvalidInputError: A query is longer than 1 or not finite.
        """
        for start in range(0, len(query), _QUERIES):
            part = np.asarray(unit_vectors(query[start : start + _QUERIES]), dtype=np.float32)
            with _alone_on_one_thread():
                found = self._answers(part, k, omitted[start : start + len(part)], order)
            yield from found

    def _answers(
        self, part: Vectors, k: int, omitted: Sequence[Sequence[int]], order: npt.NDArray[np.integer]
    ) -> list[tuple[Rows, npt.NDArray[np.float64]]]:
        first, second = _bounding(part, self._axes)
        # At most this similar, by the two parts of Cauchy-Schwarz in one product.
        bounds = first.T @ self._first
        result = []
        for place, left_out in enumerate(omitted):
            bound, count = bounds[place], min(k, len(self.vectors) - len(set(left_out)))
            bound[list(left_out)] = -np.inf
            if count < 1:
                result.append((np.empty(0, dtype=np.intp), np.empty(0)))
                continue
            left = self._not_ruled_out(part[place], bound, (first[-1, place], second[place]), count)
            result.append(self._best(part[place], left, count, order))
        return result

    def _not_ruled_out(self, vector: Vectors, bound: Vectors, rest: tuple[np.float32, Vectors], k: int) -> Rows:
        """The rows that may be among the k best of those of finite `bound`, which are k or more.

        Args:
            vector: Shape (d,): the query.
            bound: Shape (n,): similarities by the first axes, at most.
            rest: Of the query: the length that the first axes leave, and its row of `_bounding`'s second.
            k: ≥ 1.
        """
        # The k-th best of some good ones is a floor: what cannot reach it is not among the k best of all.
        count = min(len(bound), max(4 * k, 256))
        probe = np.argpartition(bound, len(bound) - count)[len(bound) - count :]
        floor = _kth(_products(self.vectors, probe[np.isfinite(bound[probe])], vector), k) - _ROUNDING
        left = np.flatnonzero(bound >= floor)
        if len(left) > 4 * count:
            # The same bound with more axes: what the first ones left is no longer bounded as a whole.
            heads = bound[left] - rest[0] * self._first[-1, left]
            left = left[heads + _products(self._second, left, rest[1]) >= floor]
        return left

    def _best(
        self, vector: Vectors, left: Rows, k: int, order: npt.NDArray[np.integer]
    ) -> tuple[Rows, npt.NDArray[np.float64]]:
        """The k best of the rows `left`, which are k or more."""
        scores = _products(self.vectors, left, vector)
        left = left[scores >= _kth(scores, k) - _ROUNDING]
        # A sum by row does not depend on which other rows are summed: equal vectors are equally similar.
        exact = (self.vectors[left].astype(np.float64) * vector.astype(np.float64)).sum(axis=1)
        best = np.lexsort((order[left], -exact))[:k]
        return left[best], exact[best]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest rows of each query.

    Attributes:
        rows: Shape (q, k): most similar first; -1 where there are not so many.
        similarity: Shape (q, k), float64, -1..1: cosines; 0, as of an unrelated text, where there is no row.
    """

    rows: Rows
    similarity: npt.NDArray[np.float64]

    @property
    def distance(self) -> npt.NDArray[np.float64]:
        """Mean cosine distance to the k nearest, shape (q,), 0..2."""
        found: npt.NDArray[np.float64] = 1.0 - self.similarity.mean(axis=1)
        return found


def knn_distance(
    queries: Vectors,
    vectors: Vectors,
    k: int = NEAREST,
    exclude_groups: tuple[Sequence[object], Sequence[object]] | None = None,
) -> Neighbours:
    """The k nearest of many queries, a block at a time: for training, where each row is asked about.

    Args:
        queries: Shape (q, d), float32, of length 1.
        vectors: Shape (n, d), the same.
        k: ≥ 1.
        exclude_groups: The group of each query and of each row: none is a neighbour within its own group (its
            subject, near-duplicates, fold; or its own number, so as not to find itself).

    Raises:
        ValueError: The groups are not one a query and one a row.
    """
    if exclude_groups is not None and (len(exclude_groups[0]), len(exclude_groups[1])) != (
        len(queries),
        len(vectors),
    ):
        raise ValueError(
            f"'exclude_groups' must be {len(queries)} and {len(vectors)} groups (got {len(exclude_groups[0])} and "
            f"{len(exclude_groups[1])}); give one a query and one a row"
        )
    codes = None if exclude_groups is None else _group_codes(*exclude_groups)
    rows = np.full((len(queries), k), -1, dtype=np.intp)
    similarity = np.zeros((len(queries), k))
    step = max(1, _BLOCK // max(len(vectors), 1))
    for start in range(0, len(queries), step):
        scores = queries[start : start + step] @ vectors.T
        if codes is not None:
            scores[codes[0][start : start + step, None] == codes[1][None, :]] = -np.inf
        for place, row in enumerate(scores, start=start):
            best = _best_of(row, k)
            rows[place, : len(best)], similarity[place, : len(best)] = best, row[best]
    return Neighbours(rows, similarity)


def unit_vectors(vectors: Vectors) -> Vectors:
    """The vectors, once it is sure that none is longer than 1 or not finite.

    Raises:
        InvalidInputError: One is.
    """
    # A NaN compares with nothing, so this catches it, too.
    wrong = ~(np.linalg.norm(vectors, axis=1) <= 1.001)
    if wrong.any():
        raise InvalidInputError(
            f"'vectors' must be finite and of length 1 (got {wrong.sum()} that are not); give an encoder's own",
            field="vectors",
        )
    return vectors


@contextmanager
def _alone_on_one_thread() -> Iterator[None]:
    """A query is a few milliseconds of reading memory; threads that wait for each other on busy cores cost more."""
    with _SETTING, _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    # Kept, for it looks at every library that is loaded, which takes longer than a query.
    return ThreadpoolController()


def _best_of(scores: Vectors, k: int) -> Rows:
    """The k best finite ones, equal ones in order of row."""
    k = min(k, int(np.isfinite(scores).sum()))
    if not k:
        return np.empty(0, dtype=np.intp)
    left = np.flatnonzero(scores >= _kth(scores, k))
    return left[np.argsort(-scores[left], kind="stable")[:k]]


def _group_codes(of_queries: Sequence[object], of_rows: Sequence[object]) -> tuple[Rows, Rows]:
    known: dict[object, int] = {}
    both = [
        np.array([known.setdefault(g, len(known)) for g in side], dtype=np.intp) for side in (of_queries, of_rows)
    ]
    return both[0], both[1]


def _principal_axes(vectors: Vectors) -> npt.NDArray[np.float64]:
    """Shape (d, a): the orthonormal axes along which the vectors are longest, a = 128 or d."""
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)].astype(np.float64)
    _, axes = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(axes[:, ::-1][:, :_AXES])


def _bounding(vectors: Vectors, axes: npt.NDArray[np.float64]) -> tuple[Vectors, Vectors]:
    """What bounds products of the n vectors, float32.

    Returns:
        Shape (f + 1, n): each vector along the first axes and, last, the length of what these leave. Two vectors'
        columns have a product that is at least the vectors' own.
        Shape (n, a - f + 1): each vector along the other axes and, last, the length of what all axes leave: the same
        bound for the part that the first axes leave.
    """
    first_axes = min(_FIRST, axes.shape[1])
    first = np.empty((first_axes + 1, len(vectors)), dtype=np.float32)
    second = np.empty((len(vectors), axes.shape[1] - first_axes + 1), dtype=np.float32)
    for start in range(0, len(vectors), _ROTATED):
        rows = slice(start, start + _ROTATED)
        # In float64: what is left is a small difference.
        part = vectors[rows].astype(np.float64)
        head = part @ axes
        left = (part**2).sum(axis=1) - (head[:, :first_axes] ** 2).sum(axis=1)
        first[:-1, rows], first[-1, rows] = head[:, :first_axes].T, np.sqrt(np.maximum(left, 0.0))
        left -= (head[:, first_axes:] ** 2).sum(axis=1)
        second[rows, :-1], second[rows, -1] = head[:, first_axes:], np.sqrt(np.maximum(left, 0.0))
    return first, second


def _products(matrix: Vectors, rows: Rows, vector: Vectors) -> Vectors:
    # Above a quarter of the rows a pass over all of them in order is faster than gathering.
    if 4 * len(rows) > len(matrix):
        whole: Vectors = (matrix @ vector)[rows]
        return whole
    found: Vectors = matrix[rows] @ vector
    return found


def _kth(values: Vectors, k: int) -> float:
    return float(np.partition(values, len(values) - k)[len(values) - k])
