"""Whether what comes in is what came in before: the population stability index, and what chance makes of it.

PSI = Σ (q - p) · ln(q / p) over the bins of a feature, p and q being the shares before and now: the symmetric
Kullback-Leibler divergence (Jeffreys 1946), read as usual in credit scoring: below .1 steady, up to .25 worth a look,
above changed (Siddiqi 2006, "Credit Risk Scorecards"). These readings know no sample size. Where nothing has changed
PSI is about (1/m + 1/n) times a chi-square of k - 1 degrees of freedom (Yurdakul and Naranjo, "Statistical properties
of the population stability index", Journal of Risk Model Validation), so two hundred cases in ten bins exceed .1 by
luck. So each comes with the bound that one period in twenty exceeds where nothing has changed, from permutations of
the cases themselves; what stays below it is not called drift. Cases of one burst come together, which permutations do
not know: after one the bound is too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from cases.suggested import ScoredCase
from models.assurance import NOVEL_BELOW

Counts = npt.NDArray[np.int64]

LOOK, CHANGED = 0.1, 0.25
# Of cases in either period; fewer say nothing of a share.
FEWEST = 50
DRAWS = 1000
LEVEL = 0.95
_BINS = 10
# A cell that is empty in one period alone would make the index infinite.
_HALF = 0.5


class Reading(StrEnum):
    """What to make of an index."""

    FEW = "too few to say"
    CHANCE = "no more than chance"
    STEADY = "steady"
    LOOK = "worth a look"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Bin:
    """One value of a feature, or a range of them, and how many cases had it before and have it now."""

    label: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Drift:
    """One feature.

    Attributes:
        feature: Its name.
        bins: All that occur.
        before: How many cases of before tell it.
        now: How many of now do.
        psi: The index, at least 0; None where either period has fewer than `FEWEST` cases.
        bound: What it stays below in 95 of 100 periods in which nothing changed; None with it.
    """

    feature: str
    bins: tuple[Bin, ...]
    before: int
    now: int
    psi: float | None
    bound: float | None

    @property
    def reading(self) -> Reading:
        """In words."""
        if self.psi is None or self.bound is None:
            return Reading.FEW
        if self.psi <= self.bound:
            return Reading.CHANCE
        return Reading.STEADY if self.psi < LOOK else Reading.LOOK if self.psi <= CHANGED else Reading.CHANGED


def population_stability(before: npt.ArrayLike, now: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The index of counts in the same bins; half a case is added to each, so that an empty one stays finite.

    Args:
        before: Shape (..., k), not all 0.
        now: Shape (..., k), not all 0.

    Returns:
        Shape (...), at least 0; 0 where the shares are alike.
    """
    p, q = (_shares(np.asarray(counts, dtype=np.float64)) for counts in (before, now))
    found: npt.NDArray[np.float64] = ((q - p) * np.log(q / p)).sum(axis=-1)
    return found


def no_drift_bound(before: Counts, now: Counts, *, draws: int = DRAWS, seed: int = 0) -> float:
    """What the index stays below in 95 of 100 cases where both periods are draws of the same cases.

    Which case came when is shuffled: of all cases together as many are drawn as came now, without replacement.

    Args:
        before: Shape (k,).
        now: Shape (k,).
        draws: How many shuffles.
        seed: The same seed gives the same bound.
    """
    every = before + now
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(every, int(now.sum()), size=draws, method="marginals")
    return float(np.quantile(population_stability(every - drawn, drawn), LEVEL))


def drifts(before: Sequence[ScoredCase], now: Sequence[ScoredCase]) -> list[Drift]:
    """Each feature of the cases of two periods.

    What a model says is compared among cases that the same model scored: two models differ though nothing has
    changed. Language and length are the cases' own, whichever model scored them.

    Args:
        before: Of the period that is compared with.
        now: Of the period that ends now; the model that scored the newest of them is the one compared.
    """
    newest = max(now, key=lambda case: case.received_at, default=None)
    same, today = (
        [case for case in period if newest is not None and case.model == newest.model] for period in (before, now)
    )
    return [
        _by_value("category suggested", [case.category for case in same], [case.category for case in today]),
        _by_range("confidence", [case.confidence for case in same], [case.confidence for case in today], ".2f"),
        _by_value("tier", [case.tier for case in same], [case.tier for case in today]),
        _by_value("novelty", _novel(same), _novel(today)),
        _by_value("language", [case.language for case in before], [case.language for case in now]),
        _by_range("length of the text", _lengths(before), _lengths(now), ",.0f"),
    ]


def _novel(cases: Sequence[ScoredCase]) -> list[str]:
    told = [case.novelty_p for case in cases if case.novelty_p is not None]
    return ["novel" if p < NOVEL_BELOW else "known" for p in told]


def _lengths(cases: Sequence[ScoredCase]) -> list[float]:
    return [float(case.characters) for case in cases if case.characters is not None]


def _by_value(feature: str, before: Sequence[str], now: Sequence[str]) -> Drift:
    then, today = Counter(before), Counter(now)
    labels = sorted(then | today, key=lambda label: (-then[label] - today[label], label))
    return _drift(feature, [(label, then[label], today[label]) for label in labels])


def _by_range(feature: str, before: Sequence[float], now: Sequence[float], form: str) -> Drift:
    """Bins of about as many cases each, of both periods together: so they favour neither."""
    every = np.array([*before, *now], dtype=np.float64)
    edges = np.unique(np.quantile(every, np.arange(1, _BINS) / _BINS)) if len(every) else np.empty(0)
    names = [f"up to {edge:{form}}" for edge in edges] + [f"above {edges[-1]:{form}}" if len(edges) else "any"]
    then, today = (
        np.bincount(np.searchsorted(edges, np.asarray(values, dtype=np.float64)), minlength=len(names))
        for values in (before, now)
    )
    return _drift(feature, list(zip(names, then.tolist(), today.tolist(), strict=True)))


def _drift(feature: str, counted: Sequence[tuple[str, int, int]]) -> Drift:
    bins = tuple(Bin(*each) for each in counted if each[1] + each[2])
    then, today = (np.array(counts, dtype=np.int64) for counts in ([b.before for b in bins], [b.now for b in bins]))
    if min(then.sum(), today.sum()) < FEWEST:
        return Drift(feature, bins, int(then.sum()), int(today.sum()), None, None)
    psi, bound = float(population_stability(then, today)), no_drift_bound(then, today)
    return Drift(feature, bins, int(then.sum()), int(today.sum()), psi, bound)


def _shares(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    filled = counts + _HALF
    shares: npt.NDArray[np.float64] = filled / filled.sum(axis=-1, keepdims=True)
    return shares
