"""Erasing over HTTP, for those who look after the service; the answers hold counts alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from cases.errors import NotFoundError, OtherQueueError
from cases.identity import Identity
from cases.ids import is_id
from models.forgetting import erase, preview
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.schemas_privacy import EraseAnswer, EraseRequest, ErasureAnswer
from serving.services import Services, identity, services

router = APIRouter(tags=["privacy"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.post(
    "/v1/erasures", summary="Erase a reporter, a subject, a case or a report", status_code=status.HTTP_200_OK
)
def request_erasure(body: EraseRequest, parts: Parts, who: Who, request: Request, response: Response) -> EraseAnswer:
    """Without `confirm` nothing changes. With it the rows and cached embeddings are gone when it answers (201)."""
    if who.queues is not None:
        raise OtherQueueError("'queues' must be all for an erasure (got some); have it done by one who sees all")
    if not body.confirm:
        found = preview(parts.settings, parts.store(), body.as_request())
        return EraseAnswer(
            erasure_id=None, erased=False, counts=dict(found.counts), exports=len(found.exports), pending=[]
        )
    done = erase(parts.settings, parts.store(), body.as_request(), by=who.name)
    if done is None:
        return EraseAnswer(erasure_id=None, erased=False, counts={}, exports=0, pending=[])
    # The files follow beside the service.
    parts.retaining.wake()
    response.status_code = status.HTTP_201_CREATED
    response.headers["Location"] = f"{request.url.path}/{done.id}"
    return EraseAnswer(
        erasure_id=done.id,
        erased=True,
        counts=dict(done.counts),
        exports=done.counts.get("exports", 0),
        pending=list(done.pending),
    )


@router.get("/v1/erasures/{erasure_id}", summary="The record of an erasure")
def show_erasure(erasure_id: str, parts: Parts) -> ErasureAnswer:
    """That it was, when, by whom, how much, and where it has yet to reach; not what it was of."""
    if not is_id(erasure_id):
        raise NotFoundError(
            f"'erasure_id' must be an id that we gave (got {len(erasure_id)} characters); take it from the erasure"
        )
    found = parts.store().erasure(erasure_id)
    return ErasureAnswer(
        erasure_id=found.id,
        kind=found.kind,
        at=found.at,
        by=found.by,
        counts=dict(found.counts),
        pending=list(found.pending),
        finished_at=found.finished_at,
    )
