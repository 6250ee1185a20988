"""Scoring without storing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from serving.explaining import Wanted, check_size
from serving.explanation_answers import ExplainedScoreAnswer, ExplainedScoresAnswer, explained_answer
from serving.schemas import ScoreRequest
from serving.services import Services, services
from serving.views import scored_answer

MAX_PRECEDENTS = 20

router = APIRouter(tags=["score"])

Explain = Annotated[bool, Query(description="Say of each score which sentences and words made it; at most 50 cases.")]
PrecedentsOf = Annotated[
    int, Query(ge=0, le=MAX_PRECEDENTS, description="Name as many decided cases like it; at most 50 cases.")
]


@router.post("/v1/score", summary="Score cases; nothing is stored")
async def score(
    body: ScoreRequest,
    parts: Annotated[Services, Depends(services)],
    explain: Explain = False,
    precedents: PrecedentsOf = 0,
) -> ExplainedScoresAnswer:
    """One score for each of up to 500 cases, in their order, all by one model; on request with why."""
    now = parts.clock()
    cases = [case.as_case(now) for case in body.cases]
    wanted = Wanted(explain, precedents)
    if wanted:
        check_size(cases)  # before anything is scored for nothing
    scored = await parts.scorer.score(cases)
    answers = [
        scored_answer(answer, parts.taxonomy, top_k=body.top_k, case_ref=case.case_ref)
        for answer, case in zip(scored, body.cases, strict=True)
    ]
    if not wanted:
        return ExplainedScoresAnswer(scores=[ExplainedScoreAnswer(**dict(answer)) for answer in answers])
    told = await parts.explaining.all(scored, cases, wanted)
    return ExplainedScoresAnswer(
        scores=[explained_answer(answer, one, wanted) for answer, one in zip(answers, told, strict=True)]
    )
