"""From the log of events to what each receiver is to be told, once for each event and in the log's order.

A database gives numbers out before transactions commit, so an event may appear below one that was read already. As in
sealing (`cases.seals`), the numbers that were missing are remembered and looked at again for a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cases.decision import Decision
from cases.event import Event, EventKind
from cases.number_ranges import complement, ranges_of
from cases.record import Score
from cases.seals import OpenGaps
from cases.store.database import Database
from cases.store.rows import AnyRow, chunks, decision_from, event_from, score_from
from cases.store.seal_rows import within
from cases.store.tables import cases, decisions, deliveries, event_readers, events, reports, scores, told_once
from cases.store.telling.hooking import READER, active_webhooks
from cases.telling import NAMED_REPORTS, TELLING, Facts, Message, Told, messages_of
from cases.webhooks import DeliveryState

BATCH = 500

_READER = select(event_readers).where(event_readers.c.name == READER)


class Deriving:
    """The part of the store that reads the log for those who are told."""

    _db: Database

    def derive_deliveries(self, at_most: int = BATCH) -> int:
        """Read the next events, and keep what receivers are to be told of them; answers how many events were read.

        0 where there is nothing new, nobody to be told, or another process is at it.

        Args:
            at_most: How many events, at least 1.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        if not self._db.read(_is_behind):
            return 0
        return self._db.write(partial(_derive, db=self._db, at_most=at_most))


def _is_behind(connection: Connection) -> bool:
    reader = connection.execute(_READER).one_or_none()
    if reader is None or not active_webhooks(connection):
        return False
    if connection.execute(select(func.max(events.c.seq))).scalar_one() not in (None, reader.read_up_to):
        return True
    return bool(_rows_within(connection, _gaps_of(reader), 1))


def _derive(connection: Connection, *, db: Database, at_most: int) -> int:
    reader = connection.execute(_READER.with_for_update(skip_locked=db.skips_locked)).one_or_none()
    if reader is None:
        return 0
    now, gaps = db.clock(), _gaps_of(reader)
    late = _rows_within(connection, gaps, at_most)
    query = select(events).where(events.c.seq > reader.read_up_to).order_by(events.c.seq).limit(at_most)
    fresh = connection.execute(query).all()
    gaps.take(ranges_of(row.seq for row in late))
    if fresh:
        there = ranges_of(row.seq for row in fresh)
        gaps.add(complement(reader.read_up_to + 1, fresh[-1].seq, there), now)
    gaps.expire(now)
    receivers = active_webhooks(connection)
    keep_deliveries(connection, receivers, _messages(connection, [*late, *fresh], receivers), now)
    connection.execute(
        update(event_readers)
        .where(event_readers.c.name == READER)
        .values(
            read_up_to=fresh[-1].seq if fresh else reader.read_up_to,
            gaps=[[low, high, seen.isoformat()] for low, high, seen in gaps.dated],
        )
    )
    return len(late) + len(fresh)


def keep_deliveries(
    connection: Connection,
    receivers: Sequence[AnyRow],
    told: Sequence[tuple[int | None, Message]],
    now: datetime,
) -> None:
    """Keep what each receiver is to be told, once.

    Args:
        connection: Of the transaction.
        receivers: Those that are told.
        told: Each message with the number of its event; None for what is none.
        now: Business time.
    """
    rows = [
        _row(receiver, message, now)
        for number, message in told
        for receiver in receivers
        if message.kind in receiver.events and (number is None or number > receiver.from_event)
    ]
    fresh = _first_told(connection, rows)
    if fresh:
        connection.execute(insert(deliveries), fresh)


def _row(receiver: AnyRow, message: Message, now: datetime) -> dict[str, Any]:
    return {
        "webhook_id": receiver.id,
        "event_id": message.id,
        "kind": message.kind.value,
        "about": message.about,
        "event_at": message.at,
        "payload": dict(message.data),
        "state": DeliveryState.PENDING.value,
        "next_at": now,
        "created_at": now,
    }


