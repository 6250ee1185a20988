"""What shortlists are worth on rows whose truth is known: how often they hold it, and how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.bootstrap import Interval
from evaluation.metrics import Truth
from evaluation.wilson import wilson


@dataclass(frozen=True, slots=True)
class ShortlistCoverage:
    """How the shortlists of some rows did.

    Attributes:
        rows: How many.
        coverage: Share of rows whose list holds the truth, with its Wilson interval (95 %).
        mean_size: Categories a list, on average.
    """

    rows: int
    coverage: Interval
    mean_size: float


def shortlist_coverage(sets: Sequence[tuple[int, ...]], truth: Truth) -> ShortlistCoverage:
    """Coverage and mean size of shortlists.

    Args:
        sets: n lists of columns.
        truth: Shape (n,), the true column of each.

    Raises:
        ValueError: There are not as many lists as truths, or none.
    """
    hits = sum(int(code) in listed for code, listed in zip(truth, sets, strict=False))
    coverage = wilson(hits, len(sets)) if len(sets) == len(truth) else None
    if coverage is None:
        raise ValueError(f"'sets' must be one a row, and one at least (got {len(sets)} for {len(truth)}); match them")
    return ShortlistCoverage(len(sets), coverage, float(np.mean([len(s) for s in sets])))
