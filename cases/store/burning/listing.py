"""Showing fires: which burn, which burned, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from cases.fires import Fire, FireEnd, FireId, FireKind
from cases.ids import CaseId
from cases.store.database import Database
from cases.store.rows import AnyRow, of_queues
from cases.store.tables import cases, fire_cases, fire_ends, fire_notes, fire_states, fires, subjects

_FIRES: Select[Any] = (
    select(
        fires,
        fire_states.c.seen_at,
        fire_states.c.arrivals.label("latest"),
        fire_ends.c.ended_at,
        fire_ends.c.because,
        fire_ends.c.ended_by,
        fire_notes.c.text.label("note"),
        subjects.c.kind.label("subject_kind"),
        subjects.c.external_id.label("subject_ref"),
    )
    .join(fire_states, fire_states.c.fire_id == fires.c.id)
    .outerjoin(fire_ends, fire_ends.c.fire_id == fires.c.id)
    .outerjoin(fire_notes, fire_notes.c.fire_id == fires.c.id)
    .outerjoin(subjects, subjects.c.id == fires.c.subject_id)
)


class Listing:
    """The part of the store that shows fires."""

    _db: Database

    def fires(
        self,
        limit: int,
        *,
        before: FireId | None = None,
        burning: bool | None = None,
        queues: Sequence[str] | None = None,
    ) -> list[Fire]:
        """Fires, the newest first.

        Args:
            limit: At most so many.
            before: Those that began before this one; None: from the newest.
            burning: Only those that burn, or only those that do not; None for both.
            queues: Name cases in these alone; None for any.
        """
        query = _FIRES.order_by(fires.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(fires.c.id < before)
        if burning is not None:
            query = query.where(fire_ends.c.fire_id.is_(None) if burning else fire_ends.c.fire_id.is_not(None))

        def work(connection: Connection) -> list[Fire]:
            rows = connection.execute(query).all()
            named = _named(connection, [row.id for row in rows], queues)
            return [_fire(row, named.get(row.id, ()), sees_all=queues is None) for row in rows]

        return self._db.read(work)

    def fires_burning(self) -> dict[FireKind, int]:
        """How many burn, by kind; each kind is there."""
        query = (
            select(fires.c.kind, func.count())
            .outerjoin(fire_ends, fire_ends.c.fire_id == fires.c.id)
            .where(fire_ends.c.fire_id.is_(None))
            .group_by(fires.c.kind)
        )
        found = dict(self._db.read(lambda connection: [tuple(row) for row in connection.execute(query)]))
        return {kind: found.get(kind.value, 0) for kind in FireKind}


def _named(
    connection: Connection, fire_ids: Sequence[str], queues: Sequence[str] | None
) -> Mapping[str, tuple[CaseId, ...]]:
    query = (
        select(fire_cases.c.fire_id, fire_cases.c.case_id)
        .where(fire_cases.c.fire_id.in_(fire_ids))
        .order_by(fire_cases.c.fire_id, fire_cases.c.place)
    )
    if queues is not None:
        query = query.join(cases, cases.c.id == fire_cases.c.case_id).where(*of_queues(queues))
    found: dict[str, tuple[CaseId, ...]] = {}
    for row in connection.execute(query):
        found[row.fire_id] = (*found.get(row.fire_id, ()), CaseId(row.case_id))
    return found


def _fire(row: AnyRow, case_ids: tuple[CaseId, ...], *, sees_all: bool) -> Fire:
    about_subject = row.subject_id is not None and (sees_all or bool(case_ids))
    return Fire(
        id=FireId(row.id),
        kind=FireKind(row.kind),
        category=row.category,
        subject=(row.subject_kind, row.subject_ref) if about_subject else None,
        window=timedelta(seconds=row.window_seconds),
        count=row.arrivals,
        expected=row.expected,
        p_value=row.p_value,
        teams=tuple(row.teams),
        case_ids=case_ids,
        started_at=row.started_at,
        seen_at=row.seen_at,
        latest=row.latest,
        ended_at=row.ended_at,
        ended_because=None if row.because is None else FireEnd(row.because),
        ended_by=row.ended_by or "",
        note=row.note or "",
    )