def _first_told(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that no receiver was told already: that a case is of severity 1 is told once for the case."""
    once = {row["event_id"] for row in rows if row["kind"] == Told.SEVERITY_1.value}
    told: set[tuple[str, str]] = set()
    for some in chunks(sorted(once)):
        found = connection.execute(select(told_once).where(told_once.c.event_id.in_(some)))
        told |= {(row.webhook_id, row.event_id) for row in found}
    first, fresh = [], []
    for row in rows:
        key = (row["webhook_id"], row["event_id"])
        if row["event_id"] in once:
            # Two events of one batch may show it.
            if key in told:
                continue
            told.add(key)
            first.append({"webhook_id": row["webhook_id"], "event_id": row["event_id"]})
        fresh.append(row)
    if first:
        connection.execute(insert(told_once), first)
    return fresh


def _gaps_of(reader: AnyRow) -> OpenGaps:
    gaps = OpenGaps()
    for low, high, seen in reader.gaps:
        gaps.add([(low, high)], datetime.fromisoformat(seen))
    return gaps


def _rows_within(connection: Connection, gaps: OpenGaps, at_most: int) -> list[AnyRow]:
    found: list[AnyRow] = []
    for condition in within(gaps.ranges):
        query = select(events).where(condition).order_by(events.c.seq).limit(at_most - len(found))
        found += connection.execute(query).all()
        if len(found) >= at_most:
            break
    return found


def _messages(
    connection: Connection, rows: Iterable[AnyRow], receivers: Iterable[AnyRow]
) -> list[tuple[int | None, Message]]:
    wanted = {kind for receiver in receivers for kind in receiver.events}
    kinds = {kind.value for kind, told in TELLING.items() if told & wanted}
    happened = [event_from(row) for row in rows if row.kind in kinds]
    if not happened:
        return []
    facts = _Facts(connection, happened)
    return [(event.seq, message) for event in happened for message in messages_of(event, facts.of(event))]


class _Facts:
    """What messages about some events hold beyond these, looked up together."""

    def __init__(self, connection: Connection, happened: Sequence[Event]) -> None:
        case_ids = sorted({event.case_id for event in happened})
        self._levels: dict[str, int | None] = {}
        self._reports: dict[str, list[AnyRow]] = {}
        for some in chunks(case_ids):
            unjudged = cases.c.score_id.is_(None) & cases.c.set_severity.is_(None)
            levels = select(cases.c.id, cases.c.level).where(cases.c.id.in_(some), unjudged)
            self._levels |= {row.id: row.level for row in connection.execute(levels)}
            for row in connection.execute(_first_reports(some)):
                self._reports.setdefault(row.case_id, []).append(row)
        self._scores: dict[str, Score] = {}
        for ids in chunks(_named(happened, "score_id")):
            found = connection.execute(select(scores).where(scores.c.id.in_(ids)))
            self._scores |= {row.id: score_from(row) for row in found}
        self._decisions: dict[str, tuple[Decision, bool]] = {}
        for ids in chunks(_named(happened, "decision_id")):
            found = connection.execute(select(decisions).where(decisions.c.id.in_(ids)))
            self._decisions |= {row.id: (decision_from(row), row.lease_token is not None) for row in found}

    def of(self, event: Event) -> Facts:
        named = self._reports.get(event.case_id, [])
        decision, here = self._decisions.get(str(event.data.get("decision_id")), (None, False))
        return Facts(
            unjudged_level=self._levels.get(event.case_id),
            reports=[(row.source, row.external_id) for row in named],
            reports_total=named[0].total if named else 0,
            score=self._scores.get(str(event.data.get("score_id"))) if event.kind is EventKind.SCORED else None,
            decision=decision,
            decided_here=here,
        )


def _named(happened: Iterable[Event], name: str) -> list[str]:
    return sorted({str(event.data[name]) for event in happened if name in event.data})


def _first_reports(case_ids: Sequence[str]) -> Any:  # noqa: ANN401 - Select of a subquery
    placed = (
        select(
            reports.c.case_id,
            reports.c.source,
            reports.c.external_id,
            func.row_number()
            .over(partition_by=reports.c.case_id, order_by=(reports.c.filed_at, reports.c.id))
            .label("place"),
            func.count().over(partition_by=reports.c.case_id).label("total"),
        )
        .where(reports.c.case_id.in_(case_ids))
        .subquery()
    )
    return select(placed).where(placed.c.place <= NAMED_REPORTS).order_by(placed.c.case_id, placed.c.place)
