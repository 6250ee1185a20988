"""Alarms: which hold, and telling of each that begins or ends, once however many services look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cases.store.database import Database
from cases.store.tables import standing_alarms
from cases.store.telling.deriving import keep_deliveries
from cases.store.telling.hooking import active_webhooks
from cases.telling import Message, alarm_message

# An alarm that one process sees and another does not ends when none has said for so long that it holds: four looks.
UNSAID = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class AlarmChanges:
    """What this look was the first to see."""

    began: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


class Alarming:
    """The part of the store that knows which alarms hold."""

    _db: Database

    def tell_alarms(
        self, raised: Mapping[str, Mapping[str, Any]], *, own: Collection[str] = frozenset()
    ) -> AlarmChanges:
        """Keep which alarms hold now, and let receivers be told of what began and what ended.

        Args:
            raised: By the alarm's code, the figures that raise it: ids, codes and numbers.
            own: Codes of alarms that are no matter of the record, and that each process sees of itself alone: that
                this one does not see it says nothing of the others.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        standing, now = self._db.read(_standing), self._db.clock()
        if not (set(raised) - standing.keys() or set(raised) & set(own) or _over(standing, raised, own, now)):
            return AlarmChanges()

        def work(connection: Connection) -> AlarmChanges:
            now, standing = self._db.clock(), _standing(connection)
            began = sorted(set(raised) - standing.keys())
            ended = _ended(connection, standing, _over(standing, raised, own, now))
            said = sorted(set(raised) & set(own) & standing.keys())
            if said:
                connection.execute(
                    update(standing_alarms).where(standing_alarms.c.alarm.in_(said)).values(raised_at=now)
                )
            if began:
                connection.execute(insert(standing_alarms), [{"alarm": alarm, "raised_at": now} for alarm in began])
            told: list[tuple[int | None, Message]] = [
                *((None, alarm_message(alarm, raised[alarm], now, raised=True)) for alarm in began),
                *((None, alarm_message(alarm, {}, now, raised=False)) for alarm in ended),
            ]
            keep_deliveries(connection, active_webhooks(connection), told, now)
            return AlarmChanges(tuple(began), tuple(ended))

        # Of two that see it begin at once, one inserts the row, and the other looks again.
        return self._db.write(work, retry_duplicates=True)


def _ended(connection: Connection, standing: Mapping[str, datetime], over: Collection[str]) -> list[str]:
    """Those of `over` that this one ends: of two services that see it at once one deletes the row, and neither does
    where it was said again that it holds.
    """
    gone = delete(standing_alarms)
    return [
        alarm
        for alarm in over
        if connection.execute(
            gone.where(standing_alarms.c.alarm == alarm, standing_alarms.c.raised_at <= standing[alarm])
        ).rowcount
        == 1
    ]


def _over(
    standing: Mapping[str, datetime], raised: Collection[str], own: Collection[str], now: datetime
) -> list[str]:
    """The alarms that held and hold no longer."""
    return [
        alarm
        for alarm, said in sorted(standing.items())
        if alarm not in raised and (alarm not in own or now - said > UNSAID)
    ]


def _standing(connection: Connection) -> dict[str, datetime]:
    query = select(standing_alarms.c.alarm, standing_alarms.c.raised_at)
    return {row.alarm: row.raised_at for row in connection.execute(query)}
