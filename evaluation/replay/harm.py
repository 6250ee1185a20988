"""What undecided cases do: the world's own account, which no order but a clairvoyant one sees.

Harm is counted from receipt to decision, in **harm-hours**: what a case of the mildest level with nobody else exposed
does in an hour. With h the true level's harm per hour times the true exposure (0 where no policy is violated), t the
hours since receipt and S the true level's time to first touch, the rate at t is

    linear      h
    step        h, and 2h once t > S
    quadratic   h · t / S
    deadline    h, and h · factor from some hours before the case's deadline on

Only the first is what the cμ rule is optimal for. The others ask whether an order holds where harm grows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from cases.taxonomy import Taxonomy
from evaluation.replay.case import SimulatedCase, hours_of
from evaluation.replay.orders import Exposures
from models.priority import Weights, told_time

Floats = npt.NDArray[np.float64]

# The accounts' names, as commands, reports and answers have them.
LINEAR, STEP, QUADRATIC, DATED = "linear", "step", "quadratic", "deadline"

_HOUR = timedelta(hours=1)


class World:
    """What is true of harm.

    Args:
        weights: Of these `harm_per_hour`, the exposures and the deadline's two are the truth; the rest says nothing.
        taxonomy: Its times to first touch are what harm grows by.
    """

    def __init__(self, weights: Weights, taxonomy: Taxonomy) -> None:
        self.weights, self.taxonomy = weights, taxonomy
        self.harms = weights.harms(len(taxonomy.levels))
        self._exposures = Exposures(weights)

    def rate(self, case: SimulatedCase) -> float:
        """Harm per hour, before it grows."""
        if not case.truth.violation:
            return 0.0
        return self.harms[case.truth.severity - 1] * self._exposures.of(case.known.attributes)

    def first_touch(self, case: SimulatedCase) -> float:
        """Hours within which somebody should have taken it."""
        return self.taxonomy.severity_levels[case.truth.severity - 1].first_touch / _HOUR

    def nearing(self, case: SimulatedCase) -> float:
        """From when on its deadline counts, hours since `START`; infinite without one."""
        deadline = told_time(case.known.attributes.get("deadline_at"))
        if deadline is None:
            return float("inf")
        return hours_of(deadline) - self.weights.deadline_hours


@dataclass(frozen=True, slots=True)
class Stakes:
    """What n cases do.

    Attributes:
        level: Shape (n,): the true level.
        worth: Shape (n,): harm per hour of that level alone.
        rate: Shape (n,): with exposure, 0 where nothing is violated.
        first_touch: Shape (n,), hours, above 0.
        nearing: Shape (n,): hours after receipt, at least 0; infinite without a deadline.
        factor: Of the deadline.
    """

    level: npt.NDArray[np.int64]
    worth: Floats
    rate: Floats
    first_touch: Floats
    nearing: Floats
    factor: float

    @classmethod
    def of(cls, cases: Sequence[SimulatedCase], world: World) -> Stakes:
        """The stakes of cases in a world."""
        level = np.array([case.truth.severity for case in cases], dtype=np.int64)
        received = np.array([case.known.received for case in cases], dtype=np.float64)
        return cls(
            level,
            np.array(world.harms, dtype=np.float64)[level - 1],
            np.array([world.rate(case) for case in cases], dtype=np.float64),
            np.array([world.first_touch(case) for case in cases], dtype=np.float64),
            np.maximum(np.array([world.nearing(case) for case in cases], dtype=np.float64) - received, 0.0),
            world.weights.deadline,
        )


Account = Callable[[Stakes, Floats], Floats]


def linear(stakes: Stakes, hours: Floats) -> Floats:
    """Harm of each case that was undecided for so many hours."""
    return stakes.rate * hours


def step(stakes: Stakes, hours: Floats) -> Floats:
    """As `linear`, twice as fast once the time to first touch is over."""
    return stakes.rate * (hours + np.maximum(hours - stakes.first_touch, 0.0))


def quadratic(stakes: Stakes, hours: Floats) -> Floats:
    """The rate grows evenly and is that of `linear` at the time to first touch."""
    return stakes.rate * hours**2 / (2 * stakes.first_touch)


def deadline(stakes: Stakes, hours: Floats) -> Floats:
    """As `linear`, `factor` times as fast once a deadline is near."""
    return stakes.rate * (hours + (stakes.factor - 1.0) * np.maximum(hours - stakes.nearing, 0.0))


ACCOUNTS: Mapping[str, Account] = {LINEAR: linear, STEP: step, QUADRATIC: quadratic, DATED: deadline}
# `DATED` is of streams in which cases carry deadlines, the others are of streams without any.
UNDATED = tuple(name for name in ACCOUNTS if name != DATED)
