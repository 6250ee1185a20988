"""Deciding many cases alike: looked at first, decided, and undone within minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, status

from cases.errors import NotFoundError
from cases.handling import BulkItem
from cases.identity import Identity
from cases.ids import BulkId, is_id
from serving.api.answers_handling import BulkAnswer, BulkItemAnswer, BulkPreviewAnswer
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.schemas_handling import BulkDecisionRequest, BulkRequest, ByRequest
from serving.services import Services, acting_as, identity, services

router = APIRouter(tags=["bulk"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

_BY_CALLER = ByRequest()

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.post("/v1/bulk/preview", summary="Say what a decision in bulk would find; nothing changes")
def preview(body: BulkRequest, parts: Parts, who: Who) -> BulkPreviewAnswer:
    """Each case once, in the order asked."""
    return BulkPreviewAnswer(
        cases=_items(parts.store().bulk_preview(body.as_ids(), by=acting_as(who, body.by), queues=who.queues))
    )


@router.post(
    "/v1/bulk/decide", status_code=status.HTTP_201_CREATED, summary="Decide those of the cases that are free"
)
def decide(body: BulkDecisionRequest, parts: Parts, who: Who) -> BulkAnswer:
    """Each with a decision of its own; the others are left as they are, and say why."""
    verdict = body.as_verdict()
    parts.taxonomy.check(verdict)
    done = parts.store().bulk_decide(
        body.as_ids(), verdict, by=acting_as(who, body.by), note=body.note, queues=who.queues
    )
    return BulkAnswer(bulk_id=done.bulk_id, cases=_items(done.items))


@router.post("/v1/bulk/{bulk_id}/undo", summary="Withdraw the decisions of a bulk")
def undo(bulk_id: str, parts: Parts, who: Who, body: ByRequest = _BY_CALLER) -> BulkAnswer:
    """A case that was touched since is left alone, and says so."""
    if not is_id(bulk_id):
        raise NotFoundError(
            f"'bulk_id' must be an id that we gave (got {len(bulk_id)} characters); take it from the decision"
        )
    undone = parts.store().undo_bulk(
        BulkId(bulk_id),
        by=acting_as(who, body.by),
        undo_seconds=parts.settings.undo_seconds,
        queues=who.queues,
    )
    return BulkAnswer(bulk_id=undone.bulk_id, cases=_items(undone.items))


def _items(items: Sequence[BulkItem]) -> list[BulkItemAnswer]:
    return [BulkItemAnswer(case_id=item.case_id, state=item.state, decision_id=item.decision_id) for item in items]
