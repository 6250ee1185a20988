"""The queue as a spreadsheet: what the page shows, all pages of it, as CSV or Excel; nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from cases.errors import NotFoundError
from cases.export.cells import CellCounts
from cases.export.columns import Kind
from cases.export.excel import excel_file
from cases.export.files import csv_file
from cases.identity import Identity
from cases.listing import QueueFilter, QueuePlace
from serving.access.permitting import their_queues
from serving.console.pages import PageRoute, visited
from serving.console.queue import Row, View, rows_of
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

# More than anybody reads, and few enough to be written while somebody waits.
MAX_ROWS = 20_000
_PAGE = 500

_COLUMNS: Mapping[str, Kind] = {
    "case_id": "text", "title": "text", "severity": "whole", "likeliest": "text", "probability": "number",
    "queue": "text", "received_at": "time", "due": "time", "held_by": "text", "assigned_to": "text",
    "subject_kind": "text", "subject": "text",
}  # fmt: skip
_WRITERS = {
    "csv": (csv_file, "text/csv; charset=utf-8"),
    "xlsx": (excel_file, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@router.get("/queue.{kind}")
def download(kind: str, parts: Parts, who: Who, view: Annotated[View, Query()]) -> Response:
    """The queue as a file; at most twenty thousand rows."""
    if kind not in _WRITERS:
        raise NotFoundError(f"'kind' must be csv or xlsx (got {len(kind)} characters); choose one")
    writer, media_type = _WRITERS[kind]
    with TemporaryDirectory(prefix="caseload-download-") as folder:
        path = Path(folder) / f"queue.{kind}"
        with writer(path, "queue", _COLUMNS, CellCounts()) as write:
            for row in _all_rows(parts, who, view):
                write(_cells(row))
        content = path.read_bytes()
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="queue.{kind}"'}
    )


def _all_rows(parts: Services, who: Identity, view: View) -> Iterator[Row]:
    queues = their_queues(parts, who, None if view.queue is None else [view.queue])
    only = QueueFilter(level=view.severity, category=view.category, status=view.status)
    after, written = None, 0
    while written < MAX_ROWS:
        found = parts.store().queue(_PAGE, queues=queues, after=after, only=only)
        yield from rows_of(parts, found)
        written += len(found)
        if len(found) < _PAGE:
            return
        after = QueuePlace.of(found[-1])


def _cells(row: Row) -> dict[str, Any]:
    case, (likeliest, probability) = row.case, row.likeliest or ("", None)
    return {
        "case_id": case.id,
        "title": case.content.title,
        "severity": row.level,
        "likeliest": likeliest,
        "probability": probability,
        "queue": case.queue,
        "received_at": case.received_at,
        "due": row.due,
        "held_by": row.held.holder if row.held else "",
        "assigned_to": case.assigned_to or "",
        "subject_kind": case.subject.kind if case.subject else "",
        "subject": case.subject.external_id if case.subject else "",
    }
