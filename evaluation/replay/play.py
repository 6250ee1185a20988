"""Several orders on the same streams: what each did, seed by seed, so that differences are paired."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cases.taxonomy import Taxonomy
from evaluation.bootstrap import Interval
from evaluation.replay.arrivals import Arrivals, Setting, Stream, stream
from evaluation.replay.clairvoyant import CLAIRVOYANT
from evaluation.replay.harm import ACCOUNTS, Stakes, World
from evaluation.replay.measures import RunFigures, gap_closed, mean, measured, ratio
from evaluation.replay.orders import Order, Ours
from evaluation.replay.overtaking import Keys, Overtaking, overtaking
from evaluation.replay.simulate import simulate


@dataclass(frozen=True, slots=True)
class Played:
    """What orders did at one load, in one world.

    Attributes:
        setting: Load, staff and the rest.
        cases: Mean number of cases in a stream.
        figures: By name of an order that goes by what the queue knows: its figures, one a seed, under the accounts
            that were asked for.
        clairvoyant: By account: harm-hours under its clairvoyant order, one a seed; empty where none was played.
        clairvoyant_name: By account: which order that is, the one that does least harm over all seeds.
        overtaking: By name of each `Ours`, since the bound on waits is stated of its keys: what became of the bound
            over all seeds; empty where nobody asked.
    """

    setting: Setting
    cases: float
    figures: Mapping[str, tuple[RunFigures, ...]]
    clairvoyant: Mapping[str, tuple[float, ...]]
    clairvoyant_name: Mapping[str, str]
    overtaking: Mapping[str, Overtaking]

    @property
    def levels(self) -> list[int]:
        """The true levels that cases have, whichever stream they are in; the most severe first."""
        return sorted({level for runs in self.figures.values() for run in runs for level in run.worst_wait})

    def harm(self, order: str, account: str) -> list[float]:
        """Harm-hours, one a seed."""
        return [found.harm[account] for found in self.figures[order]]

    def versus(self, order: str, other: str, account: str) -> Interval:
        """The harm of one order over that of another: below 1 is better."""
        return ratio(self.harm(order, account), self.harm(other, account))

    def closed(self, order: str, first: str, account: str) -> Interval:
        """The share of the gap between `first` and the clairvoyant order that an order closes."""
        return gap_closed(self.harm(first, account), self.harm(order, account), self.clairvoyant[account])

    def in_time(self, order: str, level: int) -> Interval:
        """The share of a level taken within its time to first touch."""
        return mean([found.in_time.get(level, math.nan) for found in self.figures[order]])

    def worst_wait(self, order: str, level: int) -> Interval:
        """The longest wait of a level in a stream, hours, on average over the seeds."""
        return mean([found.worst_wait.get(level, math.nan) for found in self.figures[order]])

    def weighted_hours(self, order: str) -> Interval:
        """Severity-weighted hours to decision."""
        return mean([found.weighted_hours for found in self.figures[order]])

    def undecided(self, order: str) -> Interval:
        """Cases left over at the end."""
        return mean([float(found.undecided) for found in self.figures[order]])


@dataclass(frozen=True, slots=True)
class Contest:
    """What is played.

    Attributes:
        orders: By what the queue knows; each has another name.
        worlds: By name: what might be true of harm. Orders know nothing of them; the clairvoyant ones know each.
        accounts: Names of `ACCOUNTS`.
        seeds: One stream each.
        clairvoyant: Whether the orders that know the truth are played too.
        bounded: Whether the waits under each `Ours` are held against the bound.
    """

    arrivals: Arrivals
    taxonomy: Taxonomy
    worlds: Mapping[str, World]
    orders: Sequence[Order]
    seeds: Sequence[int]
    accounts: Sequence[str] = tuple(ACCOUNTS)
    clairvoyant: bool = True
    bounded: bool = False


def play(contest: Contest, setting: Setting) -> dict[str, Played]:
    """Play all orders on all seeds at one load, and say what it comes to in each world.

    Below a load of 1 each run goes on until all are decided; from 1 on it stops when the arrivals end, and what is
    undecided then counts for the harm that it did so far.
    """
    tallies = {name: _Tally() for name in contest.worlds}
    bounds: dict[str, list[Overtaking]] = {}
    sizes = []
    for seed in contest.seeds:
        found = stream(contest.arrivals, setting, contest.taxonomy, seed)
        until = math.inf if setting.load < 1 else found.ends
        runs = {order.name: simulate(found.cases, order, setting.staff, until) for order in contest.orders}
        sizes.append(len(found.cases))
        for name, world in contest.worlds.items():
            stakes = Stakes.of(found.cases, world)
            for order_name, run in runs.items():
                tallies[name].figures[order_name].append(measured(run, stakes, contest.accounts))
            if contest.clairvoyant:
                best = _clairvoyant(world, contest.accounts, setting, found, stakes, until)
                for account, harms in best.items():
                    tallies[name].best[account].append(harms)
        if contest.bounded:
            for order in contest.orders:
                if isinstance(order, Ours):
                    keys = Keys.of(found.cases, order)
                    bounds.setdefault(order.name, []).append(overtaking(runs[order.name], keys))
    joined = {name: Overtaking.joined(each) for name, each in bounds.items()}
    return {name: tally.played(setting, float(np.mean(sizes)), joined) for name, tally in tallies.items()}


class _Tally:
    """What is counted up seed by seed, of one world."""

    def __init__(self) -> None:
        self.figures: dict[str, list[RunFigures]] = defaultdict(list)
        self.best: dict[str, list[Mapping[str, float]]] = defaultdict(list)

    def played(self, setting: Setting, cases: float, bounds: Mapping[str, Overtaking]) -> Played:
        # Of the orders named for an account, the one of least harm over all seeds.
        chosen = {
            account: min(harms[0], key=lambda name, harms=harms: sum(each[name] for each in harms))  # type: ignore[misc]
            for account, harms in self.best.items()
        }
        return Played(
            setting,
            cases,
            {name: tuple(found) for name, found in self.figures.items()},
            {account: tuple(each[name] for each in self.best[account]) for account, name in chosen.items()},
            chosen,
            bounds,
        )


def _clairvoyant(
    world: World, accounts: Sequence[str], setting: Setting, found: Stream, stakes: Stakes, until: float
) -> dict[str, dict[str, float]]:
    """By account: the harm under each of its named orders. An order of several accounts is played once."""
    orders = {make: make(world) for account in accounts for make in CLAIRVOYANT[account]}
    hours = {make: simulate(found.cases, order, setting.staff, until).undecided_for for make, order in orders.items()}
    return {
        account: {
            orders[make].name: float(ACCOUNTS[account](stakes, hours[make]).sum()) for make in CLAIRVOYANT[account]
        }
        for account in accounts
    }
