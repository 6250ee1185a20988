"""Recorded cases become a stream that loads a team as asked.

What the record does not say is drawn: a case without a model's answer gets the whole row of a case of the same true
level (its answer, category and attributes), a case without a handling time one from its category's log-normal.

Load is arriving work over staff: cases an hour · mean hours of handling / staff. A record has one load, so others are
made of it, in one of two ways:

- **redrawn** (the default): cases are drawn from the record with replacement until their work makes the load. Each
  keeps its weekday and time of day, to within half an hour, and falls into some week. A day stays a day, so the
  rhythm, handling times and times to first touch keep their proportion; bursts of single days are lost.
- **scaled**: the record's weeks, drawn with replacement and put one after another, under a clock that runs faster or
  slower. Bursts and the rhythm's shape stay; a day gets shorter, and times to first touch, which do not, easier to
  meet.

A case's own deadline keeps its distance from receipt, as its time to first touch does.

One seed gives one stream, whatever order works on it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal, TypeVar

import numpy as np

from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.record import Attributes
from cases.taxonomy import Taxonomy
from evaluation.replay.case import KnownCase, Prediction, SimulatedCase, Truth, hours_of, moment
from models.priority import HandlingTimes, told_time

Way = Literal["redrawn", "scaled"]
Label = TypeVar("Label", int, str)

WEEK = 168.0
# A redrawn case comes so many hours before or after its time of day at most.
_JITTER = 0.5
# Deadlines that are put on cases lie so many hours after receipt: in the reach of the waits that loads below 1 bring.
DEADLINE_FROM, DEADLINE_TO = 12.0, 120.0
# Of a deadline's distance either way, hours: longer than any stream, and no date of the calendar's ends is beyond it.
_FURTHEST = 1e5


@dataclass(frozen=True, slots=True)
class Recorded:
    """A case of the past, as far as a record tells.

    Attributes:
        received_at: Aware.
        severity: The true level, or the decided one where no other is known; 1 is the most severe.
        category: "" where it is drawn.
        minutes: Handling, above 0; None where it is drawn.
        attributes: Without a deadline: that is `deadline_after`.
        prediction: What a model said that had not learnt from it; None where it is drawn.
        deadline_after: Hours from receipt to its deadline, below 0 where that was over then; None without one.
    """

    received_at: datetime
    severity: int
    category: str = ""
    minutes: float | None = None
    attributes: Attributes = field(default_factory=dict)
    prediction: Prediction | None = None
    deadline_after: float | None = None

    @classmethod
    def of(
        cls,
        received_at: datetime,
        severity: int,
        category: str,
        minutes: float | None,
        attributes: Attributes,
        prediction: Prediction | None,
    ) -> Recorded:
        """A case as a record tells it, with `deadline_at` among its attributes; what is no aware time is none."""
        deadline, after = told_time(attributes.get("deadline_at")), None
        if deadline is not None:
            hours = (deadline - as_utc(received_at, field="received_at")) / timedelta(hours=1)
            after = min(max(hours, -_FURTHEST), _FURTHEST)
        others = {name: value for name, value in attributes.items() if name != "deadline_at"}
        return cls(received_at, severity, category, minutes, others, prediction, after)


@dataclass(frozen=True, slots=True)
class Pool:
    """What is drawn from: complete rows by level, and log-normal handling times by category.

    Attributes:
        rows: By true level; each has category and prediction.
        minutes: By category: mean and standard deviation of ln minutes.
    """

    rows: Mapping[int, tuple[Recorded, ...]]
    minutes: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, rows: Sequence[Recorded]) -> Pool:
        """The pool of complete rows; those that are not complete are passed over."""
        by_level: dict[int, list[Recorded]] = defaultdict(list)
        logs: dict[str, list[float]] = defaultdict(list)
        for row in rows:
            if row.prediction is not None and row.category:
                by_level[row.severity].append(row)
            if row.minutes and row.category:
                logs[row.category].append(math.log(row.minutes))
        return cls(
            {level: tuple(found) for level, found in sorted(by_level.items())},
            {name: (float(np.mean(found)), float(np.std(found))) for name, found in sorted(logs.items())},
        )

    @property
    def marginal(self) -> Prediction:
        """What a model would say that knows how often each level and category comes, and nothing of a case."""
        said = [row.prediction for rows in self.rows.values() for row in rows if row.prediction is not None]
        return Prediction(_mean([each.severity for each in said]), _mean([each.category for each in said]))


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Recorded cases and what completes them.

    Attributes:
        name: As reports call it.
        rows: By time of receipt.
        times: Expected minutes by category, learnt from other rows.
    """

    name: str
    rows: tuple[Recorded, ...]
    pool: Pool
    times: HandlingTimes


@dataclass(frozen=True, slots=True)
class Setting:
    """Under what arrivals are replayed.

    Attributes:
        load: Above 0; from 1 on the queue grows without end.
        staff: At least 1.
        weeks: Length of a redrawn stream, at least 1.
        deadlines: Of the cases without a deadline of their own, the share that is given one, 0..1; at 0 no case
            carries any, not even its own.
        minutes_by: By category: what true handling times are multiplied by, 1 where it says nothing.
        others_attributes: Whether each case gets the attributes of a case of the same level that is drawn for it.
            Where a few cases reach millions, figures else hang on what the model happened to say of these.
        worse: Turns what the model said into what a worse one would have said.
    """

    load: float
    staff: int = 4
    weeks: int = 1
    way: Way = "redrawn"
    deadlines: float = 0.0
    minutes_by: Mapping[str, float] = field(default_factory=dict)
    others_attributes: bool = False
    worse: Callable[[Prediction], Prediction] | None = None

    def __post_init__(self) -> None:
        for name, value, low in (("load", self.load, 0.0), ("staff", self.staff, 0), ("weeks", self.weeks, 0)):
            if not low < value < math.inf:
                raise InvalidInputError(f"'{name}' must be above 0 (got {value}); correct it", field=name)


