"""The interval of a share that was counted: hits of n."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from evaluation.bootstrap import LEVEL, Interval

_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


def wilson(hits: int, n: int) -> Interval | None:
    """The share hits / n with its 95 % score interval (Wilson 1927); None where nothing was counted.

    Unlike the bootstrap's it stays honest at 0 of n and n of n, which small classes and slices show.

    Raises:
        ValueError: `hits` is not 0..n.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"'hits' must be 0..{n} (got {hits}); count the rows of the same group")
    if n == 0:
        return None
    share, z2 = hits / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the bound is 0 or 1 exactly, which rounding may miss.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == n else min(1.0, middle + half)
    return Interval(share, low, high)
