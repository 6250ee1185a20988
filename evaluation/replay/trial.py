"""Proposed weights against today's, figure by figure: what gets better and what worse.

It is what `caseload replay --weights NEW --against CURRENT` plays, sized to end within a minute or two on two
cores: three loads, six streams each, a week long, with fixed seeds. `evaluation.replay.trial_process` plays it in a
process of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from cases.taxonomy import Taxonomy
from evaluation.bootstrap import Interval
from evaluation.replay.arrivals import Arrivals, Setting
from evaluation.replay.harm import ACCOUNTS, LINEAR
from evaluation.replay.measures import RunFigures
from evaluation.replay.page import described
from evaluation.replay.study import CURRENT, FIRST, LOADS, NEW, AtLoad, Plan, replay_against
from evaluation.replay.verdict import Contrast, compared, contrast, verdict
from models.priority import Weights

SCHEMA = "caseload.weights-trial/1"
SEEDS = tuple(range(6))
STAFF = 4
# Within time to first touch these levels are promised something; the milder ones wait by design.
_IN_TIME = (1, 2)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure over seeds with its 95 % interval; None where there is none, since JSON knows no NaN."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, found: Interval) -> Bounds:
        """The same without NaN."""
        return cls(_known(found.value), _known(found.low), _known(found.high))

    @property
    def interval(self) -> Interval:
        """The same with NaN."""
        return Interval(*(math.nan if each is None else each for each in (self.value, self.low, self.high)))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure under both.

    Attributes:
        kind: "harm" (an account of harm, in harm-hours), "in time" or "worst wait" (hours) of a level.
        of: The account, or the level.
        current: Under today's weights.
        new: Under the proposed ones.
        change: Of harm new / current, else new - current.
        came: Whether the proposed ones are better, as far as the seeds tell; "" where they do not.
    """

    kind: Literal["harm", "in time", "worst wait"]
    of: str
    current: float | None
    new: float | None
    change: Bounds
    came: Literal["better", "worse", ""]


@dataclass(frozen=True, slots=True)
class TrialAtLoad:
    """One load.

    Attributes:
        load: Arriving work over staff.
        cases: In a stream, on average.
        sentence: What follows.
        figures: Figure by figure.
        versus_first: By order: linear harm over that of first in, first out.
        in_time: By order: share of severity 1 taken within its time to first touch.
        waits: By order and level: the longest wait, hours.
    """

    load: float
    cases: float
    sentence: str
    figures: tuple[Figure, ...]
    versus_first: dict[str, Bounds]
    in_time: dict[str, Bounds]
    waits: dict[str, dict[int, Bounds]]


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """All of it.

    Attributes:
        arrivals: What was replayed, and how, in one line.
        verdict: What follows, in one sentence.
        loads: One each.
    """

    arrivals: str
    verdict: str
    loads: tuple[TrialAtLoad, ...]


_OUTCOME = TypeAdapter(TrialOutcome)


def as_json(outcome: TrialOutcome) -> dict[str, Any]:
    """The outcome as the store keeps it."""
    return {"schema": SCHEMA, **_OUTCOME.dump_python(outcome, mode="json")}


def from_json(found: Mapping[str, Any] | None) -> TrialOutcome | None:
    """What `as_json` made; None of nothing, and of what another version wrote."""
    if found is None or found.get("schema") != SCHEMA:
        return None
    try:
        return _OUTCOME.validate_python({name: value for name, value in found.items() if name != "schema"})
    except ValidationError:
        return None


def trial(
    arrivals: Arrivals,
    policy: Taxonomy,
    new: Weights,
    current: Weights,
    *,
    loads: Sequence[float] = LOADS,
    seeds: Sequence[int] = SEEDS,
    say: Say = lambda _line: None,
) -> TrialOutcome:
    """Play both.

    Args:
        arrivals: What is replayed.
        policy: Today's.
        new: The proposed weights.
        current: Today's.
        loads: Each above 0.
        seeds: At least two.
        say: Called with a few words when a load begins.
    """
    contrasts: list[Contrast] = []
    found: list[TrialAtLoad] = []
    for number, load in enumerate(loads, start=1):
        say(f"load {load:g}, {number} of {len(loads)}")
        plan = Plan(arrivals, policy, Setting(1.0, STAFF, 1, "redrawn"), (load,), seeds)
        [both] = replay_against(plan, new, current)
        contrasts.append(contrast(both))
        found.append(_at_load(both[CURRENT], contrasts[-1], policy.levels))
    return TrialOutcome(f"{arrivals.name}: {described(plan)} at each load", verdict(contrasts), tuple(found))


def _at_load(found: AtLoad, told: Contrast, levels: Sequence[int]) -> TrialAtLoad:
    played = found.undated
    orders = list(played.figures)
    return TrialAtLoad(
        found.load,
        played.cases,
        told.sentence,
        tuple(_figures(found, told, levels)),
        {order: Bounds.of(played.versus(order, FIRST, LINEAR)) for order in orders},
        {order: Bounds.of(played.in_time(order, 1)) for order in orders},
        {order: {level: Bounds.of(played.worst_wait(order, level)) for level in levels} for order in orders},
    )


def _figures(found: AtLoad, told: Contrast, levels: Sequence[int]) -> list[Figure]:
    harm = [
        Figure(
            "harm",
            account,
            _mean(found.of(account).harm(CURRENT, account)),
            _mean(found.of(account).harm(NEW, account)),
            Bounds.of(told.harm[account]),
            _came(told.harm[account], 1.0, more_is_better=False),
        )
        for account in ACCOUNTS
    ]
    in_time = [_of_level(found, "in time", level) for level in levels if level in _IN_TIME]
    return [*harm, *in_time, *(_of_level(found, "worst wait", level) for level in levels)]


def _of_level(found: AtLoad, kind: Literal["in time", "worst wait"], level: int) -> Figure:
    def of_run(run: RunFigures) -> Mapping[int, float]:
        return run.in_time if kind == "in time" else run.worst_wait

    before, after, change = compared(found.undated, of_run, level)
    came = _came(change, 0.0, more_is_better=kind == "in time")
    return Figure(kind, str(level), _known(before), _known(after), Bounds.of(change), came)


def _came(change: Interval, same: float, *, more_is_better: bool) -> Literal["better", "worse", ""]:
    """No NaN is beyond anything, so where there is no figure nothing is told."""
    if change.low > same:
        return "better" if more_is_better else "worse"
    if change.high < same:
        return "worse" if more_is_better else "better"
    return ""


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _mean(found: Sequence[float]) -> float | None:
    return sum(found) / len(found) if len(found) else None
