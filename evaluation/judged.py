"""Held-out rows, what is true of them and all that the judge said: what a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgedSeverity:
    """The severity's part.

    Attributes:
        levels: K levels of the policy, the most severe first.
        truth: (n,) place 0..K-1 of the decided level, -1 where none was decided.
        probabilities: (n, K) float64, rows summing to 1.
        shown: (n,) place 0..K-1 of the level that the associate is shown.
        costs: (K, K) what it costs to show the column's level where the row's is true; 0 on the diagonal.
    """

    levels: tuple[int, ...]
    truth: Places
    probabilities: Floats
    shown: Places
    costs: Floats

    def __post_init__(self) -> None:
        n, k = len(self.truth), len(self.levels)
        _check_shape("severity.probabilities", self.probabilities, (n, k))
        _check_shape("severity.shown", self.shown, (n,))
        _check_shape("severity.costs", self.costs, (k, k))
        _check_places("severity.truth", self.truth, -1, k)
        _check_places("severity.shown", self.shown, 0, k)

    @property
    def rated(self) -> Places:
        """(m,) rows whose level was decided."""
        return np.flatnonzero(self.truth >= 0)


@dataclass(frozen=True, slots=True)
class Judged:
    """Truth and answers of n held-out rows. Nothing in it was learnt from or chosen on.

    Attributes:
        labels: k categories, in the order of the columns.
        truth: (n,) place 0..k-1 of the decided category.
        probabilities: (n, k) float64, rows summing to 1.
        severity: None where the judge knows none.
        shortlists: By level (0.9: nine in ten must hold the truth), n tuples of places, likeliest first.
        tiers: n of "apply", "suggest", "abstain"; empty where the judge has none.
        novelty_p: (n,) 0..1, small = unlike all decided so far; None where the judge does not say.
        slices: By name (channel, language, ...), the value of each of the n rows.
        examples: n case ids, to be named where a row serves as an example; empty: none is named.
        texts: n case texts, shown only where the caller of a report asks for them; empty: none at hand.

    Raises:
        ValueError: A part does not have n rows, or a place is no column's.
    """

    labels: tuple[str, ...]
    truth: Places
    probabilities: Floats
    severity: JudgedSeverity | None = None
    shortlists: Mapping[float, Sequence[tuple[int, ...]]] = field(default_factory=dict)
    tiers: Sequence[str] = ()
    novelty_p: Floats | None = None
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    examples: Sequence[str] = ()
    texts: Sequence[str] = ()

    def __post_init__(self) -> None:
        n, k = len(self.truth), len(self.labels)
        if n == 0:
            raise ValueError("'truth' must hold at least one row (got 0); hold rows out first")
        _check_shape("probabilities", self.probabilities, (n, k))
        _check_places("truth", self.truth, 0, k)
        if self.severity is not None:
            _check_shape("severity.truth", self.severity.truth, (n,))
        if self.novelty_p is not None:
            _check_shape("novelty_p", self.novelty_p, (n,))
        for name, rows in self._optional_parts().items():
            if len(rows) not in {0, n}:
                raise ValueError(f"'{name}' must have {n} rows or none (got {len(rows)}); give one for each row")

    def _optional_parts(self) -> dict[str, Sequence[object]]:
        parts: dict[str, Sequence[object]] = {"tiers": self.tiers, "examples": self.examples, "texts": self.texts}
        parts |= {f"shortlists[{level}]": sets for level, sets in self.shortlists.items()}
        return parts | {f"slices[{name}]": values for name, values in self.slices.items()}

    @property
    def suggested(self) -> Places:
        """(n,) place of the likeliest category."""
        places: Places = self.probabilities.argmax(axis=1)
        return places

    @property
    def confidence(self) -> Floats:
        """(n,) probability of the likeliest category."""
        top: Floats = self.probabilities.max(axis=1)
        return top

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(n,) whether the likeliest category is the decided one."""
        hits: npt.NDArray[np.bool_] = self.suggested == self.truth
        return hits


def _check_shape(name: str, array: npt.NDArray[np.generic], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"'{name}' must be of shape {shape} (got {array.shape}); give one row for each case")


def _check_places(name: str, places: Places, lowest: int, k: int) -> None:
    if places.min(initial=lowest) < lowest or places.max(initial=lowest) >= k:
        raise ValueError(
            f"'{name}' must be {lowest}..{k - 1} (got {places.min()}..{places.max()}); give places, not levels"
        )
