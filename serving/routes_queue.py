"""The queue: what waits, and taking the next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from cases.errors import InvalidInputError
from cases.identity import Identity
from serving.answers import ClaimAnswer, QueueAnswer
from serving.permitting import refuse_other_queue
from serving.problems import OtherQueueError
from serving.routes_cases import known_id, whole_case
from serving.schemas import MAX_PAGE, MAX_QUEUES, ClaimRequest, Code
from serving.services import Services, acting_as, identity, services
from serving.views import case_summary, lease_answer

router = APIRouter(tags=["queue"])

# A claim without a body takes whatever is most urgent.
_ANY = ClaimRequest()

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.get("/v1/queue", summary="The undecided cases, the most urgent first")
def show_queue(
    parts: Parts,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    queues: Annotated[
        list[Code] | None, Query(max_length=MAX_QUEUES, description="Of these queues alone; repeat it.")
    ] = None,
) -> QueueAnswer:
    """A page of the queue; cases that are claimed, on hold or assigned are in it and say so."""
    store = parts.store()
    wanted = _their_queues(parts, who, queues)
    waiting = store.queue(limit, offset, queues=wanted)
    scores = store.latest_scores([case.id for case in waiting])
    return QueueAnswer(
        cases=[case_summary(case, scores.get(case.id), parts.ranking) for case in waiting],
        length=store.queue_length(queues=wanted),
        limit=limit,
        offset=offset,
    )


@router.post(
    "/v1/queue/claim",
    summary="Claim the most urgent case, or the one named",
    response_model=ClaimAnswer,
    responses={204: {"description": "Nothing is left to claim"}},
)
def claim(parts: Parts, who: Who, body: ClaimRequest = _ANY) -> ClaimAnswer | Response:
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
        claimed = store.claim(known_id(body.case_id), holder, lasting, queues=who.queues)
    else:
        found = store.claim_next(holder, lasting, queues=_their_queues(parts, who, body.queues))
        if found is None:
            return Response(status_code=status.HTTP_204_NO_CONTENT)
        claimed = found
    case, lease = claimed
    return ClaimAnswer(lease=lease_answer(lease), case=whole_case(parts, case.id))


def _their_queues(parts: Services, who: Identity, queues: list[str] | None) -> list[str] | None:
    """The queues that are asked for, or else all that are theirs; None for all that there are.

    Raises:
        UnknownPolicyError: The policy has no such queue.
        OtherQueueError: One is not theirs.
    """
    for queue in queues or ():
        parts.taxonomy.check_queue(queue)
        if not who.sees(queue):
            raise OtherQueueError("'queues' must be yours (got another's); leave it out to be given all of yours")
    return sorted(who.queues) if queues is None and who.queues is not None else queues
