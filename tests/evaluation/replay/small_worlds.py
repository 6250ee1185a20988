"""Cases, policies and orders small enough that one knows what must come of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from cases.event import AttributeValue
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from evaluation.replay.arrivals import Arrivals, Pool, Recorded
from evaluation.replay.case import KnownCase, Prediction, SimulatedCase, Truth, moment
from evaluation.replay.orders import Order, Outlook, Place
from models.priority import HandlingTimes, Weights

HARASSED, FINE = "harassment", "no_violation"


@cache
def policy() -> Taxonomy:
    return load_taxonomy()


def outlook(**weights: object) -> Outlook:
    return Outlook(Weights(**weights), policy(), HandlingTimes({HARASSED: 10.0, FINE: 5.0}, 10.0))  # type: ignore[arg-type]


def certain(level: int, category: str = HARASSED) -> Prediction:
    return Prediction({other: float(other == level) for other in range(1, 5)}, {category: 1.0})


def said(severity: Sequence[float], violation: float = 1.0) -> Prediction:
    return Prediction(dict(enumerate(severity, start=1)), {HARASSED: violation, FINE: 1.0 - violation})


def case(
    received: float,
    level: int = 3,
    minutes: float = 60.0,
    *,
    name: str = "",
    prediction: Prediction | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
    violation: bool = True,
) -> SimulatedCase:
    known = KnownCase(name or f"c{received:g}/{level}", received, prediction or certain(level), attributes or {})
    return SimulatedCase(known, Truth(level, minutes, HARASSED if violation else FINE, violation))


def random_cases(
    seed: int, count: int, load: float, staff: int = 1, mean_minutes: float = 10.0
) -> list[SimulatedCase]:
    """Cases of all levels, predicted with errors, coming at random."""
    rng = np.random.default_rng(seed)
    gap = mean_minutes / 60 / (load * staff)
    received = np.cumsum(rng.exponential(gap, size=count))
    minutes = rng.exponential(mean_minutes, size=count) + 0.01
    levels = rng.choice([1, 2, 3, 4], p=[0.05, 0.15, 0.4, 0.4], size=count)
    found = []
    for place in range(count):
        masses = rng.dirichlet(0.3 + 2.0 * (np.arange(1, 5) == levels[place]))
        found.append(
            case(
                float(received[place]),
                int(levels[place]),
                float(minutes[place]),
                name=f"{seed}/{place}",
                prediction=said(masses.tolist(), float(rng.uniform(0.3, 1.0))),
                attributes={"reach": float(rng.pareto(1.2) * 100)},
            )
        )
    return found


class Scripted(Order):
    """An order whose keys a test says."""

    name = "scripted"

    def __init__(self, places: Callable[[KnownCase, float], Place]) -> None:
        self._places = places

    def place(self, case: KnownCase, at: float) -> Place:
        return self._places(case, at)


def few_arrivals(count: int = 400, seed: int = 0, *, minutes: float = 10.0, complete: bool = True) -> Arrivals:
    """Recorded cases over four weeks, twice as many by day as by night, that take so long on average."""
    rng = np.random.default_rng(seed)
    rows = []
    for place in range(count):
        hour = int(rng.choice(24, p=np.repeat([1 / 36, 2 / 36], 12)))
        level = int(rng.choice([1, 2, 3, 4], p=[0.1, 0.2, 0.4, 0.3]))
        received = moment(24.0 * int(rng.integers(28)) + hour + float(rng.random()))
        masses = rng.dirichlet(0.3 + 2.0 * (np.arange(1, 5) == level)).tolist()
        rows.append(
            Recorded(received, level, HARASSED, float(rng.exponential(minutes)) + 1.0, {"reach": place}, said(masses))
        )
    rows.sort(key=lambda row: row.received_at)
    pool = Pool.of(rows)
    if not complete:
        rows = [Recorded(row.received_at, row.severity) for row in rows]
    return Arrivals("few", tuple(rows), pool, HandlingTimes({HARASSED: 11.0}, 11.0))
