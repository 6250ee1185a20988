"""The words for a decision: a draft for each side and the statement of reasons, to be read, changed and copied.

Nothing is sent from here. A person reads the draft, changes it, keeps it, and sends it with the tool that they have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from cases.clock import Clock
from cases.decision import Decision
from cases.errors import ConflictError, InvalidInputError
from cases.identity import Identity
from cases.letters.case_facts import case_facts
from cases.letters.composing import draft_letter, usual_role
from cases.letters.draft import Draft
from cases.letters.facts import Audience, LetterFacts
from cases.letters.history import DraftHistory
from cases.letters.lint.finding import Finding, Forbidden
from cases.letters.lint.run import lint
from cases.letters.statement.making import StatementFacts, make_statement, statement_letter
from cases.letters.wording import Wording
from cases.letters.wording_file import load_wording
from cases.record import Case
from serving.api.whole_cases import known_id
from serving.console.forms import nothing_if_empty
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
MAX_LETTER = 20_000
# Whose the first version is until somebody keeps it.
_TEMPLATE = "template"


class To(StrEnum):
    """Whom words are for."""

    SUBJECT = "subject"
    REPORTER = "reporter"
    STATEMENT = "statement"


Day = Annotated[date | None, BeforeValidator(nothing_if_empty)]


class Known(BaseModel):
    """What the drafts need to know and the record does not hold."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(max_length=200)] = ""
    put_up: Day = None


class Written(Known):
    """A version as the form sends it."""

    subject_line: Annotated[str, Field(max_length=300)]
    body: Annotated[str, Field(max_length=MAX_LETTER)]
    seen: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class Letter:
    """One side's words as the page shows them.

    Attributes:
        history: Its versions; the first alone where nobody has changed it.
        kept: Whether it is kept, or was made just now.
        findings: What to mend.
        why_none: Why there is none, in place of all that.
    """

    to: To
    history: DraftHistory | None
    kept: bool = False
    findings: tuple[Finding, ...] = ()
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Drafting:
    """What the drafts about one decision are made of."""

    case: Case
    decision: Decision
    facts: LetterFacts
    wording: Wording
    put_up: date | None

    @classmethod
    def about(cls, parts: Services, case_id: str, known: Known) -> Self:
        """The decision that stands on the case.

        Raises:
            ConflictError: None does.
        """
        found = known_id(case_id)
        case, standing = parts.store().case(found), parts.store().standing_decisions([found])
        if found not in standing:
            raise ConflictError("'case_id' must name a decided case (got one that is not); decide it first")
        facts = case_facts(case, standing[found], parts.taxonomy, subject_name=known.name)
        return cls(case, standing[found], facts, _wording(parts.settings.letters), known.put_up)

    def side(self, to: To) -> Audience:
        """Whom the words are for, by what is reported."""
        if to is To.SUBJECT:
            return usual_role(self.facts.subject_kind, self.wording)
        return Audience.REPORTER if to is To.REPORTER else Audience.STATEMENT

    def draft(self, to: To) -> Draft:
        """The words as the templates have them.

        Raises:
            InvalidInputError: Something is not known that they need, or no statement is due.
        """
        if to is not To.STATEMENT:
            return draft_letter(self.facts, self.side(to), self.wording)
        if self.put_up is None:
            raise InvalidInputError(
                "'put_up' must be the day on which it was put up (got none); fill it in above", field="put_up"
            )
        more = StatementFacts(puid=self.decision.id, content_date=self.put_up)
        return statement_letter(make_statement(self.facts, more, self.wording), self.facts, self.wording)


@router.get("/cases/{case_id}/words")
def show(request: Request, case_id: str, parts: Parts, who: Who, known: Annotated[Known, Query()]) -> HTMLResponse:
    """The words for the decision that stands, each as it was kept last, or made from the templates."""
    drafting = Drafting.about(parts, case_id, known)
    kept = parts.store().letters_of(drafting.decision.id)
    forbidden = Forbidden(
        reporters=parts.store().reporters_of(drafting.case.id),
        reports=(drafting.case.content.description,),
        staff=(who.name,),
    )
    letters = [_letter(drafting, to, kept, forbidden, parts.clock) for to in To]
    return page(request, "words.html", drafting=drafting, letters=letters, known=known)


@router.post("/cases/{case_id}/words/{audience}")
def keep(
    request: Request, case_id: str, audience: To, parts: Parts, who: Who, form: Annotated[Written, Form()]
) -> Response:
    """Keep what was written as the next version."""
    drafting = Drafting.about(parts, case_id, form)
    kept = parts.store().letters_of(drafting.decision.id)
    history = kept.get(drafting.side(audience))
    if history is None:
        history = DraftHistory.begin(drafting.draft(audience), who.name, parts.clock)
    # A form sends its line ends as HTTP has them.
    told = "\n".join(form.body.splitlines())
    history = history.edit(form.subject_line, told, author=who.name, clock=parts.clock, seen=form.seen)
    parts.store().keep_letter(drafting.case.id, drafting.decision.id, history)
    return gone_to(request, f"/cases/{drafting.case.id}/words#{audience}")


def _letter(
    drafting: Drafting, to: To, kept: Mapping[Audience, DraftHistory], forbidden: Forbidden, clock: Clock
) -> Letter:
    history = kept.get(drafting.side(to))
    is_kept = history is not None
    if history is None:
        try:
            history = DraftHistory.begin(drafting.draft(to), _TEMPLATE, clock)
        except InvalidInputError as error:
            return Letter(to, None, why_none=str(error))
    return Letter(to, history, is_kept, lint(history.latest.draft, drafting.facts, forbidden))


@cache
def _wording(folder: Path | None) -> Wording:
    return load_wording(folder)
