"""Decisions from a spreadsheet: looked at first, decided, and undone within minutes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from pydantic import ValidationError
from starlette.responses import HTMLResponse

from cases.errors import InvalidInputError
from cases.handling import BulkState
from cases.identity import Identity
from cases.ids import BulkId, CaseId, is_id
from cases.store.working.bulk import MAX_BULK
from serving.console.decided_table import ROWS, Row, Wrong, alike, free, in_the_way, rows_of
from serving.console.pages import PageRoute, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.get("/upload")
def ask(request: Request) -> HTMLResponse:
    """What a spreadsheet must hold, and where to choose it."""
    return page(request, "upload.html")


@router.post("/upload")
def preview(request: Request, parts: Parts, who: Who, file: UploadFile) -> HTMLResponse:
    """What would be decided, and what is wrong with the other rows; nothing changes."""
    called = Path(file.filename or "").name
    with TemporaryDirectory(prefix="caseload-upload-") as folder:
        path = Path(folder) / f"decided{Path(called).suffix.lower()}"
        path.write_bytes(file.file.read())
        rows, wrong = rows_of(path, called, parts.taxonomy)
    fit, taken = free(rows, _states(parts, who, rows))
    return page(
        request,
        "upload_preview.html",
        called=called,
        fit=fit,
        wrong=sorted([*wrong, *taken], key=lambda each: each.row),
        kept=ROWS.dump_json(fit).decode(),
    )


@router.post("/upload/decide")
def decide(request: Request, parts: Parts, who: Who, rows: Annotated[str, Form()]) -> HTMLResponse:
    """Decide what the preview found to be free; whatever is no longer free is left alone, and said so."""
    try:
        told = ROWS.validate_json(rows)
    except ValidationError as error:
        raise InvalidInputError(
            f"'rows' must be as the preview made them (got {len(rows)} characters); send the spreadsheet again",
            field="rows",
        ) from error
    for row in told:
        parts.taxonomy.check(row.verdict)
    numbers = {CaseId(row.case_id): row.number for row in told}
    bulks, wrong, decided = [], [], 0
    for verdict, note, ids in alike(told):
        done = parts.store().bulk_decide(ids, verdict, by=who.name, note=note, queues=who.queues)
        took = sum(item.decision_id is not None for item in done.items)
        decided += took
        bulks += [done.bulk_id] if took else []
        wrong += [
            Wrong(numbers[item.case_id], "case_id", in_the_way(item.state))
            for item in done.items
            if item.decision_id is None
        ]
    minutes = parts.settings.undo_seconds // 60
    return page(request, "upload_done.html", decided=decided, wrong=wrong, bulks=bulks, minutes=minutes)


@router.post("/upload/undo")
def undo(request: Request, parts: Parts, who: Who, bulks: Annotated[list[str], Form()]) -> HTMLResponse:
    """Take all of it back while it is fresh; a case that somebody touched since is left as it is."""
    withdrawn = touched = 0
    for bulk_id in bulks:
        if not is_id(bulk_id):
            raise InvalidInputError(
                f"'bulks' must be ids that we gave (got {len(bulk_id)} characters); take them from the page",
                field="bulks",
            )
        undone = parts.store().undo_bulk(
            BulkId(bulk_id), by=who.name, undo_seconds=parts.settings.undo_seconds, queues=who.queues
        )
        withdrawn += sum(item.state is BulkState.WITHDRAWN for item in undone.items)
        touched += sum(item.state is not BulkState.WITHDRAWN for item in undone.items)
    return page(request, "upload_undone.html", withdrawn=withdrawn, touched=touched)


def _states(parts: Services, who: Identity, rows: Sequence[Row]) -> dict[CaseId, BulkState]:
    found: dict[CaseId, BulkState] = {}
    for start in range(0, len(rows), MAX_BULK):
        some = [CaseId(row.case_id) for row in rows[start : start + MAX_BULK]]
        items = parts.store().bulk_preview(some, by=who.name, queues=who.queues)
        found |= {item.case_id: item.state for item in items}
    return found
