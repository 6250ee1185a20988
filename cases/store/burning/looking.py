"""What came in of late, as whoever looks for fires needs it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from cases.fires import LONGEST, Arrived, Burned, FireKind
from cases.ids import CaseId
from cases.record import Case, CaseStatus
from cases.store.database import Database
from cases.store.rows import AnyRow, read_cases, select_cases
from cases.store.tables import cases, decisions, fire_states, fires, reports, scores


class Looking:
    """The part of the store that says what came in."""

    _db: Database

    def record_since(self) -> datetime | None:
        """When the first case was received; None where there is none."""
        query = select(func.min(cases.c.received_at))
        found: datetime | None = self._db.read(lambda connection: connection.execute(query).scalar_one())
        return found

    def arrived_by_category(self, since: datetime) -> list[Arrived]:
        """Cases received after `since` by category: as decided, else the likeliest by the latest score.

        A case that nobody decided and no model judged is of none, and not among them.
        """
        category = func.coalesce(decisions.c.category, scores.c.top_category)
        query = (
            select(category.label("about"), cases.c.received_at, cases.c.id.label("case_id"))
            .select_from(
                cases.outerjoin(decisions, decisions.c.id == cases.c.decision_id).outerjoin(
                    scores, scores.c.id == cases.c.score_id
                )
            )
            .where(*_came_in(since, self._db.clock()), category.is_not(None))
        )
        return self._db.read(partial(_arrived, query=query))

    def arrived_by_subject(self, since: datetime) -> list[Arrived]:
        """Reports received after `since` by the subject that they name, since one case gathers those on one."""
        query = select(reports.c.subject_id.label("about"), reports.c.received_at, reports.c.case_id).where(
            reports.c.received_at > since,
            reports.c.received_at <= self._db.clock(),
            reports.c.subject_id.is_not(None),
        )
        return self._db.read(partial(_arrived, query=query))

    def novel_cases(self, since: datetime, below: float, limit: int) -> list[Case]:
        """Cases received after `since` whose latest score has a `novelty_p` below `below`, the newest first."""
        novel = scores.c.novelty_p < below

        def work(connection: Connection) -> list[Case]:
            query = (
                select_cases(self._db.now_column())
                .join(scores, scores.c.id == cases.c.score_id)
                .where(*_came_in(since, self._db.clock()), cases.c.status != CaseStatus.ERASED.value, novel)
                .order_by(cases.c.received_at.desc(), cases.c.id.desc())
                .limit(limit)
            )
            return read_cases(connection, connection.execute(query).all())

        return self._db.read(work)

    def burned(self, since: datetime) -> list[Burned]:
        """What burned after `since`, acknowledged or not."""
        query = (
            select(fires, fire_states.c.seen_at)
            .join(fire_states, fire_states.c.fire_id == fires.c.id)
            .where(fire_states.c.seen_at > since, fires.c.kind != FireKind.NEW_KIND.value)
        )
        return self._db.read(lambda connection: [_burned(row) for row in connection.execute(query)])


def _arrived(connection: Connection, *, query: Select[Any]) -> list[Arrived]:
    return [Arrived(about, at, CaseId(case_id)) for about, at, case_id in connection.execute(query)]


def _came_in(since: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    merged = cases.c.status == CaseStatus.MERGED.value
    return cases.c.received_at > since, cases.c.received_at <= now, ~merged


def _burned(row: AnyRow) -> Burned:
    began = row.started_at - timedelta(seconds=row.window_seconds)
    ended = min(row.seen_at, row.started_at + LONGEST)
    return Burned(FireKind(row.kind), row.category or row.subject_id, began, ended)
