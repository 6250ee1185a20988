"""The orders that know the truth: the end of the scale that other orders are read on.

Where harm is linear, the true rate over the true minutes is the cμ rule: one person who cannot stop half-way and
does not see what will come cannot beat it on average (Cox & Smith 1961). Where harm grows, the rule's generalisation
takes the rate at the case's age (van Mieghem 1995), which is best in heavy traffic only; so several orders are named
for each account, and the one that does least harm over all seeds is the clairvoyant one. It is the end of a scale,
not a bound: somebody who also knew which cases will come could do a little better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evaluation.replay.case import SimulatedCase
from evaluation.replay.harm import DATED, LINEAR, QUADRATIC, STEP, World
from evaluation.replay.orders import ClairvoyantOrder, GrowingOrder

TruthOrder = ClairvoyantOrder | GrowingOrder


class TrueCMu(ClairvoyantOrder):
    """The true rate at receipt over the true minutes."""

    name = "true cμ"

    def __init__(self, world: World) -> None:
        self._world = world

    def _key(self, case: SimulatedCase) -> float:
        return self._world.rate(case) / case.truth.minutes


class TrueStep(TrueCMu):
    """The same, doubled once the true level's time to first touch is over."""

    name = "true cμ, doubled after its time"

    def _rise(self, case: SimulatedCase) -> tuple[float, float]:
        return case.known.received + self._world.first_touch(case), 2.0


class TrueDeadline(TrueCMu):
    """The same, times the factor once the deadline is near."""

    name = "true cμ, raised near its deadline"

    def _rise(self, case: SimulatedCase) -> tuple[float, float]:
        return self._world.nearing(case), self._world.weights.deadline


class TrueFirstGrowth(TrueCMu):
    """How fast quadratic harm grows over the true minutes, whatever the age."""

    name = "true growth over minutes"

    def _key(self, case: SimulatedCase) -> float:
        return self._world.rate(case) / self._world.first_touch(case) / case.truth.minutes


class TrueGrowth(GrowingOrder):
    """The true rate of quadratic harm, which grows all the time, over the true minutes."""

    name = "true generalised cμ"

    def __init__(self, world: World) -> None:
        self._world = world

    def slope(self, case: SimulatedCase) -> float:
        """How fast that rate grows, over the minutes."""
        return self._world.rate(case) / self._world.first_touch(case) / case.truth.minutes


CLAIRVOYANT: Mapping[str, tuple[Callable[[World], TruthOrder], ...]] = {
    LINEAR: (TrueCMu,),
    STEP: (TrueCMu, TrueStep),
    QUADRATIC: (TrueCMu, TrueGrowth, TrueFirstGrowth),
    DATED: (TrueCMu, TrueDeadline),
}
