"""What leads look at: what waits, what is late, who holds what, and what each person decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from cases.identity import Identity
from cases.record import Case, Lease
from cases.store import Waiting, Work
from cases.taxonomy_parts import SeverityLevel
from serving.access.permitting import their_queues
from serving.console.pages import PageRoute, page, visited
from serving.console.tables import MAX_ROWS, Table, as_file, named
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=90)]

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Late:
    """How many cases of a severity nobody touched within their time."""

    level: SeverityLevel
    cases: int


def waiting(parts: Services, who: Identity, limit: int, _: int) -> Table[Waiting]:
    """What waits, by severity and by how it stands."""
    return Table(
        "/team/waiting",
        "Cases that wait, by severity and how they stand",
        {
            "severity": ("whole", lambda each: each.level),
            "standing": ("text", lambda each: each.standing.value),
            "cases": ("whole", lambda each: each.cases),
            "oldest_received_at": ("time", lambda each: each.oldest),
        },
        parts.store().waiting(queues=their_queues(parts, who, None)),
        limit,
    )


def late(parts: Services, who: Identity, limit: int, _: int) -> Table[Late]:
    """What nobody touched within its time."""
    levels = parts.taxonomy.severity_levels
    first_touch = {level.level: level.first_touch for level in levels}
    counts = parts.store().overdue_counts(first_touch, queues=their_queues(parts, who, None))
    return Table(
        "/team/late",
        "Cases untouched past their time to first touch, by severity",
        {
            "severity": ("whole", lambda each: each.level.level),
            "name": ("text", lambda each: each.level.name),
            "first_touch_minutes": ("number", lambda each: each.level.first_touch / timedelta(minutes=1)),
            "cases": ("whole", lambda each: each.cases),
        },
        [Late(level, counts[level.level]) for level in levels],
        limit,
    )


def held(parts: Services, who: Identity, limit: int, _: int) -> Table[tuple[Lease, Case]]:
    """Who holds what; of their queues alone."""
    store = parts.store()
    leases = store.all_leases(limit + 1, queues=their_queues(parts, who, None))
    found = store.cases([lease.case_id for lease in leases])
    return Table(
        "/team/held",
        "Cases that somebody holds",
        {
            "case_id": ("text", lambda each: each[1].id),
            "title": ("text", lambda each: each[1].content.title),
            "queue": ("text", lambda each: each[1].queue),
            "holder": ("text", lambda each: each[0].holder),
            "held_until": ("time", lambda each: each[0].expires_at),
        },
        # A case may have moved to another team's queue since the leases were read.
        [
            (lease, found[lease.case_id])
            for lease in leases
            if lease.case_id in found and who.sees(found[lease.case_id].queue)
        ],
        limit,
    )


def work(parts: Services, who: Identity, limit: int, days: int) -> Table[Work]:
    """What each person decided, and how it came out."""
    return Table(
        "/team/work",
        "Decisions by person",
        {
            "person": ("text", lambda each: each.person),
            "decided": ("whole", lambda each: each.decided),
            "accepted": ("whole", lambda each: each.accepted),
            "overridden": ("whole", lambda each: each.overridden),
            "accepted_share": ("number", lambda each: each.accepted_share),
            "reviewed": ("whole", lambda each: each.reviewed),
            "overturned": ("whole", lambda each: each.overturned),
            "median_minutes": ("number", lambda each: each.minutes),
        },
        parts.store().work_of_each(timedelta(days=days), queues=their_queues(parts, who, None)),
        limit,
        {"days": days},
    )


TABLES: Mapping[str, Callable[[Services, Identity, int, int], Table[Any]]] = {
    "waiting": waiting, "late": late, "held": held, "work": work,
}  # fmt: skip


@router.get("/team")
def show_team(request: Request, parts: Parts, who: Who, days: Days = 7) -> HTMLResponse:
    """What waits and for how long, who holds what, what each person decided and how it came out."""
    return page(
        request,
        "team.html",
        days=days,
        pulse=parts.store().pulse(timedelta(hours=24), queues=their_queues(parts, who, None)),
        tables={name: made(parts, who, _SHOWN, days) for name, made in TABLES.items()},
        queues=their_queues(parts, who, None),
    )


@router.get("/team/{table}.{kind}")
def download(table: str, kind: str, parts: Parts, who: Who, days: Days = 7) -> Response:
    """One of the page's tables as a file."""
    return as_file(named(TABLES, table)(parts, who, MAX_ROWS, days), kind)
