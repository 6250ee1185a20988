"""What `caseload replay` plays: all orders under one file of weights, or two files against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cases.errors import InvalidInputError
from cases.taxonomy import Taxonomy
from evaluation.replay.arrivals import Arrivals, Setting
from evaluation.replay.harm import DATED, UNDATED, World
from evaluation.replay.orders import (
    ArgmaxCMu,
    EarliestDeadline,
    ExpectedCMu,
    FirstInFirstOut,
    Order,
    Ours,
    Outlook,
    SeverityArgmax,
)
from evaluation.replay.play import Contest, Played, play
from models.priority import Weights

LOADS = (0.7, 0.9, 1.1)
# For the account of deadlines this share of the cases without one is given one.
DATED_SHARE = 0.1

FIRST = FirstInFirstOut.name
OURS = Ours.name
NEW, CURRENT = "new", "current"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Under what is played.

    Attributes:
        setting: Staff, length and way of the streams; its load and deadlines are replaced.
        loads: Each above 0.
        seeds: At least two, so that figures have intervals.
    """

    arrivals: Arrivals
    taxonomy: Taxonomy
    setting: Setting
    loads: Sequence[float] = LOADS
    seeds: Sequence[int] = tuple(range(10))

    def __post_init__(self) -> None:
        if len(self.seeds) < 2:
            raise InvalidInputError(
                f"'seeds' must be at least 2 (got {len(self.seeds)}); one alone tells nothing of chance",
                field="seeds",
            )
        if not self.loads:
            raise InvalidInputError("'loads' must name a load (got none); say --load 0.9", field="load")


@dataclass(frozen=True, slots=True)
class AtLoad:
    """What was played at one load: without deadlines, and with."""

    undated: Played
    dated: Played

    @property
    def load(self) -> float:
        """Arriving work over staff."""
        return self.undated.setting.load

    def of(self, account: str) -> Played:
        """Where the account's figures are."""
        return self.dated if account == DATED else self.undated


def every_order(outlook: Outlook) -> list[Order]:
    """All orders by what the queue knows, ours the last."""
    return [
        FirstInFirstOut(),
        SeverityArgmax(),
        EarliestDeadline(outlook),
        ArgmaxCMu(outlook),
        ExpectedCMu(outlook),
        Ours(outlook),
    ]


def replay(plan: Plan, weights: Weights, *, say: Say = lambda _line: None) -> list[AtLoad]:
    """All orders at each load, in a world as the weights see it."""
    outlook = Outlook(weights, plan.taxonomy, plan.arrivals.times)
    return [found[OURS] for found in _played(plan, every_order(outlook), {OURS: World(weights, plan.taxonomy)}, say)]


def replay_against(
    plan: Plan, new: Weights, current: Weights, *, say: Say = lambda _line: None
) -> list[Mapping[str, AtLoad]]:
    """Our order under two files of weights at each load.

    Returns:
        By load: what came of it in the world as `current` sees it, and as `new` does where they see another harm. A
        file could otherwise win by changing what counts.
    """
    outlooks = {
        name: Outlook(each, plan.taxonomy, plan.arrivals.times) for name, each in ((NEW, new), (CURRENT, current))
    }
    orders = [FirstInFirstOut(), *(Ours(outlook, name) for name, outlook in outlooks.items())]
    worlds = {CURRENT: World(current, plan.taxonomy)}
    if not _same_harm(new, current):
        worlds[NEW] = World(new, plan.taxonomy)
    return _played(plan, orders, worlds, say, clairvoyant=False)


def _played(
    plan: Plan, orders: Sequence[Order], worlds: Mapping[str, World], say: Say, *, clairvoyant: bool = True
) -> list[Mapping[str, AtLoad]]:
    found: list[Mapping[str, AtLoad]] = []
    for load in plan.loads:
        say(f"load {load:g}: {len(plan.seeds)} streams of {plan.arrivals.name}")
        contest = Contest(
            plan.arrivals, plan.taxonomy, worlds, orders, plan.seeds, UNDATED, clairvoyant=clairvoyant, bounded=True
        )
        undated = play(contest, replace(plan.setting, load=load, deadlines=0.0))
        # Deadlines are marks on the same cases: what the bound says of waits would be said twice.
        contest = replace(contest, accounts=(DATED,), bounded=False)
        dated = play(contest, replace(plan.setting, load=load, deadlines=DATED_SHARE))
        found.append({name: AtLoad(undated[name], dated[name]) for name in worlds})
    return found


def _same_harm(one: Weights, other: Weights) -> bool:
    """Whether both see the same harm, whatever they make of it."""
    names = ("harm_per_hour", "reach_unit", "minor_involved", "imminent", "deadline", "deadline_hours")
    return all(
        dict(a) == dict(b) if isinstance(a, Mapping) else a == b
        for a, b in ((getattr(one, name), getattr(other, name)) for name in names)
    )
