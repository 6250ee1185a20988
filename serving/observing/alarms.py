"""Alarms: severity 1 that nobody took in time, a queue grown old, more coming in than is decided, a log of events
that nobody seals; and what this process alone knows of itself (`serving.observing.own_alarms`).

They are raised and cleared as metrics, and receivers of events are told, once however many services look. Each hangs
on figures alone, so it says nothing of what a case is about; a case is named by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from starlette.concurrency import run_in_threadpool

from cases.ids import CaseId
from cases.settings import Settings
from cases.store import CameOf, CaseStore, Pulse, Unsealed, Waiting
from serving.chores.pace import Pace, Paced
from serving.observing.logs import logger
from serving.observing.measures import measures
from serving.observing.queue_measures import tell_queue
from serving.scoring.ranking import Ranking

EVERY_SECONDS = 30.0
_MOST_SEVERE = 1


class Alarm(StrEnum):
    """What can be wrong with a queue, with the log of what was done in it, and with a process."""

    SEVERITY_1_UNCLAIMED = "severity_1_unclaimed"
    QUEUE_OLD = "queue_old"
    OVER_CAPACITY = "over_capacity"
    SEALING_STOPPED = "sealing_stopped"
    PROMOTION_REFUSED = "promotion_refused"
    CHORE_STALLED = "chore_stalled"
    SIGN_INS_FAIL = "sign_ins_fail"


# What a process sees of itself alone; the others are seen in the record, and alike by all.
OWN = frozenset({Alarm.PROMOTION_REFUSED, Alarm.CHORE_STALLED, Alarm.SIGN_INS_FAIL})

Figures = Mapping[Alarm, dict[str, object]]


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """Beyond which an alarm is raised.

    Attributes:
        oldest: How long an untouched case may wait.
        load: Reports for each decision, within `window`.
        window: Over which reports and decisions are counted.
        unsealed: How long an event may wait for its seal while no other is made.
    """

    oldest: timedelta
    load: float
    window: timedelta
    unsealed: timedelta = timedelta(minutes=4)

    @classmethod
    def of_settings(cls, settings: Settings) -> AlarmLimits:
        """Those that the settings name."""
        return cls(
            timedelta(hours=settings.alarm_oldest_hours),
            settings.alarm_load,
            timedelta(hours=settings.alarm_window_hours),
            # Three turns may fail, for a database that is restarted, before somebody has to look.
            timedelta(seconds=3 * settings.audit_seconds + 60),
        )


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen of the queue at a moment.

    Attributes:
        pulse: Its figures.
        overdue: The cases of severity 1 that nobody has claimed though their time to first touch is over.
        unsealed: How far the log of events is sealed.
        waiting: What is open, by severity and by how it stands.
        came_of: What came of the model's suggestions within the window.
    """

    pulse: Pulse
    overdue: tuple[CaseId, ...]
    unsealed: Unsealed
    waiting: tuple[Waiting, ...]
    came_of: tuple[CameOf, ...]

    @property
    def seal_age(self) -> timedelta:
        """How long ago the last seal was made; without one how long the oldest event has waited."""
        return self._since(self.unsealed.sealed_at or self.unsealed.oldest)

    @property
    def unsealed_for(self) -> timedelta:
        """How long the oldest unsealed event has waited; nothing where all are sealed."""
        return self._since(self.unsealed.oldest)

    def _since(self, moment: datetime | None) -> timedelta:
        return timedelta() if moment is None else max(timedelta(), self.pulse.at - moment)

    def raised(self, limits: AlarmLimits) -> Figures:
        """The alarms that hold, each with the figures that raise it."""
        pulse, found = self.pulse, dict[Alarm, dict[str, object]]()
        if self.overdue:
            found[Alarm.SEVERITY_1_UNCLAIMED] = {"cases": list(self.overdue), "count": len(self.overdue)}
        if pulse.age > limits.oldest:
            found[Alarm.QUEUE_OLD] = {"hours": _hours(pulse.age), "limit_hours": _hours(limits.oldest)}
        # A queue that is worked off is not over capacity, however uneven the flow.
        if pulse.load > limits.load and pulse.open > 0:
            found[Alarm.OVER_CAPACITY] = {
                "reports": pulse.arrived,
                "decisions": pulse.decided,
                "window_hours": _hours(pulse.window),
            }
        # While seals are made, what has piled up is only on its way.
        if min(self.unsealed_for, self.seal_age) > limits.unsealed:
            found[Alarm.SEALING_STOPPED] = {
                "seconds": round(self.unsealed_for.total_seconds()),
                "limit_seconds": round(limits.unsealed.total_seconds()),
            }
        return found


def look(store: CaseStore, ranking: Ranking, limits: AlarmLimits) -> Watch:
    """How the queue does.

    Args:
        store: The record.
        ranking: Says by when a case must be touched.
        limits: Says over which window the flow is counted.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    first_touch = {level.level: level.first_touch for level in ranking.taxonomy.severity_levels}[_MOST_SEVERE]
    return Watch(
        store.pulse(limits.window),
        tuple(store.overdue(_MOST_SEVERE, first_touch)),
        store.unsealed(),
        tuple(store.waiting()),
        tuple(store.came_of_suggestions(limits.window)),
    )


class Alarms:
    """Looks at the queue every half minute, and lets be told what began and what ended.

    Args:
        store: Answers the open store.
        ranking: Says by when a case must be touched.
        limits: Beyond which an alarm is raised.
        own: Answers those of `OWN` that hold.
        every: Seconds between two looks.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        ranking: Ranking,
        limits: AlarmLimits,
        *,
        own: Callable[[], Figures] = dict,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._store = store
        self._ranking = ranking
        self._limits = limits
        self._own = own
        self.paced = Paced("alarms", self.step, Pace(every, every))

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def step(self) -> None:
        """Look once; sets the metrics, and logs and keeps for those who are told what nobody has seen before.

        Raises:
            CaseloadError: The database does not answer.
        """
        own = self._own()
        # First, since they are known though the database does not answer.
        _show(own, OWN)
        store = self._store()
        seen = await run_in_threadpool(look, store, self._ranking, self._limits)
        tell_queue(seen, self._ranking.taxonomy.levels)
        of_record = seen.raised(self._limits)
        _show(of_record, set(Alarm) - OWN)
        raised = {alarm.value: figures for alarm, figures in {**of_record, **own}.items()}
        changes = await run_in_threadpool(
            partial(store.tell_alarms, raised, own=frozenset(alarm.value for alarm in OWN))
        )
        for what, alarms in (("raised", changes.began), ("cleared", changes.ended)):
            for name in alarms:
                logger.warning("alarm %s %s", name, what)


def _show(raised: Figures, alarms: Collection[Alarm]) -> None:
    for alarm in alarms:
        measures().alarm.labels(alarm.value).set(alarm in raised)


def _hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 2)
