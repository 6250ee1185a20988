"""What burns, as a page: since when, how unusual it is in plain words, which cases; and saying that one knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.errors import NotFoundError
from cases.fires import MOST_NOTE, Fire, FireId
from cases.identity import Identity
from cases.ids import CaseId, is_id
from serving.access.permitting import their_queues
from serving.console.forms import nothing_if_empty
from serving.console.pages import PageRoute, gone_to, page, visited
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
    return page(
        request,
        "fires.html",
        burning=[_shown(parts, fire) for fire in burning],
        over=store.fires(MOST_OVER, burning=False, queues=queues),
        names=category_names(parts),
        most_note=MOST_NOTE,
    )


@router.post("/fires/{fire_id}/acknowledge")
def acknowledge(
    request: Request, fire_id: str, parts: Parts, who: Who, form: Annotated[Acknowledged, Form()]
) -> Response:
    """Say that one knows: it is over, and receivers are told so."""
    if not is_id(fire_id):
        raise NotFoundError("'fire_id' must be an id that we gave (got another text); take it from the page of fires")
    parts.store().acknowledge_fire(FireId(fire_id), by=who.name, note=form.note or "")
    return gone_to(request, "/fires")


def category_names(parts: Services) -> dict[str, str]:
    """What each category is called."""
    return {category.id: category.name for category in parts.taxonomy.categories}


def _shown(parts: Services, fire: Fire) -> Shown:
    cases = [parts.store().case(case_id) for case_id in fire.case_ids[:TITLED]]
    return Shown(fire, tuple((case.id, case.content.title or "Untitled") for case in cases))
