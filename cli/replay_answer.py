"""A replay as the contract has it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cli.contract.replay import (
    ReplayAnswer,
    ReplayedBound,
    ReplayedContrast,
    ReplayedFigure,
    ReplayedLoad,
    ReplayedOrder,
)
from evaluation.bootstrap import Interval
from evaluation.replay.harm import ACCOUNTS
from evaluation.replay.overtaking import Overtaking
from evaluation.replay.study import FIRST, AtLoad, Plan
from evaluation.replay.verdict import Contrast


def replay_answer(
    plan: Plan,
    found: Sequence[AtLoad],
    contrasts: Sequence[Contrast],
    sentence: str,
    weights: str,
    against: str | None,
) -> ReplayAnswer:
    """What `caseload replay --json` answers; the arguments are those of `replay_page`, and the files' names."""
    by_load = {each.load: each for each in contrasts}
    return ReplayAnswer(
        arrivals=plan.arrivals.name,
        recorded=len(plan.arrivals.rows),
        way=plan.setting.way,
        staff=plan.setting.staff,
        weeks=plan.setting.weeks,
        seeds=list(plan.seeds),
        weights=weights,
        against=against,
        loads=[_load(each, by_load.get(each.load), plan.taxonomy.levels) for each in found],
        verdict=sentence,
    )


def _load(found: AtLoad, contrast: Contrast | None, levels: Sequence[int]) -> ReplayedLoad:
    return ReplayedLoad(
        load=found.load,
        cases=found.undated.cases,
        orders=[_order(found, order, levels) for order in found.undated.figures],
        clairvoyant={name: found.of(name).clairvoyant_name[name] for name in ACCOUNTS if _known(found, name)},
        contrast=None
        if contrast is None
        else ReplayedContrast(
            harm=_figures(contrast.harm),
            by_its_own=_figures(contrast.by_its_own),
            worse=list(contrast.worse),
            better=contrast.better,
            sentence=contrast.sentence,
        ),
    )


def _order(found: AtLoad, order: str, levels: Sequence[int]) -> ReplayedOrder:
    played = found.undated
    harms = {name: found.of(name).harm(order, name) for name in ACCOUNTS}
    return ReplayedOrder(
        order=order,
        harm={name: sum(each) / len(each) for name, each in harms.items()},
        versus_first=_figures({name: found.of(name).versus(order, FIRST, name) for name in ACCOUNTS}),
        gap_closed=_figures(
            {name: found.of(name).closed(order, FIRST, name) for name in ACCOUNTS if _known(found, name)}
        ),
        in_time={level: _figure(played.in_time(order, level)) for level in levels},
        worst_wait_hours={level: _figure(played.worst_wait(order, level)) for level in levels},
        weighted_hours=_figure(played.weighted_hours(order)),
        undecided=played.undecided(order).value,
        bound=_bound(played.overtaking.get(order)),
    )


def _known(found: AtLoad, account: str) -> bool:
    return account in found.of(account).clairvoyant


def _bound(found: Overtaking | None) -> ReplayedBound | None:
    if found is None:
        return None
    return ReplayedBound(
        cases=found.cases,
        waits_broken=found.waits_broken,
        pairs_broken=found.pairs_broken,
        most=found.most,
        most_by_others=found.most_by_others,
        most_allowed=found.most_allowed,
        latest_hours=found.latest,
        latest_allowed_hours=found.latest_allowed,
    )


def _figures(found: Mapping[str, Interval]) -> dict[str, ReplayedFigure]:
    return {name: _figure(each) for name, each in found.items()}


def _figure(found: Interval) -> ReplayedFigure:
    # JSON knows no NaN.
    value, low, high = (None if math.isnan(each) else each for each in (found.value, found.low, found.high))
    return ReplayedFigure(value=value, low=low, high=high)
