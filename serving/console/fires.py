"""What burns, as a page: since when, how unusual it is in plain words, which cases; and saying that one knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.fires import MOST_NOTE, Fire, FireId
from cases.identity import Identity
from cases.ids import CaseId
from serving.access.permitting import their_queues
from serving.console.forms import id_of, nothing_if_empty
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.console.tables import MAX_ROWS, Column, Table, as_file
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

MOST_BURNING, MOST_OVER = 50, 20
# Of each fire so many cases are shown by their titles; the view of the category has all that wait.
TITLED = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A fire as the page shows it.

    Attributes:
        titles: Of some of its cases.
    """

    fire: Fire
    titles: tuple[tuple[CaseId, str], ...]


class Acknowledged(BaseModel):
    """What the form says."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    note: Annotated[Annotated[str, Field(max_length=MOST_NOTE)] | None, BeforeValidator(nothing_if_empty)] = None


@router.get("/fires")
def show(request: Request, parts: Parts, who: Who) -> HTMLResponse:
    """What burns, and what burned of late."""
    store, queues = parts.store(), their_queues(parts, who, None)
    burning = store.fires(MOST_BURNING, burning=True, queues=queues)
    over = store.fires(MOST_OVER, burning=False, queues=queues)
    return page(
        request,
        "fires.html",
        burning=[_shown(parts, fire) for fire in burning],
        over=over,
        table=table_of([*burning, *over]),
        names=category_names(parts),
        most_note=MOST_NOTE,
    )


def table_of(found: Sequence[Fire]) -> Table[Fire]:
    """Fires as a table."""
    columns: Mapping[str, Column[Fire]] = {
        "fire_id": ("text", lambda fire: fire.id),
        "kind": ("text", lambda fire: fire.kind.value),
        "category": ("text", lambda fire: fire.category or ""),
        "subject": ("text", lambda fire: " ".join(fire.subject) if fire.subject else ""),
        "window_hours": ("number", lambda fire: fire.window / timedelta(hours=1)),
        "count": ("whole", lambda fire: fire.count),
        "expected": ("number", lambda fire: fire.expected),
        "p_value": ("number", lambda fire: fire.p_value),
        "started_at": ("time", lambda fire: fire.started_at),
        "seen_at": ("time", lambda fire: fire.seen_at),
        "latest": ("whole", lambda fire: fire.latest),
        "ended_at": ("time", lambda fire: fire.ended_at),
        "ended_because": ("text", lambda fire: fire.ended_because.value if fire.ended_because else ""),
        "ended_by": ("text", lambda fire: fire.ended_by),
        "note": ("text", lambda fire: fire.note),
    }
    return Table("/fires/all", "New fires", columns, found)


@router.get("/fires/all.{kind}")
def download(kind: str, parts: Parts, who: Who) -> Response:
    """Those that burn and those that are over as a file, the newest first."""
    return as_file(table_of(parts.store().fires(MAX_ROWS, queues=their_queues(parts, who, None))), kind)


@router.post("/fires/{fire_id}/acknowledge")
def acknowledge(
    request: Request, fire_id: str, parts: Parts, who: Who, form: Annotated[Acknowledged, Form()]
) -> Response:
    """Say that one knows: it is over, and receivers are told so."""
    parts.store().acknowledge_fire(FireId(id_of(fire_id, "fire_id")), by=who.name, note=form.note or "")
    return gone_to(request, "/fires")


def category_names(parts: Services) -> dict[str, str]:
    """What each category is called."""
    return {category.id: category.name for category in parts.taxonomy.categories}


def _shown(parts: Services, fire: Fire) -> Shown:
    cases = [parts.store().case(case_id) for case_id in fire.case_ids[:TITLED]]
    return Shown(fire, tuple((case.id, case.content.title or "Untitled") for case in cases))
