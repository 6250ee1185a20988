"""Scoring without storing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from cases.identity import Identity
from cases.ids import CaseId
from serving.api.answer_headers import MODEL_HEADER
from serving.api.answers import ItemProblem
from serving.api.bodies import JsonRoute
from serving.api.explanation_answers import (
    ExplainedScoreAnswer,
    ExplainedScoresAnswer,
    UnscoredAnswer,
    explained_answer,
)
from serving.api.items import fit_items, item_problem, unfit_items
from serving.api.schemas import CaseToScore, ScoreRequest
from serving.api.views import scored_answer
from serving.scoring.explaining import Explained, Wanted, check_size
from serving.scoring.ranking import CaseToJudge
from serving.scoring.scores import Scored
from serving.services import Services, identity, services

MAX_PRECEDENTS = 20

router = APIRouter(tags=["score"], route_class=JsonRoute)

Explain = Annotated[bool, Query(description="Say of each score which sentences and words made it; at most 50 cases.")]
PrecedentsOf = Annotated[
    int, Query(ge=0, le=MAX_PRECEDENTS, description="Name as many decided cases like it; at most 50 cases.")
]


@router.post("/v1/score", summary="Score cases; nothing is stored")
async def score(
    body: ScoreRequest,
    response: Response,
    parts: Annotated[Services, Depends(services)],
    who: Annotated[Identity, Depends(identity)],
    explain: Explain = False,
    precedents: PrecedentsOf = 0,
) -> ExplainedScoresAnswer:
    """One score for each of up to 500 cases, in their order, all by one model; on request with why.

    A case that is not as it must be, or that the model breaks on, is answered so in its place and fails no other.
    """
    now = parts.clock()
    wanted = Wanted(explain, precedents)
    wrong = unfit_items(body.cases, "cases")
    fit = [(place, case, case.as_case(now)) for place, case in fit_items(body.cases)]
    if wanted:
        check_size([to_judge for _, _, to_judge in fit])  # before anything is scored for nothing
    outcomes = await parts.scorer.each([to_judge for _, _, to_judge in fit]) if fit else []
    scored: list[tuple[int, CaseToScore, CaseToJudge, Scored]] = []
    for (place, case, to_judge), outcome in zip(fit, outcomes, strict=True):
        if isinstance(outcome, Scored):
            scored.append((place, case, to_judge, outcome))
        else:
            wrong[place] = item_problem(outcome)
    if scored:
        # Which model it was by, should another have begun to serve since.
        response.headers[MODEL_HEADER] = scored[0][3].model.full_version
    answers = await _answers(parts, who, scored, wanted, body.top_k)
    return ExplainedScoresAnswer(
        scores=[
            answers[place] if place in answers else _unscored(case, wrong[place])
            for place, case in enumerate(body.cases)
        ]
    )


async def _answers(
    parts: Services,
    who: Identity,
    scored: list[tuple[int, CaseToScore, CaseToJudge, Scored]],
    wanted: Wanted,
    top_k: int,
) -> dict[int, ExplainedScoreAnswer]:
    """By place, the scores, with what was asked for beside them."""
    plain = {
        place: scored_answer(answer, parts.taxonomy, top_k=top_k, case_ref=case.case_ref)
        for place, case, _, answer in scored
    }
    if not wanted:
        return {place: ExplainedScoreAnswer(**dict(answer)) for place, answer in plain.items()}
    told = await parts.explaining.all([s for *_, s in scored], [to_judge for _, _, to_judge, _ in scored], wanted)
    hidden = await run_in_threadpool(_hidden, parts, who, told)
    return {
        place: explained_answer(answer, one, wanted, hidden)
        for (place, answer), one in zip(plain.items(), told, strict=True)
    }


def _hidden(parts: Services, who: Identity, told: list[Explained]) -> frozenset[str]:
    """The precedents' cases that are not theirs to see; what was decided of them tells nobody whose they are.

    Raises:
        StoreUnavailableError: It cannot be looked up whose they are.
    """
    named = frozenset(found.case_id for one in told if one.like_it for found in one.like_it.precedents)
    if who.queues is None or not named:
        return frozenset()
    queues = parts.store().queues_of(named)
    return frozenset(case_id for case_id in named if queues.get(CaseId(case_id)) not in who.queues)


def _unscored(case: object, why: ItemProblem) -> UnscoredAnswer:
    return UnscoredAnswer(case_ref=(case.case_ref or None) if isinstance(case, CaseToScore) else None, problem=why)
