"""Handling a case: given back, kept back, sent on, looked at again, taken apart and put together."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from cases.errors import NotFoundError
from cases.identity import Identity
from cases.ids import CaseId, ReportId, is_id
from serving.access.permitting import refuse_other_queue
from serving.api.answers import CaseAnswer, DecisionAnswer
from serving.api.answers_handling import EventAnswer, EventsAnswer, SplitAnswer
from serving.api.cursors import events_cursor, events_place
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.queries import EventsQuery
from serving.api.schemas_handling import (
    AppealRequest,
    AssignRequest,
    ByRequest,
    EscalateRequest,
    HoldRequest,
    MergeRequest,
    MoveRequest,
    PriorityRequest,
    ReopenRequest,
    SeverityRequest,
    SkipRequest,
)
from serving.api.versions import MUST_BE_SEEN, OnlyAsSeen, OnlyIf
from serving.api.views import decision_answer
from serving.api.whole_cases import Show, known_id, tag_decision
from serving.services import Services, acting_as, identity, services

router = APIRouter(tags=["handling"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

# Where nothing need be said, no body need be sent.
_BY_CALLER = ByRequest()

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.get("/v1/cases/{case_id}/events", summary="What happened to a case, in order")
def show_events(case_id: str, parts: Parts, asked: Annotated[EventsQuery, Query()]) -> EventsAnswer:
    """Who did what and when; no text is in it."""
    known = known_id(case_id)
    after = None if asked.cursor is None else events_place(asked.cursor)
    # One more than the page holds tells whether there is another.
    found = parts.store().events(known, after=after, limit=asked.limit + 1)
    told = [
        EventAnswer(seq=event.seq, kind=event.kind, at=event.at, actor=event.actor, data=dict(event.data))
        for event in found[: asked.limit]
    ]
    more = len(found) > len(told)
    return EventsAnswer(case_id=known, events=told, next_cursor=events_cursor(told[-1].seq) if more else None)


@router.post("/v1/cases/{case_id}/skip", summary="Give a claimed case back, and not be given it again")
def skip(case_id: str, body: SkipRequest, parts: Parts, who: Who, show: Show, only_if: OnlyIf) -> CaseAnswer:
    """Until its text, its queue or its assignment changes; it can still be claimed by name."""
    parts.store().skip(known_id(case_id), acting_as(who, body.holder), body.token, body.reason, only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/hold", summary="Keep a claimed case back until a time")
def hold(case_id: str, body: HoldRequest, parts: Parts, who: Who, show: Show, only_if: OnlyIf) -> CaseAnswer:
    """Nobody is handed it before; its deadline moves by as much."""
    parts.store().hold(
        known_id(case_id), acting_as(who, body.holder), body.token, body.until, body.reason, only_if=only_if
    )
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/resume", summary="End a hold before its time")
def resume(
    case_id: str, parts: Parts, who: Who, show: Show, only_if: OnlyIf, body: ByRequest = _BY_CALLER
) -> CaseAnswer:
    """What is left of the hold counts against the deadline again."""
    parts.store().resume(known_id(case_id), by=acting_as(who, body.by), only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/assign", summary="Hand a case out to nobody but one", openapi_extra=MUST_BE_SEEN)
def assign(case_id: str, body: AssignRequest, parts: Parts, who: Who, show: Show, only_if: OnlyAsSeen) -> CaseAnswer:
    """It waits for them."""
    parts.store().assign(known_id(case_id), body.to, by=acting_as(who, body.by), only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/unassign", summary="Hand a case out to anybody", openapi_extra=MUST_BE_SEEN)
def unassign(
    case_id: str, parts: Parts, who: Who, show: Show, only_if: OnlyAsSeen, body: ByRequest = _BY_CALLER
) -> CaseAnswer:
    """It waits for whoever comes next."""
    parts.store().unassign(known_id(case_id), by=acting_as(who, body.by), only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/escalate", summary="Send a claimed case to another team")
def escalate(case_id: str, body: EscalateRequest, parts: Parts, who: Who, show: Show, only_if: OnlyIf) -> CaseAnswer:
    """It waits in the team's queue; no later score moves it from there."""
    parts.taxonomy.check_team(body.team)
    parts.store().escalate(
        known_id(case_id), acting_as(who, body.holder), body.token, body.team, note=body.note, only_if=only_if
    )
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/move", summary="Put a case into another queue", openapi_extra=MUST_BE_SEEN)
def move(case_id: str, body: MoveRequest, parts: Parts, who: Who, show: Show, only_if: OnlyAsSeen) -> CaseAnswer:
    """No later score moves it from there."""
    parts.taxonomy.check_queue(body.queue)
    parts.store().move(known_id(case_id), body.queue, by=acting_as(who, body.by), only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/reopen", summary="Open a decided case again", openapi_extra=MUST_BE_SEEN)
def reopen(case_id: str, body: ReopenRequest, parts: Parts, who: Who, show: Show, only_if: OnlyAsSeen) -> CaseAnswer:
    """Its next decision takes the place of the one that stands."""
    parts.store().reopen(known_id(case_id), by=acting_as(who, body.by), reason=body.reason, only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/appeal", summary="Enter an appeal against a decision")
def appeal(
    case_id: str, parts: Parts, who: Who, show: Show, only_if: OnlyIf, body: AppealRequest | None = None
) -> CaseAnswer:
    """The case is open for review by anyone but its decider, who must uphold or overturn."""
    said = body or AppealRequest()
    parts.store().appeal(known_id(case_id), by=acting_as(who, said.by), note=said.note, only_if=only_if)
    return show(known_id(case_id))


@router.post("/v1/cases/{case_id}/undo", summary="Withdraw a fresh decision", openapi_extra=MUST_BE_SEEN)
def undo(
    case_id: str, response: Response, parts: Parts, who: Who, only_if: OnlyAsSeen, body: ByRequest = _BY_CALLER
) -> DecisionAnswer:
    """The decision withdrawn; its case is open as it was before."""
    gone = parts.store().undo(
        known_id(case_id), by=acting_as(who, body.by), undo_seconds=parts.settings.undo_seconds, only_if=only_if
    )
    tag_decision(parts, gone, response)
    return decision_answer(gone)


@router.post(
    "/v1/cases/{case_id}/severity",
    summary="Set a case's severity by hand, or take it back",
    openapi_extra=MUST_BE_SEEN,
)
def set_severity(
    case_id: str, body: SeverityRequest, parts: Parts, who: Who, show: Show, only_if: OnlyAsSeen
) -> CaseAnswer:
    """While one is set no score changes the case's place."""
    known, store, by = known_id(case_id), parts.store(), acting_as(who, body.by)
    if body.severity is not None:
        parts.taxonomy.check_severity(body.severity)
    case = replace(store.case(known), set_severity=body.severity)
    rank = parts.ranking.of_case(case, store.latest_score(known), parts.clock())
    if body.severity is None:
        store.clear_severity(known, by=by, rank=rank, only_if=only_if)
    else:
        store.set_severity(known, body.severity, by=by, reason=body.reason, rank=rank, only_if=only_if)
    return show(known)


@router.post(
    "/v1/cases/{case_id}/priority",
    summary="Set a case's priority by hand, or take it back",
    openapi_extra=MUST_BE_SEEN,
)
def set_priority(
    case_id: str, body: PriorityRequest, parts: Parts, who: Who, show: Show, only_if: OnlyAsSeen
) -> CaseAnswer:
    """While one is set neither a score nor the clock changes the case's place."""
    known, store, by = known_id(case_id), parts.store(), acting_as(who, body.by)
    if body.priority is not None:
        parts.ranking.check_by_hand(body.priority)
    case = replace(store.case(known), set_priority=body.priority)
    rank = parts.ranking.of_case(case, store.latest_score(known), parts.clock())
    if body.priority is None:
        store.clear_priority(known, by=by, rank=rank, only_if=only_if)
    else:
        store.set_priority(known, body.priority, by=by, reason=body.reason, rank=rank, only_if=only_if)
    return show(known)


@router.post("/v1/cases/{case_id}/merge", summary="Let a case's reports join another case")
def merge(case_id: str, body: MergeRequest, parts: Parts, who: Who, show: Show, only_if: OnlyIf) -> CaseAnswer:
    """The case that took them over; splitting undoes it."""
    into = known_id(body.into)
    refuse_other_queue(parts, who, into)
    parts.store().merge(known_id(case_id), into, by=acting_as(who, body.by), only_if=only_if)
    parts.backlog.wake()
    return show(into)


@router.post(
    "/v1/reports/{report_id}/split",
    status_code=status.HTTP_201_CREATED,
    summary="Let a report leave its case and begin one of its own",
)
def split(report_id: str, parts: Parts, who: Who, only_if: OnlyIf, body: ByRequest = _BY_CALLER) -> SplitAnswer:
    """Both cases are scored anew."""
    if not is_id(report_id):
        raise NotFoundError(
            f"'report_id' must be an id that we gave (got {len(report_id)} characters); take it from its case"
        )
    began: CaseId = parts.store().split(ReportId(report_id), by=acting_as(who, body.by), only_if=only_if)
    parts.backlog.wake()
    return SplitAnswer(report_id=report_id, case_id=began)
