"""Whether the judge is as good everywhere: its accuracy by channel, language, length and whatever else a row has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.bootstrap import Interval
from evaluation.wilson import wilson


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows that have one value.

    Attributes:
        value: What they have in common.
        n: How many.
        accuracy: With its Wilson interval.
        confidence: Mean probability of their suggestions; far above the accuracy, the judge is too sure here.
        below: Whether the whole interval lies below the interval of all rows: luck does not explain it.
    """

    value: str
    n: int
    accuracy: Interval
    confidence: float
    below: bool


def slices(values: Sequence[str], right: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float64]) -> list[Slice]:
    """One for each value, the most frequent first; equally frequent ones in the order of their names.

    With many slices some lie low by luck alone: a flag says where to look, it is no finding.

    Args:
        values: n values, one for each row, n ≥ 1.
        right: (n,) whether the suggestion was right.
        confidence: (n,) its probability.
    """
    whole = wilson(int(right.sum()), len(right))
    names, codes = np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)
    found = []
    for code, name in enumerate(names):
        rows = codes == code
        accuracy = wilson(int(right[rows].sum()), int(rows.sum()))
        # Both are of at least one row; the type cannot say so.
        if accuracy is not None and whole is not None:
            sure = float(confidence[rows].mean())
            found.append(Slice(str(name), int(rows.sum()), accuracy, sure, below=accuracy.high < whole.low))
    return sorted(found, key=lambda each: (-each.n, each.value))
