"""What is counted of the queue, from a look at the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

from cases.decision import Suggestion
from cases.store import CameOf, Standing
from models.tiers import Tier
from serving.observing.measures import measures

if TYPE_CHECKING:
    from serving.observing.alarms import Watch

# Of a case that nobody judged; and of one whose level the policy of today does not have.
NO_LEVEL, OTHER_LEVEL = "none", "other"
NO_TIER = "none"
TIERS = (*get_args(Tier), NO_TIER)
NO_RANK, LATER_RANK = "none", "later"
RANKS = ("1", "2", "3", LATER_RANK, NO_RANK)


def tell_queue(seen: Watch, levels: Sequence[int]) -> None:
    """Set the metrics of the queue.

    Args:
        seen: The look.
        levels: Of the policy.
    """
    told, pulse = measures(), seen.pulse
    told.queue_open.set(pulse.open)
    told.queue_oldest_seconds.set(pulse.age.total_seconds())
    told.severity_1_overdue.set(len(seen.overdue))
    told.reports_in_window.set(pulse.arrived)
    told.decisions_in_window.set(pulse.decided)
    told.seal_age_seconds.set(seen.seal_age.total_seconds())
    told.unsealed_seconds.set(seen.unsealed_for.total_seconds())
    _tell_waiting(seen, levels)
    _tell_suggestions(seen.came_of)


def _tell_waiting(seen: Watch, levels: Sequence[int]) -> None:
    cases, oldest = Counter[tuple[str, Standing]](), dict[tuple[str, Standing], timedelta]()
    for group in seen.waiting:
        known = OTHER_LEVEL if group.level not in levels else str(group.level)
        key = (NO_LEVEL if group.level is None else known, group.standing)
        cases[key] += group.cases
        oldest[key] = max(oldest.get(key, timedelta()), seen.pulse.at - group.oldest)
    # All of them each time: what is gone must say 0.
    for level in (*map(str, levels), NO_LEVEL, OTHER_LEVEL):
        for standing in Standing:
            key = (level, standing)
            measures().queue_cases.labels(level, standing.value).set(cases[key])
            waited = oldest.get(key, timedelta()).total_seconds()
            measures().queue_wait_seconds.labels(level, standing.value).set(waited)


def _tell_suggestions(came_of: Sequence[CameOf]) -> None:
    found = Counter[tuple[str, str, str]]()
    for group in came_of:
        found[_tier(group.tier), group.suggestion.value, _rank(group.rank)] += group.decisions
    for tier in TIERS:
        for suggestion in Suggestion:
            for rank in RANKS:
                measures().suggestions.labels(tier, suggestion.value, rank).set(found[tier, suggestion.value, rank])


def _tier(tier: str) -> str:
    return tier if tier in TIERS else NO_TIER


def _rank(rank: int | None) -> str:
    if rank is None:
        return NO_RANK
    return str(rank) if rank <= 3 else LATER_RANK
