"""A case as it is replayed: what the queue knew of it, and apart from that what was true of it.

Orders of work get `KnownCase`, which has no truth in it, so that none can look; only the clairvoyant ones and the
measures see `SimulatedCase`. Times are hours since `START`, a Monday at midnight: a stream of cases begins there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases.record import Attributes

START = datetime(2026, 3, 2, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model said of a text. Compared by identity: many cases may share one answer, and orders remember it.

    Attributes:
        severity: Probability of each level 1..K, summing to 1.
        category: Probability per category id, summing to 1.
    """

    severity: Mapping[int, float]
    category: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class KnownCase:
    """What the queue knows of a case while it waits.

    Attributes:
        received: Hours since `START`.
        attributes: `reach`, `minor_involved`, `imminent` and `deadline_at` count.
    """

    id: str
    received: float
    prediction: Prediction
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Truth:
    """What shows only once a case is decided.

    Attributes:
        severity: 1 is the most severe.
        minutes: How long its handling takes, above 0.
        violation: Whether a policy is violated; a case that violates none does no harm.
    """

    severity: int
    minutes: float
    category: str
    violation: bool


@dataclass(frozen=True, slots=True)
class SimulatedCase:
    """A case with both sides."""

    known: KnownCase
    truth: Truth


def moment(hours: float) -> datetime:
    """The time, aware, that is so many hours after `START`."""
    return START + hours * _HOUR


def hours_of(when: datetime) -> float:
    """The inverse of `moment`."""
    return (when - START) / _HOUR
