"""What the parts of a priority weigh: data of the policy owner, checked when they are made."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from types import MappingProxyType

from cases.errors import InvalidInputError

# So many cases by lot cost little; beyond a tenth the order is no order.
MOST_BY_LOT = 0.1


@dataclass(frozen=True, slots=True)
class Weights:
    """What the parts weigh; the defaults are those of `weights.yaml`, which says each with its unit.

    Attributes:
        harm_per_hour: By severity level 1..K, above 0, falling: harm done by an hour of waiting; only ratios count.
        severity_1_at_least: In (0, 1]: from this probability of severity 1 on, a case goes before all others.
        doubt: In (0, 1]: the exponent of the distortion (see `formula`); 1 ignores doubt about severity.
        least_violation: In (0, 1].
        reach_unit: People, above 0, that double the harm.
        minor_involved: Factor, at least 1.
        imminent: Factor, at least 1.
        deadline: Factor, at least 1, from `deadline_hours` before the deadline on.
        deadline_hours: At least 0.
        sla_factor: At least 1, for an untouched case from `sla_share` of its time to first touch on.
        sla_share: In [0, 1].
        doubling_hours: Above 0: so long a wait weighs as much as twice the harm.
        minutes: Above 0: what a case takes where its category has taught nothing.
        least_minutes: Above 0.
        random_lane: In [0, 0.1]: the share of cases that rank by lot.
        by_hand: Doublings of the names under which people rank cases.
    """

    harm_per_hour: Mapping[int, float] = field(
        default_factory=lambda: MappingProxyType({1: 512.0, 2: 64.0, 3: 8.0, 4: 1.0})
    )
    severity_1_at_least: float = 0.5
    doubt: float = 0.95
    least_violation: float = 0.1
    reach_unit: float = 1000.0
    minor_involved: float = 2.0
    imminent: float = 4.0
    deadline: float = 4.0
    deadline_hours: float = 24.0
    sla_factor: float = 1.0
    sla_share: float = 0.75
    doubling_hours: float = 96.0
    minutes: float = 10.0
    least_minutes: float = 1.0
    random_lane: float = 0.02
    by_hand: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"first": 2_000_000.0, "high": 12.0, "normal": 6.0, "low": 0.0})
    )

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            # Open below: nothing that divides, or is taken a logarithm of, may be zero.
            if not (low < value or (low == value and name in _FROM_ITS_LEAST)) or not value <= high:
                raise InvalidInputError(_outside(name, value, low, high), field=name)
        self._check_harm()
        self._check_by_hand()

    @property
    def digest(self) -> str:
        """What tells these weights from others, whatever is written around them: 16 hexadecimal digits."""
        told = json.dumps(
            {each.name: getattr(self, each.name) for each in fields(self)}, sort_keys=True, default=dict
        )
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def harms(self, levels: int) -> list[float]:
        """Harm per hour of levels 1..`levels`.

        Where a policy has another number of levels than the weights name, they go in even ratios from the most
        severe to the mildest.
        """
        named = [self.harm_per_hour[level] for level in sorted(self.harm_per_hour)]
        if len(named) == levels:
            return named
        if levels == 1:
            return named[:1]
        ratio = (named[0] / named[-1]) ** (1 / (levels - 1))
        return [named[-1] * ratio ** (levels - level) for level in range(1, levels + 1)]

    def _check_by_hand(self) -> None:
        for name, doublings in self.by_hand.items():
            if not _CODE.fullmatch(name) or not math.isfinite(doublings):
                raise InvalidInputError(
                    f"'by_hand' must name finite doublings by lower-case codes (got {name!r}: {doublings:g}); "
                    "correct it",
                    field="by_hand",
                )

    def _check_harm(self) -> None:
        levels = sorted(self.harm_per_hour)
        harms = [self.harm_per_hour[level] for level in levels]
        if levels != list(range(1, len(levels) + 1)) or len(levels) < 2:
            raise InvalidInputError(
                f"'harm_per_hour' must name levels 1, 2, … (got {', '.join(map(str, levels)) or 'none'}); "
                "name each level of the policy",
                field="harm_per_hour",
            )
        falling = all(worse > milder for worse, milder in pairwise(harms))
        if not (falling and harms[-1] > 0 and math.isfinite(harms[0])):
            raise InvalidInputError(
                f"'harm_per_hour' must be above 0 and fall from each level to the next milder one (got {harms}); "
                "1 is the most severe",
                field="harm_per_hour",
            )


_CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,99}")

_RANGES = (
    ("severity_1_at_least", 0.0, 1.0),
    ("doubt", 0.0, 1.0),
    ("least_violation", 0.0, 1.0),
    ("reach_unit", 0.0, 1e12),
    ("minor_involved", 1.0, 1e6),
    ("imminent", 1.0, 1e6),
    ("deadline", 1.0, 1e6),
    ("deadline_hours", 0.0, 1e6),
    ("sla_factor", 1.0, 1e6),
    ("sla_share", 0.0, 1.0),
    ("doubling_hours", 0.0, 1e9),
    ("minutes", 0.0, 1e6),
    ("least_minutes", 0.0, 1e6),
    ("random_lane", 0.0, MOST_BY_LOT),
)
_FROM_ITS_LEAST = frozenset(
    {"minor_involved", "imminent", "deadline", "deadline_hours", "sla_factor", "sla_share", "random_lane"}
)


def _outside(name: str, value: float, low: float, high: float) -> str:
    above = "from" if name in _FROM_ITS_LEAST else "above"
    return f"{name!r} must be {above} {low:g} and at most {high:g} (got {value:g}); correct it"
