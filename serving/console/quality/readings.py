"""Second readings: somebody who did not decide the case reads it without the decision and without the model."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, Response

from cases.errors import ConflictError
from cases.identity import Identity
from cases.ids import SampledId
from cases.quality import Sampled, SampledState
from serving.console.case_tables import breaches, history
from serving.console.forms import id_of
from serving.console.pages import HTMX, PageRoute, gone_to, page, visited
from serving.console.quality.answering import Answered, check_answer, refuse_anothers
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

# How many other cases of the subject a page looks at, as the case's own page does.
_HISTORY = 50


@router.get("/readings")
def show_all(request: Request, parts: Parts, who: Who, kept: bool = False) -> HTMLResponse:
    """How many wait for a second reading by whoever asks, and the way to the next."""
    return page(request, "readings.html", waiting=_waiting(parts, who), kept=kept)


@router.get("/readings/{sampled_id}")
def show(request: Request, sampled_id: str, parts: Parts, who: Who) -> HTMLResponse:
    """The case as the decider had it before them, but for what the model said; and the form to answer with.

    Raises:
        ConflictError: It does not wait for their reading.
    """
    found = parts.store().sampled(SampledId(id_of(sampled_id, "sampled_id")))
    waiting = _waiting(parts, who)
    if found.id not in [one.id for one in waiting]:
        refuse_anothers(who, found)
        raise ConflictError(
            "'sampled_id' must name a decision that waits for your reading (got one that was read, undone or erased, "
            "or of a case that you decided); go on with another"
        )
    return _reading_page(request, parts, who, found, waiting)


@router.post("/readings/{sampled_id}")
def keep(request: Request, sampled_id: str, parts: Parts, who: Who, form: Annotated[Answered, Form()]) -> Response:
    """Keep the reading. Where somebody was quicker, what was typed is still there."""
    known = SampledId(id_of(sampled_id, "sampled_id"))
    check_answer(parts.taxonomy, form.answer)
    try:
        parts.store().read_again(known, form.answer, by=who.name, note=form.note, queues=who.queues)
    except ConflictError as error:
        if HTMX in request.headers:
            raise  # the page, with what was typed, stays where it is
        found = parts.store().sampled(known)
        return _reading_page(request, parts, who, found, _waiting(parts, who), form, str(error))
    return gone_to(request, "/readings?kept=true")


def _waiting(parts: Services, who: Identity) -> list[Sampled]:
    """Those that wait for their reading, in an order of their own: two who begin at once seldom begin alike."""
    found = parts.store().sampled_in(SampledState.WAITING, who.queues, not_decided_by=who.name)
    key = blake2b(who.name.encode("utf-8"), digest_size=32).digest()
    return sorted(found, key=lambda one: blake2b(one.id.encode("ascii"), key=key, digest_size=8).digest())


def _reading_page(
    request: Request,
    parts: Services,
    who: Identity,
    found: Sampled,
    waiting: list[Sampled],
    typed: Answered | None = None,
    conflict: str = "",
) -> HTMLResponse:
    store = parts.store()
    others = [one.id for one in waiting]
    place = others.index(found.id) + 1 if found.id in others else 0
    case = store.case(found.case_id)
    before = history(parts, who, case, _HISTORY, until=found.first.at)
    return page(
        request,
        "reading.html",
        status=409 if conflict else 200,
        found=found,
        text=store.text_as_of(found.case_id, found.content_id),
        case=case,
        history=before,
        strikes=breaches(parts, before),
        another=next((one for one in others[place:] + others if one != found.id), None),
        typed=typed,
        conflict=conflict,
    )
