"""What each route asks before it begins: may they call it, and is the case that it names theirs to see."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from cases.errors import OtherQueueError
from cases.identity import Identity
from cases.ids import CaseId, ReportId, is_id
from serving.access.pages import PAGES
from serving.access.permissions import OPEN, ROUTES, SIGNED, refuse_unless_allowed
from serving.services import Services, identity, services


async def permitted(request: Request) -> None:
    """FastAPI dependency of every route: whether who asks may call it, and sees the case that it names.

    Raises:
        ForbiddenError: No role of theirs has what the route needs, or the route is not in the table.
        OtherQueueError: The case waits in a queue that is not theirs.
        NotFoundError: There is no such case or report.
    """
    path: str = request.scope["route"].path_format
    needed = {**ROUTES, **PAGES}.get((request.method, path))
    if needed in (OPEN, SIGNED):
        return
    who = identity(request)
    refuse_unless_allowed(who, needed, f"{request.method} {path}")
    if who.queues is None:
        return
    parts = services(request)
    named = request.path_params
    if is_id(named.get("case_id", "")):
        await run_in_threadpool(refuse_other_queue, parts, who, CaseId(named["case_id"]))
    if is_id(named.get("report_id", "")):
        queue = await run_in_threadpool(parts.store().queue_of_report, ReportId(named["report_id"]))
        _refuse_queue(who, queue)


def refuse_other_queue(parts: Services, who: Identity, case_id: CaseId) -> None:
    """Let through whoever sees the case.

    Raises:
        OtherQueueError: It waits in a queue that is not theirs.
        NotFoundError: There is no such case.
    """
    if who.queues is not None:
        _refuse_queue(who, parts.store().queue_of(case_id))


def their_queues(parts: Services, who: Identity, queues: list[str] | None) -> list[str] | None:
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


def _refuse_queue(who: Identity, queue: str) -> None:
    if not who.sees(queue):
        raise OtherQueueError(
            "'case_id' must name a case in a queue that is yours (got another's); take one of yours"
        )
