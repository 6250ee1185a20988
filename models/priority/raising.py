"""How human-set rules and caution move a distribution of severity; both only ever towards the more severe."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

# A judgement that is worth nothing is not certain either: of four such cases one is as bad as this or worse.
_UPPER_QUARTILE = 0.25


def raised_severity(
    severity: Mapping[int, float], without_raises: Mapping[int, float], levels: int
) -> dict[int, float]:
    """The severity of a case to which rules apply: at least `levels` more severe than if none did, never milder.

    The model has learnt from decisions in which people had applied the rules, so it raises such a case by itself, by
    as much as they did. Raising its answer again would count a rule twice; instead its answer is held against that
    for the same case without the rules' attributes, raised, and at each level the more severe of the two counts
    (first-order stochastic dominance: the larger of the two cumulative probabilities).

    Args:
        severity: What the model says, probability per level.
        without_raises: What it says without the attributes that the rules look at.
        levels: By how many levels the rules raise, ≥ 0.
    """
    known = sorted(severity)
    plain = [severity[level] for level in known]
    lifted = raised([without_raises[level] for level in known], levels)
    reached = [max(pair) for pair in zip(accumulate(plain), accumulate(lifted), strict=True)]
    return {level: above - below for level, above, below in zip(known, reached, [0.0, *reached[:-1]], strict=True)}


def raised(masses: list[float], levels: int) -> list[float]:
    """Each level's mass moved `levels` towards 1; what is above stays at 1."""
    if levels <= 0:
        return masses
    moved = min(levels, len(masses) - 1)
    return [sum(masses[: moved + 1]), *masses[moved + 1 :], *[0.0] * moved]


def cautious(masses: list[float]) -> list[float]:
    """All mass on the upper quartile of the severity, and never on one milder than the middle level."""
    # Of four levels the third, which the default policy calls medium.
    middle = len(masses) // 2 + 1
    above = 0.0
    for level, mass in enumerate(masses, start=1):
        above += mass
        if level >= middle or above >= _UPPER_QUARTILE:
            return [1.0 if other == level else 0.0 for other in range(1, len(masses) + 1)]
    raise AssertionError(masses)  # the middle level ends the loop