@dataclass(frozen=True, slots=True)
class Stream:
    """Cases by time of receipt, and when the arrivals end, hours since `START`."""

    cases: tuple[SimulatedCase, ...]
    ends: float


def stream(arrivals: Arrivals, setting: Setting, taxonomy: Taxonomy, seed: int) -> Stream:
    """One stream of cases at the load asked for.

    Raises:
        InvalidInputError: A row needs a draw that the pool has nothing for.
    """
    rng = np.random.default_rng([seed, 0])
    drawn = _scaled(arrivals, setting, rng) if setting.way == "scaled" else _redrawn(arrivals, setting, rng)
    pairs, ends = drawn
    pairs.sort(key=lambda pair: pair[0])
    # Deadlines have a generator of their own, so that the same seed gives the same cases with and without them.
    due = np.random.default_rng([seed, 1])
    harmless = taxonomy.harmless
    remembered: dict[Prediction, Prediction] = {}
    cases = []
    for place, (received, row) in enumerate(pairs):
        said, minutes = row.prediction, row.minutes
        if said is None or minutes is None:
            raise AssertionError(row)  # `_completed` saw to it
        attributes, after = dict(row.attributes), row.deadline_after
        if due.random() < setting.deadlines:
            given = due.uniform(DEADLINE_FROM, DEADLINE_TO)
            after = given if after is None else after
        if setting.deadlines and after is not None:
            attributes["deadline_at"] = moment(received + after).isoformat()
        if setting.worse is not None:
            if said not in remembered:
                remembered[said] = setting.worse(said)
            said = remembered[said]
        known = KnownCase(f"{seed}/{place}", received, said, attributes)
        cases.append(SimulatedCase(known, Truth(row.severity, minutes, row.category, row.category not in harmless)))
    return Stream(tuple(cases), ends)


_Timed = list[tuple[float, Recorded]]


def _redrawn(arrivals: Arrivals, setting: Setting, rng: np.random.Generator) -> tuple[_Timed, float]:
    span = setting.weeks * WEEK
    work, made = setting.load * setting.staff * span * 60, 0.0
    drawn: _Timed = []
    for _ in count():
        row = _completed(arrivals.rows[int(rng.integers(len(arrivals.rows)))], arrivals.pool, setting, rng)
        at = (
            hours_of(row.received_at) % WEEK
            + float(rng.uniform(-_JITTER, _JITTER))
            + WEEK * int(rng.integers(setting.weeks))
        )
        made += row.minutes or 0.0
        drawn.append((at % span, row))
        if made >= work:
            break
    return drawn, span


def _scaled(arrivals: Arrivals, setting: Setting, rng: np.random.Generator) -> tuple[_Timed, float]:
    by_week: dict[int, list[Recorded]] = defaultdict(list)
    for row in arrivals.rows:
        by_week[int(hours_of(row.received_at) // WEEK)].append(row)
    first, last = min(by_week), max(by_week)
    weeks = last - first + 1
    drawn = [
        (WEEK * place + hours_of(row.received_at) % WEEK, _completed(row, arrivals.pool, setting, rng))
        for place, week in enumerate(rng.integers(first, last + 1, size=weeks).tolist())
        for row in by_week.get(week, ())
    ]
    work = sum(row.minutes or 0.0 for _, row in drawn) / 60
    span = work / (setting.load * setting.staff)
    return [(at * span / (weeks * WEEK), row) for at, row in drawn], span


def _completed(row: Recorded, pool: Pool, setting: Setting, rng: np.random.Generator) -> Recorded:
    """The row with all that it lacks."""
    category, attributes, said, minutes = row.category, row.attributes, row.prediction, row.minutes
    after = row.deadline_after
    if said is None:
        alike = pool.rows.get(row.severity)
        if not alike:
            raise InvalidInputError(
                f"'severity' must be one of {', '.join(map(str, pool.rows))} where the model's answer is drawn (got "
                f"{row.severity}); give the answers too",
                field="severity",
            )
        other = alike[int(rng.integers(len(alike)))]
        category, said = other.category, other.prediction
        attributes = {**other.attributes, **row.attributes}
        after = other.deadline_after if after is None else after
    if minutes is None:
        mean, spread = pool.minutes.get(category) or _any_category(pool)
        minutes = math.exp(rng.normal(mean, spread))
    if setting.others_attributes:
        alike = pool.rows[row.severity]
        other = alike[int(rng.integers(len(alike)))]
        attributes, after = other.attributes, other.deadline_after
    factor = setting.minutes_by.get(category, 1.0)
    return Recorded(row.received_at, row.severity, category, minutes * factor, attributes, said, after)


def _any_category(pool: Pool) -> tuple[float, float]:
    if not pool.minutes:
        raise InvalidInputError(
            "'minutes' must be known of some cases (got none); give handling times", field="minutes"
        )
    mean, spread = np.mean(list(pool.minutes.values()), axis=0).tolist()
    return mean, spread


def _mean(maps: Sequence[Mapping[Label, float]]) -> dict[Label, float]:
    total: dict[Label, float] = defaultdict(float)
    for each in maps:
        for label, chance in each.items():
            total[label] += chance / len(maps)
    return dict(total)
