"""The orders of work that are held against each other, by what they may see.

An `Order` sees a `KnownCase`; a `ClairvoyantOrder` and a `GrowingOrder` see the truth and are there as the end of the
scale: nobody can do as well who does not know. Keys are comparable within one order only; larger = sooner.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import numpy as np

from cases.ids import CaseId
from cases.record import Attributes
from cases.taxonomy import Taxonomy
from evaluation.replay.case import START, KnownCase, Prediction, SimulatedCase, hours_of, moment
from models.priority import CaseToRank, HandlingTimes, Priority, Weights, lot_of, priority, violation_of
from models.severity import shown_level

Label = TypeVar("Label", int, str)

# The key, and when it must be asked for again (hours); None: never by the clock alone.
Place = tuple[float, float | None]

_HOUR = timedelta(hours=1)


class Order(ABC):
    """An order of work by what the queue knows."""

    name: str

    @abstractmethod
    def place(self, case: KnownCase, at: float) -> Place:
        """Where a waiting case stands at a moment, hours since `START`."""


class TimelessOrder(Order):
    """An order whose keys stay as they are."""

    def place(self, case: KnownCase, at: float) -> Place:
        """The same at any moment."""
        del at
        return self._key(case), None

    @abstractmethod
    def _key(self, case: KnownCase) -> float: ...


class ClairvoyantOrder(ABC):
    """An order of work by the truth."""

    name: str

    def place(self, case: SimulatedCase, at: float) -> Place:
        """Where a waiting case stands at a moment, hours since `START`.

        The key is multiplied once in a case's life, from a moment on; by most orders never.
        """
        moment_of_rise, factor = self._rise(case)
        key = self._key(case)
        if at >= moment_of_rise:
            return factor * key, None
        return key, moment_of_rise if moment_of_rise < math.inf else None

    @abstractmethod
    def _key(self, case: SimulatedCase) -> float: ...

    def _rise(self, case: SimulatedCase) -> tuple[float, float]:
        """From when on, hours since `START`, and by how much."""
        del case
        return math.inf, 1.0


class GrowingOrder(ABC):
    """An order by the truth whose keys all grow all the time, each at its own rate."""

    name: str

    @abstractmethod
    def slope(self, case: SimulatedCase) -> float:
        """What a key gains in an hour of waiting; at receipt it is 0."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a queue reckons with.

    Attributes:
        weights: What the priority's parts weigh.
        taxonomy: The policy: which categories violate it, times to first touch, what a wrong level costs.
        times: Expected minutes by category, from past decisions.
    """

    weights: Weights
    taxonomy: Taxonomy
    times: HandlingTimes

    @property
    def first_touch(self) -> dict[int, float]:
        """By level: hours until somebody must have taken a case."""
        return {level.level: level.first_touch / _HOUR for level in self.taxonomy.severity_levels}

    @property
    def harm(self) -> dict[int, float]:
        """By level: harm per hour."""
        return dict(enumerate(self.weights.harms(len(self.taxonomy.levels)), start=1))


class Exposures:
    """The factor by which reach, minors and imminence multiply harm: the formula's own part, undone of its log."""

    _COUNT = ("reach", "minor_involved", "imminent")

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._remembered: dict[tuple[object, ...], float] = {}

    def of(self, attributes: Attributes) -> float:
        """At least 1."""
        # Of equal keys, 1 and True mean different things, so the kind is part of it.
        key = tuple((type(value), value) for value in map(attributes.get, self._COUNT))
        found = self._remembered.get(key)
        if found is None:
            any_case = CaseToRank({1: 0.0, 2: 1.0}, 1.0, START, attributes)
            found = self._remembered[key] = float(2.0 ** priority(any_case, self._weights).parts["exposure"])
        return found


class FirstInFirstOut(TimelessOrder):
    """By time of receipt."""

    name = "first in, first out"

    def _key(self, case: KnownCase) -> float:
        return -case.received


