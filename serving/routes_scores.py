"""Scoring without storing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from serving.answers import ScoresAnswer
from serving.schemas import ScoreRequest
from serving.services import Services, services
from serving.views import scored_answer

router = APIRouter(tags=["score"])


@router.post("/v1/score", summary="Score cases; nothing is stored")
async def score(body: ScoreRequest, parts: Annotated[Services, Depends(services)]) -> ScoresAnswer:
    """One score for each of up to 500 cases, in their order, all by one model."""
    now = parts.clock()
    scored = await parts.scorer.score([case.as_case(now) for case in body.cases])
    return ScoresAnswer(
        scores=[
            scored_answer(answer, parts.taxonomy, top_k=body.top_k, case_ref=case.case_ref)
            for answer, case in zip(scored, body.cases, strict=True)
        ]
    )
