"""Alarms: which hold, and telling of each that begins or ends, once however many services look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cases.store.database import Database
from cases.store.tables import standing_alarms
from cases.store.telling.deriving import keep_deliveries
from cases.store.telling.hooking import active_webhooks
from cases.telling import Message, alarm_message


@dataclass(frozen=True, slots=True)
class AlarmChanges:
    """What this look was the first to see."""

    began: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


class Alarming:
    """The part of the store that knows which alarms hold."""

    _db: Database

    def tell_alarms(self, raised: Mapping[str, Mapping[str, Any]]) -> AlarmChanges:
        """Keep which alarms hold now, and let receivers be told of what began and what ended.

        Args:
            raised: By the alarm's code, the figures that raise it: ids, codes and numbers.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        if self._db.read(_standing) == set(raised):
            return AlarmChanges()

        def work(connection: Connection) -> AlarmChanges:
            now, standing = self._db.clock(), _standing(connection)
            began = sorted(set(raised) - standing)
            # Of two services that see it end at once, one deletes the row.
            ended = [
                alarm
                for alarm in sorted(standing - set(raised))
                if connection.execute(delete(standing_alarms).where(standing_alarms.c.alarm == alarm)).rowcount == 1
            ]
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


def _standing(connection: Connection) -> set[str]:
    return set(connection.execute(select(standing_alarms.c.alarm)).scalars())
