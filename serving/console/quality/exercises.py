"""Exercises: the cases of a golden set one after another, blind, with feedback after each and a score at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cases.errors import NotFoundError
from cases.identity import Identity
from cases.ids import AttemptId, GoldenCaseId, GoldenSetId
from cases.quality import Attempt, GoldenCase, GoldenSet
from serving.console.forms import id_of
from serving.console.overseeing.shares import FEW
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.console.quality.answering import Answered, check_answer
from serving.console.quality.tables import Score, score_of
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A golden set for somebody.

    Attributes:
        theirs: The cases that they are given: those in queues that they see, whose text is there.
        attempts: Their ways through it, with how each came out.
    """

    of: GoldenSet
    theirs: tuple[GoldenCase, ...]
    attempts: tuple[tuple[Attempt, Score], ...] = ()

    @property
    def others(self) -> int:
        """How many of its cases are in queues that are not theirs, and not erased."""
        return sum(not case.erased for case in self.of.cases) - len(self.theirs)

    @property
    def erased(self) -> int:
        """How many are of no use to anybody any more."""
        return sum(case.erased for case in self.of.cases)

    def left(self, attempt: Attempt) -> list[GoldenCase]:
        """Those not answered yet."""
        return [case for case in self.theirs if case.id not in attempt.answers]


@router.get("/exercises")
def show_all(request: Request, parts: Parts, who: Who) -> HTMLResponse:
    """The sets that there are, and how one's own attempts came out."""
    store = parts.store()
    attempts = store.attempts(by=who.name)
    told = [
        Exercise(
            one,
            _theirs(who, one),
            tuple((each, score_of(one, each)) for each in attempts if each.set_id == one.id),
        )
        for one in store.golden_sets()
    ]
    return page(request, "exercises.html", exercises=told)


@router.post("/exercises/{set_id}")
def begin(request: Request, set_id: str, parts: Parts, who: Who) -> Response:
    """Begin a set, or begin it again."""
    begun = parts.store().begin_attempt(GoldenSetId(id_of(set_id, "set_id")), by=who.name)
    return gone_to(request, f"/exercises/attempts/{begun.id}")


@router.get("/exercises/attempts/{attempt_id}")
def go_on(request: Request, attempt_id: str, parts: Parts, who: Who) -> Response:
    """The next case; the score once there is none."""
    attempt, exercise = _own(parts, who, attempt_id)
    left = exercise.left(attempt)
    if left:
        return RedirectResponse(f"/exercises/attempts/{attempt.id}/{left[0].id}", status_code=303)
    answered = [(case, attempt.answers[case.id]) for case in exercise.of.cases if case.id in attempt.answers]
    score = score_of(exercise.of, attempt)
    return page(
        request, "exercise_done.html", exercise=exercise, attempt=attempt, score=score, answered=answered, few=FEW
    )


@router.get("/exercises/attempts/{attempt_id}/{golden_id}")
def show(request: Request, attempt_id: str, golden_id: str, parts: Parts, who: Who) -> HTMLResponse:
    """A case to be answered; what is right and why once it is."""
    attempt, exercise = _own(parts, who, attempt_id)
    case = _of(exercise, attempt, golden_id)
    return page(
        request,
        "exercise.html",
        exercise=exercise,
        attempt=attempt,
        golden=case,
        given=attempt.answers.get(case.id),
        left=exercise.left(attempt),
        text=parts.store().text_as_of(case.case_id, case.content_id),
    )


@router.post("/exercises/attempts/{attempt_id}/{golden_id}")
def answer(
    request: Request, attempt_id: str, golden_id: str, parts: Parts, who: Who, form: Annotated[Answered, Form()]
) -> Response:
    """Keep the answer, which stays."""
    attempt, exercise = _own(parts, who, attempt_id)
    case = _of(exercise, attempt, golden_id)
    check_answer(parts.taxonomy, form.answer)
    parts.store().answer_exercise(attempt.id, case.id, form.answer, by=who.name, queues=who.queues)
    return gone_to(request, f"/exercises/attempts/{attempt.id}/{case.id}")


def _own(parts: Services, who: Identity, attempt_id: str) -> tuple[Attempt, Exercise]:
    store = parts.store()
    attempt = store.attempt(AttemptId(id_of(attempt_id, "attempt_id")), by=who.name)
    of = store.golden_set(attempt.set_id)
    return attempt, Exercise(of, _theirs(who, of))


def _theirs(who: Identity, of: GoldenSet) -> tuple[GoldenCase, ...]:
    return tuple(case for case in of.cases if not case.erased and who.sees(case.queue))


def _of(exercise: Exercise, attempt: Attempt, golden_id: str) -> GoldenCase:
    """The case, if it is one of theirs, or was answered while it was."""
    known = GoldenCaseId(id_of(golden_id, "golden_id"))
    for case in exercise.of.cases:
        if case.id == known and (case in exercise.theirs or case.id in attempt.answers):
            return case
    raise NotFoundError("'golden_id' must name a case of this exercise (got another id); go on from the list")
