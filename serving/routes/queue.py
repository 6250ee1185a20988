"""The queue: what waits, and taking the next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from cases.errors import InvalidInputError
from cases.identity import Identity
from cases.listing import QueuePlace
from cases.precondition import Precondition
from serving.access.permitting import refuse_other_queue, their_queues
from serving.api.answers import ClaimAnswer, QueueAnswer
from serving.api.cursors import queue_cursor, queue_place
from serving.api.deprecations import deprecated
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.queries import QueueQuery
from serving.api.schemas import ClaimRequest
from serving.api.views import case_summary, lease_answer
from serving.api.whole_cases import Show, known_id
from serving.services import Services, acting_as, identity, services

router = APIRouter(tags=["queue"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

# A claim without a body takes whatever is most urgent.
_ANY = ClaimRequest()

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.get("/v1/queue", summary="The undecided cases, the most urgent first")
def show_queue(parts: Parts, who: Who, response: Response, asked: Annotated[QueueQuery, Query()]) -> QueueAnswer:
    """A page of the queue; cases that are claimed, on hold or assigned are in it and say so."""
    if asked.offset:
        deprecated(response, "queue_offset")
    store, only = parts.store(), asked.as_filter()
    wanted = their_queues(parts, who, asked.queues)
    after = None if asked.cursor is None else queue_place(asked.cursor)
    # One more than the page holds tells whether there is another.
    found = store.queue(asked.limit + 1, asked.offset, queues=wanted, after=after, only=only)
    page = found[: asked.limit]
    scores = store.latest_scores([case.id for case in page])
    return QueueAnswer(
        cases=[case_summary(case, scores.get(case.id), parts.ranking) for case in page],
        next_cursor=queue_cursor(QueuePlace.of(page[-1])) if len(found) > len(page) else None,
        length=store.queue_length(queues=wanted, only=only),
        limit=asked.limit,
        offset=asked.offset,
    )


@router.post(
    "/v1/queue/claim",
    summary="Claim the most urgent case, or the one named",
    response_model=ClaimAnswer,
    responses={204: {"description": "Nothing is left to claim"}},
)
def claim(parts: Parts, who: Who, show: Show, body: ClaimRequest = _ANY) -> ClaimAnswer | Response:
    """The case and a lease on it; the lease's token decides, renews and releases."""
    store = parts.store()
    holder, lasting = acting_as(who, body.holder), body.lease_seconds or parts.settings.lease_seconds
    if body.case_id is not None:
        if body.queues is not None:
            raise InvalidInputError(
                "'queues' must be left out with 'case_id' (got both); a case is in the queue that it is in",
                field="queues",
            )
        refuse_other_queue(parts, who, known_id(body.case_id))
        # Asked again under the lock: it may have been moved since.
        claimed = store.claim(known_id(body.case_id), holder, lasting, only_if=Precondition(queues=who.queues))
    else:
        found = store.claim_next(holder, lasting, queues=their_queues(parts, who, body.queues))
        if found is None:
            return Response(status_code=status.HTTP_204_NO_CONTENT)
        claimed = found
    case, lease = claimed
    return ClaimAnswer(lease=lease_answer(lease), case=show(case.id))
