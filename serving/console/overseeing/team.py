"""What a lead looks at: what waits and how long, who holds what, what each person decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from cases.identity import Identity
from cases.ids import CaseId
from serving.console.pages import PageRoute, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=90)]


@router.get("/team")
def show_team(request: Request, parts: Parts, who: Who, days: Days = 7) -> HTMLResponse:
    """What waits and for how long, who holds what, what each person decided and how it came out."""
    store, window = parts.store(), timedelta(days=days)
    levels = parts.taxonomy.severity_levels
    overdue = {known.level: len(store.overdue(known.level, known.first_touch)) for known in levels}
    held = store.all_leases()
    return page(
        request,
        "team.html",
        days=days,
        pulse=store.pulse(timedelta(hours=24)),
        waiting=store.waiting(),
        overdue=overdue,
        held=[(lease, _title(parts, who, lease.case_id)) for lease in held],
        work=store.work_of_each(window),
    )


def _title(parts: Services, who: Identity, case_id: CaseId) -> str | None:
    """What the case is called; None where it is not theirs to see."""
    case = parts.store().case(case_id)
    return (case.content.title or "Untitled") if who.sees(case.queue) else None
