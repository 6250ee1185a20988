"""What an associate does with a case from its page: take it, keep it, decide it, and all that is none of these."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.decision import SuggestionShown, Verdict
from cases.durations import parse_duration
from cases.errors import InvalidInputError
from cases.handling import HoldReason, Outcome, SkipReason
from cases.identity import Identity
from cases.ids import ScoreId
from cases.precondition import Precondition
from cases.record import Lease
from serving.api.schemas import MAX_NOTE
from serving.api.whole_cases import known_id
from serving.console.forms import nothing_if_empty
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,100}$")]


class Held(BaseModel):
    """The claim that something is done under."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    token: Annotated[int, Field(ge=1)]


class Decided(Held):
    """What the form decides."""

    category: Code
    severity: Annotated[int, Field(ge=1, le=100)]
    action: Code
    reason: Code
    sub_policy: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,100}$")] = ""
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    outcome: Annotated[Outcome | None, BeforeValidator(nothing_if_empty)] = None
    score_id: Annotated[str, Field(max_length=36)] = ""
    shown: Annotated[str, Field(pattern=r"^[a-z0-9_,]{0,1000}$")] = ""
    hidden: bool = False
    seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0.0


class Skipped(Held):
    """Why a case is given back."""

    skip_reason: SkipReason


class Parked(Held):
    """Why, and for how long, a case is kept back."""

    hold_reason: HoldReason
    lasting: Annotated[str, Field(max_length=20)] = "24h"


class Escalated(Held):
    """Which team hears of a case, and what it is told."""

    team: Code
    told: Annotated[str, Field(max_length=MAX_NOTE)] = ""


@router.post("/cases/{case_id}/claim")
def claim(request: Request, case_id: str, parts: Parts, who: Who) -> Response:
    """Take this case."""
    known = known_id(case_id)
    only_if = Precondition(queues=who.queues)
    parts.store().claim(known, who.name, parts.settings.lease_seconds, only_if=only_if)
    return gone_to(request, f"/cases/{known}")


@router.post("/cases/{case_id}/renew")
def renew(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Held, Form()]) -> HTMLResponse:
    """Keep it longer."""
    known = known_id(case_id)
    lease = Lease(known, who.name, form.token, parts.clock())
    kept = parts.store().renew(lease, parts.settings.lease_seconds)
    left = max(0, int((kept.expires_at - parts.clock()).total_seconds()))
    return page(request, "_lease.html", held=kept, mine=True, seconds_left=left, case_id=known)


@router.post("/cases/{case_id}/release")
def release(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Held, Form()]) -> Response:
    """Let others have it."""
    parts.store().release(known_id(case_id), who.name, form.token)
    return gone_to(request, "/")


@router.post("/cases/{case_id}/decide")
def decide(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Decided, Form()]) -> Response:
    """Decide it. What the associate was shown, in which order, or that it was hidden, is kept with the decision."""
    known = known_id(case_id)
    verdict = Verdict(form.category, form.severity, form.action, form.reason, form.sub_policy)
    parts.taxonomy.check(verdict)
    parts.store().decide(
        known,
        verdict,
        holder=who.name,
        token=form.token,
        note=form.note,
        shown=_shown(form),
        handling_seconds=form.seconds or None,
        outcome=form.outcome,
        only_if=Precondition(queues=who.queues),
    )
    return gone_to(request, f"/?decided={known}")


@router.post("/cases/{case_id}/skip")
def skip(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Skipped, Form()]) -> Response:
    """Give it back, and not be handed it again."""
    parts.store().skip(known_id(case_id), who.name, form.token, form.skip_reason)
    return gone_to(request, "/")


@router.post("/cases/{case_id}/hold")
def hold(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Parked, Form()]) -> Response:
    """Keep it back for a while; its clock stands still."""
    until = parts.clock() + _lasting(form.lasting)
    parts.store().hold(known_id(case_id), who.name, form.token, until, form.hold_reason)
    return gone_to(request, "/")


@router.post("/cases/{case_id}/resume")
def resume(request: Request, case_id: str, parts: Parts, who: Who) -> Response:
    """Take it off hold."""
    known = known_id(case_id)
    parts.store().resume(known, by=who.name, only_if=Precondition(queues=who.queues))
    return gone_to(request, f"/cases/{known}")


@router.post("/cases/{case_id}/escalate")
def escalate(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Escalated, Form()]) -> Response:
    """Send it to another team's queue."""
    parts.taxonomy.check_team(form.team)
    parts.store().escalate(known_id(case_id), who.name, form.token, form.team, note=form.told)
    return gone_to(request, "/")


@router.post("/cases/{case_id}/undo")
def undo(request: Request, case_id: str, parts: Parts, who: Who) -> Response:
    """Take the decision back while it is fresh, and go on with the case."""
    known = known_id(case_id)
    only_if = Precondition(queues=who.queues)
    parts.store().undo(known, by=who.name, undo_seconds=parts.settings.undo_seconds, only_if=only_if)
    parts.store().claim(known, who.name, parts.settings.lease_seconds, only_if=only_if)
    return gone_to(request, f"/cases/{known}")


def _shown(form: Decided) -> SuggestionShown | None:
    """What the page showed, or hid, in the order in which it stood there."""
    if not form.score_id:
        return None
    order = tuple(code for code in form.shown.split(",") if code)
    return SuggestionShown(ScoreId(form.score_id), order, hidden=form.hidden)


def _lasting(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidInputError(
            f"'lasting' must be a duration such as 4h or 3d (got {len(text)} characters); write it so",
            field="lasting",
        ) from error
