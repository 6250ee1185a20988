"""What shortlists are worth on rows whose truth is known: how often they hold it, and how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evaluation.bootstrap import LEVEL, Interval
from evaluation.metrics import Truth

# The normal distribution's 97.5th percentile for a level of .95.
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


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
    if len(sets) != len(truth) or not sets:
        raise ValueError(f"'sets' must be one a row, and one at least (got {len(sets)} for {len(truth)}); match them")
    hits = sum(int(code) in listed for code, listed in zip(truth, sets, strict=True))
    return ShortlistCoverage(len(sets), wilson_interval(hits, len(sets)), float(np.mean([len(s) for s in sets])))


def wilson_interval(hits: int, rows: int) -> Interval:
    """A share that was counted, with its 95 % score interval (Wilson 1927); 0 within 0..1 of no row.

    Unlike the bootstrap's it stays honest at 0 of n and n of n, which small classes and slices show.

    Raises:
        ValueError: `hits` is not 0..rows.
    """
    if not 0 <= hits <= rows:
        raise ValueError(f"'hits' must be 0..{rows} (got {hits}); count the rows of the same group")
    if not rows:
        return Interval(0.0, 0.0, 1.0)
    share, spread = hits / rows, _Z**2 / rows
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * (share * (1 - share) / rows + spread / (4 * rows)) ** 0.5
    # At the ends the bound is 0 or 1 exactly, which rounding may miss.
    return Interval(share, max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < rows else 1.0)
