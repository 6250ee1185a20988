"""Rows to write out, and the analysts' views."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Select, func, select, table, text

from cases.errors import InvalidInputError
from cases.store.database import Database
from cases.store.rows import AnyRow, read_cases, select_cases
from cases.store.tables import cases, decisions, reports, scores, withdrawn_decisions

TableName = Literal["cases", "decisions", "scores"]
ViewName = Literal["volume_by_category_week", "overturns", "first_touch_sla"]

PAGE = 500

_DATES = ("week", "month")


class Exporting:
    """The part of the store that hands out rows."""

    _db: Database

    def rows(self, name: TableName) -> Iterator[dict[str, Any]]:
        """All rows of a table as flat dictionaries, by id, which is the order they were made in.

        Values are strings, numbers, booleans, aware UTC datetimes and None; maps and lists are JSON text. Cases come
        with their latest content and today's status. Neither notes nor reporters are among them. Memory stays
        constant, as in `decided_cases`.

        Raises:
            InvalidInputError: There is no such export.
            StoreUnavailableError: The database does not answer.
        """
        if name not in get_args(TableName):
            raise InvalidInputError(
                f"'name' must be one of {', '.join(get_args(TableName))} (got {name!r}); choose one", field="name"
            )
        read: Callable[..., list[dict[str, Any]]]
        if name == "cases":
            read = partial(_case_page, db=self._db)
        else:
            read = partial(_page, query=_DECISIONS if name == "decisions" else select(scores))
        return self._pages(read)

    def view(self, name: ViewName) -> list[dict[str, Any]]:
        """The rows of one of the analysts' views, ordered by its first columns; docs/database.md names them.

        Raises:
            InvalidInputError: There is no such view.
            StoreUnavailableError: The database does not answer.
        """
        if name not in get_args(ViewName):
            raise InvalidInputError(
                f"'name' must be one of {', '.join(get_args(ViewName))} (got {name!r}); choose one", field="name"
            )
        query = select(text("*")).select_from(table(name))
        rows = self._db.read(lambda connection: [_view_row(row) for row in connection.execute(query)])
        # Sorted here: the databases disagree on where NULL stands and on how an underscore sorts.
        return sorted(rows, key=_leading_columns)

    def _pages(self, read: Callable[..., list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        after = ""  # sorts before every id
        while page := self._db.read(partial(read, after=after)):
            yield from page
            after = page[-1]["id"]


# Those withdrawn too, and when they were: they happened, but do not stand.
_DECISIONS = select(decisions, withdrawn_decisions.c.withdrawn_at).outerjoin(
    withdrawn_decisions, withdrawn_decisions.c.decision_id == decisions.c.id
)


def _page(connection: Connection, *, query: Select[Any], after: str) -> list[dict[str, Any]]:
    key = query.selected_columns["id"]
    page = connection.execute(query.where(key > after).order_by(key).limit(PAGE)).mappings()
    return [{name: _flat(value) for name, value in row.items()} for row in page]


def _case_page(connection: Connection, *, db: Database, after: str) -> list[dict[str, Any]]:
    query = select_cases(db.now(connection)).where(cases.c.id > after).order_by(cases.c.id).limit(PAGE)
    rows = connection.execute(query).all()
    found = read_cases(connection, rows)
    counted = (
        select(reports.c.case_id, func.count().label("reports"))
        .where(reports.c.case_id.in_([row.id for row in rows]))
        .group_by(reports.c.case_id)
    )
    counts = {row.case_id: row.reports for row in connection.execute(counted)}
    return [
        {
            "id": case.id,
            "subject_kind": case.subject.kind if case.subject else None,
            "subject_external_id": case.subject.external_id if case.subject else None,
            "status": case.status.value,
            "received_at": case.received_at,
            "first_claimed_at": case.first_claimed_at,
            "decided_at": case.decided_at,
            "queue": case.queue,
            "assigned_to": case.assigned_to,
            "hold_until": case.hold_until,
            "paused_seconds": case.paused_seconds,
            "set_severity": case.set_severity,
            "set_priority": case.set_priority,
            "under_appeal": case.under_appeal,
            "order_key": case.order_key,
            "reports": counts.get(case.id, 0),  # none is left on a case that was merged into another
            "content_version": case.content.version,
            "channel": case.content.channel,
            "title": case.content.title,
            "description": case.content.description,
            "attributes": _flat(case.content.attributes),
        }
        for case in found
    ]


def _flat(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (Mapping, list)) else value


def _view_row(row: AnyRow) -> dict[str, Any]:
    # SQLite has no type for dates; what it answers is ISO text.
    return {
        name: date.fromisoformat(value) if name in _DATES and isinstance(value, str) else value
        for name, value in row._asdict().items()
    }


def _leading_columns(row: Mapping[str, Any]) -> list[tuple[bool, Any]]:
    return [(value is None, value) for value in list(row.values())[:3]]
