"""Making a golden set: which cases, and why the answer that holds is right."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.errors import InvalidInputError
from cases.identity import Identity
from cases.ids import CaseId, is_id
from cases.quality import Answer
from cases.store.quality.golden import MOST_GOLDEN
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

_OFFERED = timedelta(days=90)
MAX_EXPLANATION = 2_000

# An answer as the form carries it, so that what was shown is what is kept.
_ANSWER = re.compile(r"([a-z0-9_]{1,100})/([0-9]{1,3})/([a-z0-9_]{1,100})")


class Asked(BaseModel):
    """Which cases the set is to hold."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    case: list[Annotated[str, Field(max_length=36)]] = []
    more: Annotated[str, Field(max_length=4_000)] = ""

    @property
    def ids(self) -> list[str]:
        """All that were named, in order, each once."""
        return list(dict.fromkeys([*self.case, *re.split(r"[\s,;]+", self.more.strip())])) if self.named else []

    @property
    def named(self) -> bool:
        """Whether any was."""
        return bool(self.case or self.more.strip())


class Made(BaseModel):
    """A set as the form sends it: the n-th of each list is about the n-th case."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    title: Annotated[str, Field(max_length=200)]
    case: list[Annotated[str, Field(max_length=36)]]
    expected: list[Annotated[str, Field(max_length=210)]]
    explanation: list[Annotated[str, Field(max_length=MAX_EXPLANATION)]]


@router.get("/quality/golden")
def ask(request: Request, parts: Parts, who: Who, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Which cases; and once they are named, the answer that holds of each, and a place to say why it does."""
    store = parts.store()
    if not asked.named:
        checked = [one.case_id for one in store.read_twice(_OFFERED, who.queues) if one.settled and one.stands]
        offered = store.settled(checked, who.queues)
        return page(request, "golden.html", offered=offered, chosen=(), unfit=0, most=MOST_GOLDEN)
    chosen = store.settled([CaseId(one) for one in asked.ids if is_id(one)][:MOST_GOLDEN], who.queues)
    unfit = len(asked.ids) - len(chosen)
    return page(request, "golden.html", offered=(), chosen=chosen, unfit=unfit, most=MOST_GOLDEN)


@router.post("/quality/golden")
def make(request: Request, parts: Parts, who: Who, form: Annotated[Made, Form()]) -> Response:
    """Keep the set."""
    if not len(form.case) == len(form.expected) == len(form.explanation):
        raise InvalidInputError(
            f"'explanation' must be one for each case (got {len(form.explanation)} for {len(form.case)}); choose the "
            "cases again",
            field="explanation",
        )
    entries = [
        (CaseId(case), _answer(expected), explanation.strip())
        for case, expected, explanation in zip(form.case, form.expected, form.explanation, strict=True)
    ]
    parts.store().make_golden_set(form.title, entries, by=who.name, queues=who.queues)
    return gone_to(request, "/quality#exercises")


def _answer(text: str) -> Answer:
    found = _ANSWER.fullmatch(text)
    if found is None:
        raise InvalidInputError(
            f"'expected' must be as the page made it (got {len(text)} characters); choose the cases again",
            field="expected",
        )
    return Answer(found[1], int(found[2]), found[3])