class SeverityArgmax(TimelessOrder):
    """By the likeliest level, the older case first."""

    name = "severity-argmax"
    # Hours that no stream lasts.
    _LEVEL = 1e6

    def _key(self, case: KnownCase) -> float:
        return -likeliest(case.prediction.severity) * self._LEVEL - case.received


class EarliestDeadline(TimelessOrder):
    """By when the likeliest level's time to first touch runs out."""

    name = "earliest deadline"

    def __init__(self, outlook: Outlook) -> None:
        self._first_touch = outlook.first_touch

    def _key(self, case: KnownCase) -> float:
        return -case.received - self._first_touch[likeliest(case.prediction.severity)]


class ArgmaxCMu(TimelessOrder):
    """cμ with the likeliest level for the harm and the likeliest category for the time."""

    name = "argmax-cμ"

    def __init__(self, outlook: Outlook) -> None:
        self._harm, self._times = outlook.harm, outlook.times

    def _key(self, case: KnownCase) -> float:
        minutes = self._times.expected({likeliest(case.prediction.category): 1.0})
        return self._harm[likeliest(case.prediction.severity)] / minutes


class ExpectedCMu(TimelessOrder):
    """cμ with expectations: what no order beats on average where harm grows evenly and predictions are calibrated.

    Σ p(level) · harm(level) · exposure · p(violation) / expected minutes.
    """

    name = "expected-cμ"

    def __init__(self, outlook: Outlook) -> None:
        self._harm, self._harmless, self._times = outlook.harm, outlook.taxonomy.harmless, outlook.times
        self._exposures = Exposures(outlook.weights)
        self._remembered: dict[Prediction, float] = {}

    def _key(self, case: KnownCase) -> float:
        index = self._remembered.get(case.prediction)
        if index is None:
            index = self._remembered[case.prediction] = self._index(case.prediction)
        return index * self._exposures.of(case.attributes)

    def _index(self, said: Prediction) -> float:
        harm = sum(chance * self._harm[level] for level, chance in said.severity.items())
        return harm * violation_of(said.category, self._harmless) / self._times.expected(said.category)


class Ours(Order):
    """`models.priority.priority` as the live queue has it: due by the level shown, a lot by the id."""

    name = "caseload"

    def __init__(self, outlook: Outlook, name: str = name) -> None:
        self.name = name
        self._outlook, self._harmless, self._first_touch = outlook, outlook.taxonomy.harmless, outlook.first_touch
        self._remembered: dict[Prediction, tuple[float, float, float]] = {}

    def place(self, case: KnownCase, at: float) -> Place:
        """As the live queue places it, and when that ranks it anew."""
        found = self.ranked(case, at)
        return found.order_key, None if found.changes_at is None else hours_of(found.changes_at)

    @property
    def doubling_hours(self) -> float:
        """How long a wait weighs as much as twice the harm."""
        return self._outlook.weights.doubling_hours

    def ranked(self, case: KnownCase, at: float) -> Priority:
        """The same with its parts."""
        said = case.prediction
        if said not in self._remembered:
            self._remembered[said] = self._judged(said)
        violation, minutes, first_touch = self._remembered[said]
        return priority(
            CaseToRank(
                said.severity,
                violation,
                moment(case.received),
                case.attributes,
                minutes=minutes,
                due_at=moment(case.received + first_touch),
                lot=lot_of(CaseId(case.id)),
            ),
            self._outlook.weights,
            at=moment(at),
        )

    def _judged(self, said: Prediction) -> tuple[float, float, float]:
        """Probability of a violation, expected minutes, and hours to first touch by the level shown."""
        masses = np.array([[said.severity[level] for level in sorted(said.severity)]])
        (shown,) = shown_level(masses, self._outlook.taxonomy.severity_costs)
        minutes = self._outlook.times.expected(said.category)
        return violation_of(said.category, self._harmless), minutes, self._first_touch[int(shown)]


def likeliest(chances: Mapping[Label, float]) -> Label:
    """The label of the largest probability; of equal ones the first, which among levels is the most severe."""
    return max(sorted(chances), key=lambda label: chances[label])
