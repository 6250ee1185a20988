"""A person's own work: what they hold, and what is handed out to them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from cases.identity import Identity
from cases.listing import QueueFilter
from serving.access.permitting import their_queues
from serving.console.pages import PageRoute, page, visited
from serving.console.rows import Row, rows_of, table_of
from serving.console.tables import MAX_ROWS, Table, as_file, named
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

_SHOWN = 50


def held(parts: Services, who: Identity, limit: int) -> Table[Row]:
    """What they hold, what ends first first."""
    store = parts.store()
    ids = [lease.case_id for lease in store.held_by(who.name)][: limit + 1]
    found = store.cases(ids)
    rows = rows_of(parts, [found[case_id] for case_id in ids if case_id in found])
    return table_of("/mine/held", "Cases that you hold", rows, limit)


def assigned(parts: Services, who: Identity, limit: int) -> Table[Row]:
    """What is handed out to them alone, the most urgent first."""
    theirs = QueueFilter(assigned_to=who.name)
    found = parts.store().queue(limit + 1, queues=their_queues(parts, who, None), only=theirs)
    return table_of("/mine/assigned", "Cases assigned to you", rows_of(parts, found), limit)


TABLES: Mapping[str, Callable[[Services, Identity, int], Table[Row]]] = {"held": held, "assigned": assigned}


@router.get("/mine")
def show_mine(request: Request, parts: Parts, who: Who) -> HTMLResponse:
    """What they hold, and what only they are handed."""
    tables = {name: made(parts, who, _SHOWN) for name, made in TABLES.items()}
    return page(request, "mine.html", tables=tables, mine=who.name)


@router.get("/mine/{table}.{kind}")
def download(table: str, kind: str, parts: Parts, who: Who) -> Response:
    """One of the page's tables as a file."""
    return as_file(named(TABLES, table)(parts, who, MAX_ROWS), kind)
