"""Alarms: severity 1 that nobody took in time, a queue grown old, and more coming in than is decided.

They are raised and cleared as metrics, and receivers of events are told, once however many services look. Each hangs
on figures alone, so it says nothing of what a case is about; a case is named by its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache

from prometheus_client import Gauge
from starlette.concurrency import run_in_threadpool

from cases.errors import CaseloadError
from cases.ids import CaseId
from cases.settings import Settings
from cases.store import CaseStore, Pulse
from serving.logs import logger
from serving.ranking import Ranking

EVERY_SECONDS = 30.0
_MOST_SEVERE = 1


class Alarm(StrEnum):
    """What can be wrong with a queue."""

    SEVERITY_1_UNCLAIMED = "severity_1_unclaimed"
    QUEUE_OLD = "queue_old"
    OVER_CAPACITY = "over_capacity"


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """Beyond which an alarm is raised.

    Attributes:
        oldest: How long an untouched case may wait.
        load: Reports for each decision, within `window`.
        window: Over which reports and decisions are counted.
    """

    oldest: timedelta
    load: float
    window: timedelta

    @classmethod
    def of_settings(cls, settings: Settings) -> AlarmLimits:
        """Those that the settings name."""
        return cls(
            timedelta(hours=settings.alarm_oldest_hours),
            settings.alarm_load,
            timedelta(hours=settings.alarm_window_hours),
        )


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen of the queue at a moment.

    Attributes:
        pulse: Its figures.
        overdue: The cases of severity 1 that nobody has claimed though their time to first touch is over.
    """

    pulse: Pulse
    overdue: tuple[CaseId, ...]

    def raised(self, limits: AlarmLimits) -> Mapping[Alarm, dict[str, object]]:
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
    return Watch(store.pulse(limits.window), tuple(store.overdue(_MOST_SEVERE, first_touch)))


class Alarms:
    """Looks at the queue every half minute, and lets be told what began and what ended.

    Args:
        store: Answers the open store.
        ranking: Says by when a case must be touched.
        limits: Beyond which an alarm is raised.
        every: Seconds between two looks.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        ranking: Ranking,
        limits: AlarmLimits,
        *,
        every: float = EVERY_SECONDS,
    ) -> None:
        self._store = store
        self._ranking = ranking
        self._limits = limits
        self._every = every

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.step()
            except CaseloadError as error:
                logger.warning("alarms wait: %s", type(error).__name__)
            except Exception:  # noqa: BLE001 - logged; it must outlive it
                logger.exception("alarms stumbled")
            await asyncio.sleep(self._every)

    async def step(self) -> None:
        """Look once; sets the metrics, and logs and keeps for those who are told what nobody has seen before.

        Raises:
            CaseloadError: The database does not answer.
        """
        store = self._store()
        seen = await run_in_threadpool(look, store, self._ranking, self._limits)
        raised = seen.raised(self._limits)
        _set_metrics(seen, raised)
        changes = await run_in_threadpool(
            store.tell_alarms, {alarm.value: figures for alarm, figures in raised.items()}
        )
        for what, alarms in (("raised", changes.began), ("cleared", changes.ended)):
            for alarm in alarms:
                logger.warning("alarm %s %s", alarm, what)


@cache
def _gauges() -> Mapping[str, Gauge]:
    """Made on first use: what they are called holds for the process. Of several processes the newest counts."""
    told = {
        "queue_open": "Undecided cases.",
        "queue_oldest_seconds": "How long the oldest case has waited that nobody has touched.",
        "queue_severity_1_overdue": "Cases of severity 1 not claimed within their time to first touch.",
        "reports_in_window": "Reports filed within the alarms' window.",
        "decisions_in_window": "Decisions taken within the alarms' window.",
    }
    made = {
        name: Gauge(f"caseload_{name}", meaning, multiprocess_mode="livemostrecent") for name, meaning in told.items()
    }
    made["alarm"] = Gauge("caseload_alarm", "1 while the alarm holds.", ["alarm"], multiprocess_mode="livemostrecent")
    return made


def _set_metrics(seen: Watch, raised: Mapping[Alarm, object]) -> None:
    gauges, pulse = _gauges(), seen.pulse
    gauges["queue_open"].set(pulse.open)
    gauges["queue_oldest_seconds"].set(pulse.age.total_seconds())
    gauges["queue_severity_1_overdue"].set(len(seen.overdue))
    gauges["reports_in_window"].set(pulse.arrived)
    gauges["decisions_in_window"].set(pulse.decided)
    for alarm in Alarm:
        gauges["alarm"].labels(alarm.value).set(alarm in raised)


def _hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 2)
