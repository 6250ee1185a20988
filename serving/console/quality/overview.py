"""The lead's page: what was drawn and waits, how far two readers agree, how exercises came out."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.identity import Identity
from cases.quality import Attempt, GoldenSet, Sampled, SampledState
from cases.store.quality.sampling import MOST_DAYS, MOST_SAMPLED, MOST_SEED
from evaluation.agreement import Agreement, PersonAgreement, agreement, by_person
from serving.console.forms import nothing_if_empty
from serving.console.overseeing.shares import FEW
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=365)]

_SAMPLES = 10


class Drawing(BaseModel):
    """What is to be drawn."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    count: Annotated[int, Field(ge=1, le=MOST_SAMPLED)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    seed: Annotated[Annotated[int, Field(ge=0, le=MOST_SEED)] | None, BeforeValidator(nothing_if_empty)] = None


@dataclass(frozen=True, slots=True)
class Score:
    """How an attempt came out.

    Attributes:
        of: How many cases the set has.
        agreement: What was answered, held against what is right.
    """

    person: str
    begun_at: datetime
    of: int
    agreement: Agreement


@router.get("/quality")
def show(request: Request, parts: Parts, who: Who, days: Days = 30) -> HTMLResponse:
    """All of it, of the queues that whoever asks sees."""
    store = parts.store()
    twice = store.read_twice(timedelta(days=days), who.queues)
    sets = store.golden_sets()
    return page(
        request,
        "quality.html",
        days=days,
        few=FEW,
        waiting=len(store.sampled_in(SampledState.WAITING, who.queues)),
        differing=store.sampled_in(SampledState.DIFFERS, who.queues),
        samples=store.samples(_SAMPLES, who.queues),
        agreement=agreement((one.first.answer, one.second.answer) for one in twice if one.second is not None),
        people=_people(twice),
        own=sum(one.adjudication is not None and one.adjudication.own for one in twice),
        wrong=[one for one in twice if one.stands and one.settled and one.settled.differs_in(one.first.answer)],
        exercises=_scores(sets, store.attempts()),
    )


@router.post("/quality/samples")
def draw(request: Request, parts: Parts, who: Who, form: Annotated[Drawing, Form()]) -> Response:
    """Draw decisions that are to be read a second time."""
    seed = secrets.randbelow(2**31) if form.seed is None else form.seed
    parts.store().draw_sample(by=who.name, count=form.count, days=form.days, seed=seed, queues=who.queues)
    return gone_to(request, "/quality")


def _people(twice: Sequence[Sampled]) -> tuple[PersonAgreement, ...]:
    """How often each was right where a third had to settle it. Not where that was one of the two."""
    answers = []
    for one in twice:
        if one.adjudication is not None and not one.adjudication.own and one.second is not None:
            right = one.adjudication.reading.answer
            answers += [(each.reader, each.answer, right) for each in (one.first, one.second)]
    return by_person(answers)


def _scores(sets: Sequence[GoldenSet], attempts: Sequence[Attempt]) -> list[tuple[GoldenSet, list[Score]]]:
    theirs: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        theirs[attempt.set_id].append(attempt)
    return [(one, [score_of(one, attempt) for attempt in theirs[one.id]]) for one in sets]


def score_of(of: GoldenSet, attempt: Attempt) -> Score:
    """How the attempt came out so far; what was answered before its case was erased counts."""
    pairs = [(case.expected, attempt.answers[case.id]) for case in of.cases if case.id in attempt.answers]
    return Score(attempt.person, attempt.begun_at, len(of.cases), agreement(pairs))
