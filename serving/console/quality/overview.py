"""The lead's page: what was drawn and waits, how far two readers agree, how exercises came out."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.identity import Identity
from cases.quality import SampledState
from cases.store.quality.sampling import MOST_DAYS, MOST_SAMPLED, MOST_SEED
from serving.console.forms import nothing_if_empty
from serving.console.overseeing.shares import FEW
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.console.quality.tables import SAMPLES, TABLES, Looked
from serving.console.tables import MAX_ROWS, as_file, named
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=365)]


class Drawing(BaseModel):
    """What is to be drawn."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    count: Annotated[int, Field(ge=1, le=MOST_SAMPLED)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    seed: Annotated[Annotated[int, Field(ge=0, le=MOST_SEED)] | None, BeforeValidator(nothing_if_empty)] = None


@router.get("/quality")
def show(request: Request, parts: Parts, who: Who, days: Days = 30) -> HTMLResponse:
    """All of it, of the queues that whoever asks sees."""
    store, looked = parts.store(), Looked(parts, who, days)
    return page(
        request,
        "quality.html",
        days=days,
        few=FEW,
        waiting=len(store.sampled_in(SampledState.WAITING, who.queues)),
        differing=store.sampled_in(SampledState.DIFFERS, who.queues),
        tables={name: made(looked, SAMPLES if name == "drawn" else MAX_ROWS) for name, made in TABLES.items()},
        agreement=looked.agreement,
        own=sum(one.adjudication is not None and one.adjudication.own for one in looked.twice),
        wrong=[
            one for one in looked.twice if one.stands and one.settled and one.settled.differs_in(one.first.answer)
        ],
        exercises=looked.exercises,
    )


@router.get("/quality/{table}.{kind}")
def download(table: str, kind: str, parts: Parts, who: Who, days: Days = 30) -> Response:
    """One of the page's tables as a file."""
    return as_file(named(TABLES, table)(Looked(parts, who, days), MAX_ROWS), kind)


@router.post("/quality/samples")
def draw(request: Request, parts: Parts, who: Who, form: Annotated[Drawing, Form()]) -> Response:
    """Draw decisions that are to be read a second time."""
    seed = secrets.randbelow(2**31) if form.seed is None else form.seed
    parts.store().draw_sample(by=who.name, count=form.count, days=form.days, seed=seed, queues=who.queues)
    return gone_to(request, "/quality")
