"""The place in the queue, as a pure function: expected harm prevented by looking now.

    harm per hour = Σ over levels of p(level) · harm(level)          after the human-set rules raised severity
    order key     = log2(harm) + log2(exposure) + log2(p(violation)) + floor for severity 1 + waiting

Each part is in doublings (log2 units): a case that is one unit above another holds twice the harm. Waiting enters as
the time of receipt, `- hours since 1970 / doubling_hours`: a case gains one doubling over newcomers in so many hours,
and the order of those that wait never changes by the clock alone, so no stored key is ever rewritten.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from cases.clock import as_utc
from cases.record import Attributes
from features.assemble import MAX_MAGNITUDE

# A judgement that is worth nothing is not certain either: of four such cases one is as bad as this or worse.
_UPPER_QUARTILE = 0.25


@dataclass(frozen=True, slots=True)
class Weights:
    """What the parts weigh. A policy owner may change them; each has a unit.

    Attributes:
        harm_ratio: How many times the harm of a level is that of the next milder one, > 1. Each level's harm per hour
            is this to the power of the levels below it; the mildest has 1 (arbitrary units: only ratios count).
        severity_1_floor: Doublings that a certain severity 1 gains beyond its harm, ≥ 0; in proportion to its
            probability.
        doubling_hours: Hours of waiting that weigh as much as twice the harm, > 0.
        reach_unit: People reached that double the exposure of none, > 0; ten times as many add log2(10) doublings.
        least_violation: The probability of a violation counts as at least this, in (0, 1]: a suspicion that nothing
            is wrong may lower a case and never buries it.
    """

    harm_ratio: float = 8.0
    severity_1_floor: float = 4.0
    doubling_hours: float = 12.0
    reach_unit: float = 1000.0
    least_violation: float = 0.1


@dataclass(frozen=True, slots=True)
class Priority:
    """A place in the queue.

    Attributes:
        parts: Doublings by name, in the order above; they add up to `order_key`.
        order_key: Larger = sooner.
    """

    parts: Mapping[str, float]
    order_key: float


def priority(
    severity: Mapping[int, float],
    violation: float,
    *,
    attributes: Attributes,
    received_at: datetime,
    raise_levels: int = 0,
    judged: bool = True,
    levels: int = 4,
    weights: Weights | None = None,
) -> Priority:
    """The priority of a case.

    Args:
        severity: Probability of each level 1..K, 1 the most severe; empty where no model judged.
        violation: Probability that a policy is violated, 0..1.
        attributes: Of the case; `reach` counts as exposure.
        received_at: Aware.
        raise_levels: By how many levels the human-set rules raise it, ≥ 0; they never lower.
        judged: False where the model cannot be relied on (no model, a language it has not learnt): then the upper
            quartile of the severity counts, at least the middle level, and the violation is taken for granted.
        levels: K, for cases without a distribution.
        weights: None for the defaults.

    Returns:
        The parts and their sum. More severe, all else equal, never ranks lower.
    """
    rule = weights or Weights()
    k = max(severity, default=levels)
    masses = [severity.get(level, 0.0) for level in range(1, k + 1)]
    if not judged:
        masses = _cautious(masses)
    masses = _raised(masses, raise_levels)
    harm = sum(mass * rule.harm_ratio ** (k - level) for level, mass in enumerate(masses, start=1))
    likely = max(violation, rule.least_violation) if judged else 1.0
    hours = as_utc(received_at, field="received_at").timestamp() / 3600
    parts = {
        "harm": math.log2(harm),
        "exposure": math.log2(1.0 + _reach(attributes) / rule.reach_unit),
        "violation": math.log2(likely),
        "severity_1_floor": rule.severity_1_floor * masses[0],
        "waiting": -hours / rule.doubling_hours,
    }
    return Priority(parts, sum(parts.values()))


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
    raised = _raised([without_raises[level] for level in known], levels)
    reached = [max(pair) for pair in zip(accumulate(plain), accumulate(raised), strict=True)]
    return {level: above - below for level, above, below in zip(known, reached, [0.0, *reached[:-1]], strict=True)}


def _raised(masses: list[float], levels: int) -> list[float]:
    """Each level's mass moved `levels` towards 1; what is above stays at 1."""
    if levels <= 0:
        return masses
    moved = min(levels, len(masses) - 1)
    return [sum(masses[: moved + 1]), *masses[moved + 1 :], *[0.0] * moved]


def _cautious(masses: list[float]) -> list[float]:
    """All mass on the upper quartile of the severity, and never on one milder than the middle level."""
    # Of four levels the third, which the default policy calls medium.
    middle = len(masses) // 2 + 1
    above = 0.0
    for level, mass in enumerate(masses, start=1):
        above += mass
        if level >= middle or above >= _UPPER_QUARTILE:
            return [1.0 if other == level else 0.0 for other in range(1, len(masses) + 1)]
    raise AssertionError(masses)  # the middle level ends the loop


def _reach(attributes: Attributes) -> float:
    reach = attributes.get("reach", 0.0)
    # An integer may be too large for a float, so it is compared before it is made one.
    if isinstance(reach, str) or not 0.0 <= reach < math.inf:
        return 0.0
    return float(min(reach, MAX_MAGNITUDE))
