"""Which cases a model learns from and which it is measured on.

By default the newest fifth is held out, because a model will judge tomorrow's cases. Cases of one subject and near-
duplicates are one group: a held-out case with a group member among those learnt from is set aside, as it would only
show that the model remembers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cases.errors import InvalidInputError

TEST_SHARE = 0.2
NEAR_DUPLICATE = 0.95
"""Cosine from which two texts count as one. The corpus test refuses .92; real streams repeat themselves more."""

_BLOCK = 2048
_MINIMUM = 20

Part = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a snapshot's rows.

    Attributes:
        part: "train", "test" or "aside" for each row.
        how: "time", "prescribed", "champion" or "random".
        groups: (n,) group of each row; rows of one group never face each other in cross-validation.
    """

    part: Part
    how: str
    groups: npt.NDArray[np.int64]

    def rows(self, part: str) -> npt.NDArray[np.intp]:
        """The places of the rows of a part, ascending."""
        return np.flatnonzero(self.part == part)


def groups_of(subjects: Collection[str], vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Group numbers: rows that share a subject, or whose unit vectors' cosine is `NEAR_DUPLICATE` or more.

    Args:
        subjects: n keys.
        vectors: (n, d) float32, unit length.

    Returns:
        (n,) int64; members of a group, direct or by a chain, share its number.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(vectors)
    first_of_subject = pd.factorize(pd.Series(list(subjects)))[0]
    first_row = {int(code): row for row, code in reversed(list(enumerate(first_of_subject)))}
    left = [np.arange(size)]
    right = [np.array([first_row[int(code)] for code in first_of_subject], dtype=np.int64)]
    for start in range(0, size, _BLOCK):
        near_left, near_right = np.nonzero(vectors[start : start + _BLOCK] @ vectors.T >= NEAR_DUPLICATE)
        left.append(near_left + start)
        right.append(near_right)
    rows, columns = np.concatenate(left), np.concatenate(right)
    links = coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    groups: npt.NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return groups


def split(
    rows: pd.DataFrame,
    groups: npt.NDArray[np.int64],
    *,
    held_out: Collection[str] | None = None,
    seed: int = 0,
) -> Split:
    """The default split: as the table prescribes; else the champion's held-out cases; else by time; else random.

    Args:
        rows: A snapshot's rows.
        groups: (n,) from `groups_of`.
        held_out: Ids of cases to hold out again, so that a challenger that learns from all that is new is measured on
            the rows that its champion was measured on. None: hold out the newest.
        seed: For the random split of a table that has neither split nor times.

    Raises:
        InvalidInputError: A part would be too small to learn from or to measure with.
    """
    if (rows["split"] != "").all():
        # Official parts are taken as they are, so that figures can be compared with others' on the same parts.
        part = rows["split"].to_numpy(dtype=np.str_)
        return _checked(Split(part, "prescribed", groups))
    if held_out is not None:
        test = rows["case_id"].isin(list(held_out)).to_numpy()
        return _checked(Split(_set_aside(test, groups, keep_train=False), "champion", groups))
    if rows["received_at"].notna().all():
        order = np.argsort(rows["received_at"].to_numpy(), kind="stable")
        test = np.zeros(len(rows), dtype=bool)
        test[order[len(rows) - _test_size(rows) :]] = True
        return _checked(Split(_set_aside(test, groups, keep_train=True), "time", groups))
    return random_split(rows, groups, seed=seed)


def random_split(rows: pd.DataFrame, groups: npt.NDArray[np.int64], *, seed: int = 0) -> Split:
    """Whole groups drawn at random until a fifth of the rows is held out: what many would report, and too kind."""
    sizes = np.bincount(groups)
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    enough = np.cumsum(sizes[drawn]) <= _test_size(rows)
    test = np.isin(groups, drawn[enough])
    return _checked(Split(np.where(test, "test", "train"), "random", groups))


def _test_size(rows: pd.DataFrame) -> int:
    return max(1, round(len(rows) * TEST_SHARE))


def _set_aside(test: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64], *, keep_train: bool) -> Part:
    """Rows whose group stands on both sides leave the side that matters less.

    With a fresh split the later row would only be remembered, so it leaves the test. With the champion's rows held
    out again the test must stay the same rows, so it is the training row that leaves.
    """
    both = np.intersect1d(groups[test], groups[~test])
    straddles = np.isin(groups, both)
    part = np.where(test, "test", "train").astype("<U5")
    part[straddles & (test if keep_train else ~test)] = "aside"
    return part


def _checked(result: Split) -> Split:
    for part in ("train", "test"):
        size = len(result.rows(part))
        if size < _MINIMUM:
            raise InvalidInputError(
                f"'{part}' part must hold at least {_MINIMUM} cases (got {size} by the {result.how} split); "
                "import or decide more cases"
            )
    return result
