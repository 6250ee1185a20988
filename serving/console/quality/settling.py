"""Where two readings differ: both side by side without a name, what holds, and the way to a new decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.errors import InvalidInputError
from cases.handling import ReopenReason
from cases.identity import Identity
from cases.ids import SampledId
from cases.precondition import Precondition
from cases.quality import Answer, Reading, Sampled, SampledState, Stands
from serving.api.schemas import MAX_NOTE
from serving.api.whole_cases import known_id
from serving.console.acting import Code
from serving.console.forms import id_of, nothing_if_empty
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.console.quality.answering import Level, check_answer, refuse_anothers
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


class Chosen(StrEnum):
    """A reading as the page calls it, or neither of the two."""

    A = "a"
    B = "b"
    THIRD = "third"


class Settling(BaseModel):
    """What holds; the three parts of an answer count where neither reading does."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    chosen: Chosen
    category: Annotated[Code | None, BeforeValidator(nothing_if_empty)] = None
    severity: Annotated[Level | None, BeforeValidator(nothing_if_empty)] = None
    action: Annotated[Code | None, BeforeValidator(nothing_if_empty)] = None
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""


class Reopening(BaseModel):
    """Why a decided case is opened again."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    reason: ReopenReason = ReopenReason.QUALITY_REVIEW


@dataclass(frozen=True, slots=True)
class Side:
    """A reading beside the other."""

    called: Chosen
    stands: Stands
    reading: Reading
    note: str


@router.get("/quality/sampled/{sampled_id}")
def show(request: Request, sampled_id: str, parts: Parts, who: Who) -> HTMLResponse:
    """The two readings, the form that settles what holds, and once that is done who read what."""
    found = _seen(parts, who, sampled_id)
    store = parts.store()
    own = found.second is not None and who.name in (found.first.reader, found.second.reader)
    return page(
        request,
        "settle.html",
        found=found,
        text=store.text_as_of(found.case_id, found.content_id),
        sides=_sides(parts, found),
        own=own,
        left_to_others=own and found.state is SampledState.DIFFERS and bool(store.other_leads(found)),
        wrong=found.settled is not None and bool(found.settled.differs_in(found.first.answer)),
    )


@router.post("/quality/sampled/{sampled_id}")
def settle(request: Request, sampled_id: str, parts: Parts, who: Who, form: Annotated[Settling, Form()]) -> Response:
    """Keep what holds. The decision stays as it is."""
    found = _seen(parts, who, sampled_id)
    third = _third(form)
    if third is not None:
        check_answer(parts.taxonomy, third)
    stands = Stands.THIRD if form.chosen is Chosen.THIRD else _order(found)[form.chosen]
    parts.store().adjudicate(found.id, stands, third, by=who.name, note=form.note, queues=who.queues)
    return gone_to(request, f"/quality/sampled/{found.id}")


@router.post("/cases/{case_id}/reopen")
def reopen(request: Request, case_id: str, parts: Parts, who: Who, form: Annotated[Reopening, Form()]) -> Response:
    """Open a decided case again, so that it is decided anew; what stands stands until then."""
    known = known_id(case_id)
    parts.store().reopen(known, by=who.name, reason=form.reason, only_if=Precondition(queues=who.queues))
    return gone_to(request, f"/cases/{known}")


def _seen(parts: Services, who: Identity, sampled_id: str) -> Sampled:
    found = parts.store().sampled(SampledId(id_of(sampled_id, "sampled_id")))
    refuse_anothers(who, found)
    return found


def _order(found: Sampled) -> dict[Chosen, Stands]:
    """Which reading stands where: by lot, so that its place does not tell the decision, and the same each time."""
    lot = blake2b(found.id.encode("ascii"), digest_size=1, person=b"qa-sides").digest()[0] % 2
    pair = (Stands.FIRST, Stands.SECOND) if lot else (Stands.SECOND, Stands.FIRST)
    return dict(zip((Chosen.A, Chosen.B), pair, strict=True))


def _sides(parts: Services, found: Sampled) -> list[Side]:
    if found.second is None:
        return []
    told = {
        Stands.FIRST: (found.first, parts.store().note(found.decision_id)),
        Stands.SECOND: (found.second, found.second.note),
    }
    return [Side(called, stands, *told[stands]) for called, stands in _order(found).items()]


def _third(form: Settling) -> Answer | None:
    if form.chosen is not Chosen.THIRD:
        return None
    if form.category is None or form.severity is None or form.action is None:
        raise InvalidInputError(
            "'chosen' must come with a category, a severity and an action where neither reading stands (got one "
            "missing); choose all three",
            field="chosen",
        )
    return Answer(form.category, form.severity, form.action)
