"""Alarms of this process alone: what it knows of itself, and no other process and no record can see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from serving.access.failures import Failures
from serving.chores.pace import Paced
from serving.observing.alarms import Alarm, Figures
from serving.scoring.champion import ChampionWatch


def own_alarms(
    watch: ChampionWatch, failures: Failures, chores: Callable[[], Sequence[Paced]]
) -> Callable[[], Figures]:
    """Answers those that hold, each with the figures that raise it.

    Args:
        watch: Knows of a promoted model that could not be taken up.
        failures: Counts failed sign-ins.
        chores: Answers what works beside the service.
    """

    def found() -> Figures:
        raised: dict[Alarm, dict[str, object]] = {}
        if (refused := watch.serving.refused) is not None:
            raised[Alarm.PROMOTION_REFUSED] = {"model": f"{refused.champion.name}/{refused.champion.version}"}
        stalled = {paced.name: paced.unwell for paced in chores() if paced.unwell}
        if stalled:
            raised[Alarm.CHORE_STALLED] = {"chores": sorted(stalled), "seconds": round(max(stalled.values()))}
        if addresses := failures.addresses():
            raised[Alarm.SIGN_INS_FAIL] = {"addresses": addresses}
        return raised

    return found
