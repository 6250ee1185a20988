"""The policy in words: what each category holds, cases of it, how sure is sure enough, and what that leaves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from cases.identity import Identity
from models.tiers import TARGETS
from serving.console.overseeing.policy_tables import TABLES
from serving.console.overseeing.targets import TargetsAsked
from serving.console.pages import PageRoute, page, visited
from serving.console.tables import MAX_ROWS, as_file, named
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=365)]

EXAMPLES = 3


@router.get("/policy")
def show_policy(
    request: Request,
    parts: Parts,
    who: Who,
    days: Days = 30,
    category: Annotated[str, Query(max_length=100)] = "",
    target: Annotated[float | None, Query(ge=TARGETS[0], le=TARGETS[-1])] = None,
) -> HTMLResponse:
    """The taxonomy in words, examples, targets; `category` and `target` ask what another target would leave."""
    asked = target if category in parts.taxonomy.category_ids else None
    targets = TargetsAsked(parts, days, {} if asked is None else {category: asked})
    figures = targets.figures
    return page(
        request,
        "policy.html",
        days=days,
        tables={name: made(targets, MAX_ROWS) for name, made in TABLES.items()},
        known=figures is not None and bool(figures.coverage),
        held_out=0 if figures is None else figures.cases,
        asked=category,
        wanted=asked,
        choosable=[float(each) for each in TARGETS],
        targets=targets.each,
        examples={
            name: [(each, each.title if who.sees(each.queue) else None) for each in found]
            for name, found in parts.store().examples(EXAMPLES).items()
        },
    )


@router.get("/policy/{table}.{kind}")
def download(table: str, kind: str, parts: Parts, days: Days = 30) -> Response:
    """One of the page's tables as a file."""
    return as_file(named(TABLES, table)(TargetsAsked(parts, days), MAX_ROWS), kind)
