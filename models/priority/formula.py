"""The place in the queue, as a pure function: expected harm prevented by an hour of work, now.

    order key = harm + doubt + exposure + violation + handling + deadline + sla + random lane + floor + waiting

    harm       log2 of Σ over levels of p(level) · harm per hour(level), after the human-set rules raised severity
    doubt      log2 of what the same sum grows by when the cumulative p(level ≤ l) are raised to a power ≤ 1
    exposure   log2 of (1 + reach / unit) · minors · imminence
    violation  log2 of the probability that a policy is violated, at least a least
    handling   - log2 of expected handling minutes over the usual ones
    deadline   log2 of its factor once the deadline is near
    sla        log2 of its factor while nobody has touched the case and its time to first touch runs out
    lane       what lifts a case that ranks by lot to the place drawn for it; it lowers none
    floor      a constant beyond all of these from a probability of severity 1 on: such cases go first
    waiting    - hours since 1970 / doubling hours

Each part is in doublings (log2 units), so they add up where factors multiply. Harm per hour times its probability
over the handling time is the cμ index, which is optimal where harm grows evenly with waiting (Cox & Smith 1961,
Queues; van Mieghem 1995, https://doi.org/10.1214/aoap/1177004706, where it grows faster: his index is c'(wait)·μ, and
`waiting`, `sla` and `deadline` stand for the growth). Doubt is Wang's distortion of the severity's distribution
(1996, https://doi.org/10.2143/AST.26.1.563234): it never ranks a more severe distribution lower, as adding a standard
deviation would.

Waiting enters as the time of receipt: a case gains on newcomers, and the order of those that wait never changes by
the clock alone, so no stored key is rewritten as time passes. Only `deadline` and `sla` begin at a moment, each once
in a case's life; `Priority.changes_at` says when.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cases.clock import as_utc
from cases.record import Attributes
from features.assemble import MAX_MAGNITUDE
from models.priority.raising import cautious, raised
from models.priority.weights import Weights

# Doublings beyond what all other parts together come to: hours since 1970 stay below 10^6 until the year 2084.
FLOOR = 1_000_000.0
# A case by lot is lifted to somewhere between the mildest harm and that of this level.
_LANE_REACHES = 2


@dataclass(frozen=True, slots=True)
class CaseToRank:
    """What the place of a case follows from.

    Attributes:
        severity: Probability of each level 1..K, 1 the most severe; empty where no model judged.
        violation: Probability that a policy is violated, 0..1.
        received_at: Aware.
        attributes: Of the case: `reach`, `minor_involved`, `imminent` and `deadline_at` (ISO 8601) count.
        raise_levels: By how many levels the human-set rules raise it, ≥ 0; they never lower.
        judged: False where the model cannot be relied on (no model, a language it has not learnt): then the upper
            quartile of the severity counts, at least the middle level, and the violation is taken for granted.
        levels: K, for cases without a distribution.
        minutes: Expected handling time; None for the usual one.
        due_at: Aware: by when somebody must have touched it; None where somebody has, or no time is set.
        lot: The case's lot, in [0, 1) (`lane.lot_of`); None where cases do not rank by lot.
    """

    severity: Mapping[int, float]
    violation: float
    received_at: datetime
    attributes: Attributes = field(default_factory=dict)
    raise_levels: int = 0
    judged: bool = True
    levels: int = 4
    minutes: float | None = None
    due_at: datetime | None = None
    lot: float | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """A place in the queue.

    Attributes:
        parts: Doublings by name, in the order above; they add up to `order_key`.
        order_key: Larger = sooner.
        changes_at: When the key must be computed again because a deadline comes near or an SLA runs out; None: never.
        by_lot: Whether the case ranks by lot.
        propensity: The probability with which it came to rank as it does, by lot or not; 1 without a lot.
    """

    parts: Mapping[str, float]
    order_key: float
    changes_at: datetime | None = None
    by_lot: bool = False
    propensity: float = 1.0


def priority(case: CaseToRank, weights: Weights, *, at: datetime | None = None) -> Priority:
    """The priority of a case at a moment; None for the moment of its receipt.

    Returns:
        The parts and their sum. More severe, all else equal and due no later, never ranks lower.

    Raises:
        InvalidInputError: A time carries no zone.
    """
    received, now = as_utc(case.received_at, field="received_at"), as_utc(at or case.received_at, field="at")
    masses = _masses(case)
    harms = weights.harms(len(masses))
    harm = sum(mass * worth for mass, worth in zip(masses, harms, strict=True))
    violation = max(case.violation, weights.least_violation) if case.judged else 1.0
    nearing = _moments(case, received, weights)
    is_near = {name for name, moment in nearing.items() if moment <= now}
    parts = {
        "harm": math.log2(harm),
        "doubt": math.log2(_distorted(masses, harms, weights.doubt) / harm),
        "exposure": math.log2(_exposure(case.attributes, weights)),
        "violation": math.log2(violation),
        "handling": -math.log2(max(case.minutes or weights.minutes, weights.least_minutes) / weights.minutes),
        "deadline": math.log2(weights.deadline) if "deadline" in is_near else 0.0,
        "sla": math.log2(weights.sla_factor) if "sla" in is_near else 0.0,
    }
    share = weights.random_lane
    by_lot = case.lot is not None and case.lot < share
    parts["random_lane"] = _lift(case.lot / share, parts, harms) if by_lot and case.lot is not None else 0.0
    # Rounded, so that the sum of what a rule raised is not short of the threshold by its last digit.
    parts["severity_1_floor"] = FLOOR if round(masses[0], 9) >= weights.severity_1_at_least else 0.0
    parts["waiting"] = _waiting(received, weights)
    propensity = 1.0 if case.lot is None else share if by_lot else 1.0 - share
    changes_at = min((moment for moment in nearing.values() if moment > now), default=None)
    return Priority(parts, sum(parts.values()), changes_at, by_lot, propensity)


def violation_of(category: Mapping[str, float], harmless: frozenset[str]) -> float:
    """The probability that a policy is violated, 0..1.

    Args:
        category: Probability by category id.
        harmless: `Taxonomy.harmless`.
    """
    return min(1.0, max(0.0, sum(chance for name, chance in category.items() if name not in harmless)))


def by_hand(name: str, *, received_at: datetime, weights: Weights) -> Priority:
    """The priority that a person gave a case by name: nothing of the model's counts, and nothing changes it.

    Args:
        name: One of `weights.by_hand`.
        received_at: Aware: of two cases under one name the older is sooner.
        weights: They say what the name stands for.
    """
    received = as_utc(received_at, field="received_at")
    parts = {"by_hand": weights.by_hand[name], "waiting": _waiting(received, weights)}
    return Priority(parts, sum(parts.values()))


def _masses(case: CaseToRank) -> list[float]:
    k = max(case.severity, default=case.levels)
    masses = [case.severity.get(level, 0.0) for level in range(1, k + 1)]
    return raised(masses if case.judged else cautious(masses), case.raise_levels)


def _waiting(received: datetime, weights: Weights) -> float:
    return -received.timestamp() / 3600 / weights.doubling_hours


def _distorted(masses: list[float], harms: list[float], exponent: float) -> float:
    """The harm expected when each cumulative probability is raised to `exponent`."""
    reached = before = found = 0.0
    for mass, harm in zip(masses, harms, strict=True):
        reached += mass
        # Rounding may carry the sum a hair beyond 1.
        upto = min(reached, 1.0) ** exponent
        found += (upto - before) * harm
        before = upto
    return found


def _exposure(attributes: Attributes, rule: Weights) -> float:
    factor = 1.0 + _reach(attributes) / rule.reach_unit
    if attributes.get("minor_involved") is True:
        factor *= rule.minor_involved
    if attributes.get("imminent") is True:
        factor *= rule.imminent
    return factor


def _moments(case: CaseToRank, received: datetime, rule: Weights) -> dict[str, datetime]:
    """From when on the deadline and the SLA count."""
    found = {}
    deadline = told_time(case.attributes.get("deadline_at"))
    if deadline is not None and rule.deadline > 1.0:
        # A null date of other systems is the first that there is.
        with contextlib.suppress(OverflowError):
            found["deadline"] = (deadline - timedelta(hours=rule.deadline_hours)).astimezone(UTC)
    if case.due_at is not None and rule.sla_factor > 1.0:
        found["sla"] = received + rule.sla_share * (as_utc(case.due_at, field="due_at") - received)
    return found


def told_time(value: object) -> datetime | None:
    """An attribute as an aware time; what is none, or has no zone, says nothing."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _lift(fraction: float, parts: Mapping[str, float], harms: list[float]) -> float:
    """What takes the parts so far to the place drawn; nothing where they stand higher."""
    low, high = math.log2(harms[-1]), math.log2(harms[min(_LANE_REACHES, len(harms)) - 1])
    return max(0.0, low + fraction * (high - low) - sum(parts.values()))


def _reach(attributes: Attributes) -> float:
    reach = attributes.get("reach", 0.0)
    # An integer may be too large for a float, so it is compared before it is made one.
    if isinstance(reach, str) or not 0.0 <= reach < math.inf:
        return 0.0
    return float(min(reach, MAX_MAGNITUDE))
