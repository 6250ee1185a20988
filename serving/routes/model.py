"""What serves, and whether it does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from features.assemble import ASSEMBLY_VERSION
from serving.api.answers_scores import LiveAnswer, ModelAnswer, ReadyAnswer
from serving.api.views import model_identity
from serving.scoring.champion import State
from serving.services import Services, services

router = APIRouter(tags=["model"])
health = APIRouter(tags=["health"])

Parts = Annotated[Services, Depends(services)]


@router.get("/v1/model", summary="The model that serves, and what it knows")
def show_model(parts: Parts) -> ModelAnswer:
    """The champion, and how it fits the policy that the service runs on."""
    serving = parts.watch.serving
    learned = serving.model.judge.taxonomy if serving.model else None
    known = serving.model.categories if serving.model else ()
    return ModelAnswer(
        state=serving.state,
        reason=serving.reason,
        model=model_identity(serving.model) if serving.model else None,
        promoted_at=serving.champion.promoted_at if serving.champion else None,
        promoted_by=serving.champion.promoted_by if serving.champion else None,
        taxonomy_version=parts.taxonomy.version,
        model_taxonomy_version=learned.version if learned else None,
        assembly_version=ASSEMBLY_VERSION,
        encoder_hash=serving.model.judge.encoder.hash if serving.model else None,
        categories=list(known),
        unlearned_categories=[c for c in parts.taxonomy.category_ids if c not in known] if learned else [],
        severity_levels=list(learned.levels) if learned else [],
    )


@health.get("/health/live", summary="Whether the process answers; needs no key")
async def live() -> LiveAnswer:
    """It does."""
    return LiveAnswer()


@health.get(
    "/health/ready",
    summary="Whether scores can be had; needs no key",
    responses={503: {"model": ReadyAnswer, "description": "They cannot; intake goes on all the same"}},
)
async def ready(response: Response, parts: Parts) -> ReadyAnswer:
    """200 when a model serves, 503 otherwise. Without a model reports are still taken in."""
    serving = parts.watch.serving
    if serving.state is not State.READY:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return ReadyAnswer(
        state=serving.state,
        reason=serving.reason,
        model=model_identity(serving.model) if serving.model else None,
    )
