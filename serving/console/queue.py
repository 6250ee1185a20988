"""The queue as a page: what is next and why, what waits, who holds what; claiming with one key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.errors import ConflictError
from cases.identity import Identity
from cases.ids import CaseId, is_id
from cases.listing import QueueFilter, QueuePlace
from cases.precondition import Precondition
from cases.record import CaseStatus
from serving.access.permitting import their_queues
from serving.api.cursors import queue_cursor, queue_place
from serving.console.fires import MOST_BURNING, category_names
from serving.console.forms import nothing_if_empty
from serving.console.pages import PageRoute, choices_of, gone_to, page, visited
from serving.console.rows import Row, likeliest, rows_of, table_of
from serving.console.tables import MAX_ROWS, Table, as_file
from serving.scoring.scores import top_categories
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

ROWS = 50
_AT_ONCE = 500
# Beyond it nobody asks how many exactly, and counting would cost more than all else on the page.
COUNTED = 10_000
Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,100}$")]
# How far "claim next" looks past categories that somebody is spared.
_LOOKED_AT = 200


class View(BaseModel):
    """Which cases of the queue to show: what stands in the page's address."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    q: Annotated[Annotated[str, Field(max_length=255)] | None, BeforeValidator(nothing_if_empty)] = None
    queue: Annotated[Code | None, BeforeValidator(nothing_if_empty)] = None
    severity: Annotated[Annotated[int, Field(ge=1, le=100)] | None, BeforeValidator(nothing_if_empty)] = None
    category: Annotated[Code | None, BeforeValidator(nothing_if_empty)] = None
    status: Annotated[CaseStatus | None, BeforeValidator(nothing_if_empty)] = None
    cursor: Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(nothing_if_empty)] = None
    decided: Annotated[Annotated[str, Field(max_length=36)] | None, BeforeValidator(nothing_if_empty)] = None
    nothing: bool = False

    def only(self) -> QueueFilter:
        """Which cases of the queue these are."""
        return QueueFilter(level=self.severity, category=self.category, status=self.status)

    def query(self) -> str:
        """As the address has it, without the page's number and what was just done."""
        told = {
            name: value
            for name, value in self.model_dump(mode="json", exclude={"cursor", "decided", "nothing"}).items()
            if value is not None
        }
        return urlencode(told)


@router.get("/")
def show(request: Request, parts: Parts, who: Who, view: Annotated[View, Query()]) -> Response:
    """The queue, the most urgent first."""
    if view.q is not None and is_id(view.q.strip()):
        return gone_to(request, f"/cases/{view.q.strip()}")
    burning = parts.store().fires(MOST_BURNING, burning=True, queues=their_queues(parts, who, None))
    return page(request, "queue.html", burning=burning, names=category_names(parts), **_shown(parts, who, view))


@router.get("/queue-list")
def show_list(request: Request, parts: Parts, who: Who, view: Annotated[View, Query()]) -> HTMLResponse:
    """The list alone, for a page that is open already."""
    return page(request, "_queue_list.html", **_shown(parts, who, view))


@router.get("/queue.{kind}")
def download(kind: str, parts: Parts, who: Who, view: Annotated[View, Query()]) -> Response:
    """The queue as a file, from its head; or what was looked for."""
    return as_file(cases_of(parts, who, view.model_copy(update={"cursor": None}), MAX_ROWS), kind)


@router.post("/claim")
def claim_next(request: Request, parts: Parts, who: Who, view: Annotated[View, Query()]) -> Response:
    """Take the most urgent case that is theirs to take, and go to it."""
    queues = their_queues(parts, who, None if view.queue is None else [view.queue])
    avoid = choices_of(parts, who).avoid
    lasting = parts.settings.lease_seconds
    if avoid:
        found = _claim_but(parts, who, queues, avoid)
    else:
        claimed = parts.store().claim_next(who.name, lasting, queues=queues)
        found = None if claimed is None else claimed[0].id
    return gone_to(request, f"/cases/{found}" if found is not None else "/?nothing=true")


def cases_of(parts: Services, who: Identity, view: View, limit: int) -> Table[Row]:
    """What of the queue is looked at, or what is looked for."""
    if view.q is not None:
        found = parts.store().find_cases(view.q, limit + 1, queues=their_queues(parts, who, None))
        return table_of("/queue", "What was found", rows_of(parts, found), limit, view.query())
    return table_of("/queue", "The queue, the most urgent first", _rows(parts, who, view, limit), limit, view.query())


def _rows(parts: Services, who: Identity, view: View, limit: int) -> Iterator[Row]:
    """One more row than `limit` at least, where there are so many, some hundreds at a time."""
    queues = their_queues(parts, who, None if view.queue is None else [view.queue])
    after = None if view.cursor is None else queue_place(view.cursor)
    while True:
        found = parts.store().queue(some := min(limit + 1, _AT_ONCE), queues=queues, after=after, only=view.only())
        yield from rows_of(parts, found)
        if len(found) < some:
            return
        after = QueuePlace.of(found[-1])


def _shown(parts: Services, who: Identity, view: View) -> dict[str, Any]:
    table = cases_of(parts, who, view, ROWS)
    length, following = len(table.shown), None
    if view.q is None:
        following = queue_cursor(QueuePlace.of(table.shown[-1].case)) if table.more else None
        queues = their_queues(parts, who, None if view.queue is None else [view.queue])
        length = parts.store().queue_length(queues=queues, only=view.only(), at_most=COUNTED + 1)
    return {
        "view": view,
        "cases": table,
        "length": length,
        "counted": COUNTED,
        "following": following,
        "queues": [queue for queue in parts.taxonomy.queue_ids if who.sees(queue)],
        "held_by_me": parts.store().held_by(who.name),
        "just_decided": _just_decided(parts, who, view.decided),
    }


def _just_decided(parts: Services, who: Identity, case_id: str | None) -> dict[str, Any] | None:
    """What they decided a moment ago and may still take back."""
    if case_id is None or not is_id(case_id):
        return None
    decision = parts.store().standing_decisions([CaseId(case_id)]).get(CaseId(case_id))
    if decision is None or decision.decided_by != who.name:
        return None
    left = parts.settings.undo_seconds - (parts.clock() - decision.decided_at).total_seconds()
    score = parts.store().latest_score(decision.case_id) if decision.score_id is not None else None
    hidden = decision.score_id is not None and not decision.suggestion_shown
    return {"decision": decision, "left": max(0, int(left)), "hidden": likeliest(parts, score) if hidden else None}


def _claim_but(parts: Services, who: Identity, queues: list[str] | None, avoid: Sequence[str]) -> CaseId | None:
    """Claim the most urgent case that is probably in none of the categories that they are spared."""
    store = parts.store()
    waiting = store.queue(_LOOKED_AT, queues=queues, only=QueueFilter(status=CaseStatus.OPEN))
    scores = store.latest_scores([case.id for case in waiting])
    skipped = store.skipped_by(who.name)
    for case in waiting:
        score = scores.get(case.id)
        if case.id in skipped:
            continue
        if score is not None and score.category and top_categories(score.category, 1)[0][0] in avoid:
            continue
        try:
            only_if = Precondition(queues=who.queues)
            claimed, _ = store.claim(case.id, who.name, parts.settings.lease_seconds, only_if=only_if)
        except ConflictError:
            continue  # on hold, assigned to another, or taken in between
        return claimed.id
    return None
