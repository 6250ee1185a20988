"""Cases: filing a report, looking a case up, deciding it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from starlette.concurrency import run_in_threadpool

from cases.errors import CaseloadError, OtherQueueError
from cases.identity import Identity
from cases.record import FiledReport, Lease, NewReport, Score
from cases.store import Start
from serving.access.permitting import refuse_other_queue, their_queues
from serving.api.answer_headers import MODEL_HEADER
from serving.api.answers import (
    CaseAnswer,
    CasesAnswer,
    DecisionAnswer,
    FiledAnswer,
    LeaseAnswer,
)
from serving.api.answers_scores import ReasonAnswer, ScoreAnswer
from serving.api.cursors import cases_cursor, cases_place
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.problems import BusyError, ModelSlowError, UnscorableError
from serving.api.queries import CasesQuery
from serving.api.schemas import DecisionRequest, LeaseRequest, RenewRequest, ReportRequest
from serving.api.versions import IfNoneMatch, OnlyIf, is_known
from serving.api.views import case_summary, decision_answer, lease_answer, reason_answer, score_answer
from serving.api.whole_cases import Show, known_id, tag_decision
from serving.observing.logs import logger
from serving.observing.measures import measures
from serving.scoring.ranking import CaseToJudge, case_to_judge
from serving.scoring.routing import routed
from serving.services import Services, acting_as, identity, services

router = APIRouter(tags=["cases"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

# A reporter's system should not wait longer for a score that it will find in the queue anyway.
SCORE_WITHIN_SECONDS = 10.0

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.post(
    "/v1/cases",
    status_code=status.HTTP_201_CREATED,
    summary="File a report; it is stored before it is scored",
    responses={200: {"model": FiledAnswer, "description": "The report was known; nothing changed"}},
)
async def file_report(body: ReportRequest, response: Response, parts: Parts, who: Who) -> FiledAnswer:
    """Whatever becomes of the score, a 201 means that the report is stored and its case is in the queue."""
    report = body.as_report(parts.clock())
    [filed] = await run_in_threadpool(file_all, parts, [report], who.name)
    if not filed.created:
        response.status_code = status.HTTP_200_OK
    score, why = await _score_of(parts, filed)
    if score is not None:
        response.headers[MODEL_HEADER] = f"{score.model.name}/{score.model.version}"
    if score is not None and who.queues is not None:
        score, why = await run_in_threadpool(_if_theirs, parts, who, filed, score)
    measures().filings.labels(why.code if why is not None else "scored").inc()
    return FiledAnswer(
        report_id=filed.report_id, case_id=filed.case_id, created=filed.created, score=score, unscored=why
    )


@router.get("/v1/cases", summary="Cases, decided or not, the newest first")
def list_cases(parts: Parts, who: Who, asked: Annotated[CasesQuery, Query()]) -> CasesAnswer:
    """A page of those that all that is asked for holds of."""
    only = dataclasses.replace(asked.as_filter(), queues=their_queues(parts, who, asked.as_queues()))
    before = None if asked.cursor is None else cases_place(asked.cursor)
    store = parts.store()
    # One more than the page holds tells whether there is another.
    found = store.list_cases(asked.limit + 1, before=before, only=only)
    page = found[: asked.limit]
    scores = store.latest_scores([case.id for case in page])
    return CasesAnswer(
        cases=[case_summary(case, scores.get(case.id), parts.ranking) for case in page],
        next_cursor=cases_cursor(page[-1].id) if len(found) > len(page) else None,
    )


@router.get(
    "/v1/cases/{case_id}",
    summary="A case with its reports, its latest score and its decisions",
    response_model=CaseAnswer,
    responses={304: {"description": "It is as `If-None-Match` knows it"}},
)
def show_case(
    case_id: str, show: Show, response: Response, if_none_match: IfNoneMatch = None
) -> CaseAnswer | Response:
    """The case. Who reported it is kept apart and not shown."""
    case = show(known_id(case_id))
    tag = response.headers["ETag"]
    return Response(status_code=304, headers={"ETag": tag}) if is_known(tag, if_none_match) else case


@router.post(
    "/v1/cases/{case_id}/decision", status_code=status.HTTP_201_CREATED, summary="Decide a case that you have claimed"
)
def decide(
    case_id: str, body: DecisionRequest, response: Response, parts: Parts, who: Who, only_if: OnlyIf
) -> DecisionAnswer:
    """Decided exactly once, by whoever holds the newest lease."""
    verdict = body.as_verdict()
    parts.taxonomy.check(verdict)
    decision = parts.store().decide(
        known_id(case_id),
        verdict,
        holder=acting_as(who, body.holder),
        token=body.token,
        note=body.note,
        shown=body.as_shown(),
        handling_seconds=body.handling_seconds,
        outcome=body.outcome,
        only_if=only_if,
    )
    tag_decision(parts, decision, response)
    return decision_answer(decision)


@router.post("/v1/cases/{case_id}/lease/renew", summary="Keep a claimed case longer")
def renew(case_id: str, body: RenewRequest, parts: Parts, who: Who, only_if: OnlyIf) -> LeaseAnswer:
    """The lease, lasting from now."""
    lease = Lease(known_id(case_id), acting_as(who, body.holder), body.token, parts.clock())
    lasting = body.lease_seconds or parts.settings.lease_seconds
    return lease_answer(parts.store().renew(lease, lasting, only_if=only_if))


@router.post(
    "/v1/cases/{case_id}/lease/release", status_code=status.HTTP_204_NO_CONTENT, summary="Give a claimed case back"
)
def release(case_id: str, body: LeaseRequest, parts: Parts, who: Who, only_if: OnlyIf) -> None:
    """The case is anyone's to claim again."""
    parts.store().release(known_id(case_id), acting_as(who, body.holder), body.token, only_if=only_if)


def file_all(parts: Services, reports: Sequence[NewReport], who: str) -> list[FiledReport]:
    """Store the reports, all or none.

    Raises:
        InvalidInputError: One cannot be stored.
    """
    # Until it is scored it stands where a case stands that no model can judge: the rules rank it, never below medium.
    return parts.store().file_reports(
        reports,
        actor=who,
        start_of=lambda report: _start_of(parts, report),
        gather_hours=parts.settings.gather_hours,
    )


def _start_of(parts: Services, report: NewReport) -> Start:
    unjudged = parts.ranking.unjudged(
        CaseToJudge(report.title, report.description, report.received_at, report.channel, report.attributes)
    )
    return Start(unjudged.order_key, parts.ranking.unjudged_level(report.attributes))


def _if_theirs(
    parts: Services, who: Identity, filed: FiledReport, score: ScoreAnswer
) -> tuple[ScoreAnswer | None, ReasonAnswer | None]:
    """The score, unless the report's case is in a queue that is not theirs: it judges others' reports, too."""
    try:
        refuse_other_queue(parts, who, filed.case_id)
    except OtherQueueError as error:
        return None, reason_answer(error)
    return score, None


async def _score_of(parts: Services, filed: FiledReport) -> tuple[ScoreAnswer | None, ReasonAnswer | None]:
    """The case's score, or why it has none yet. Raises nothing: the report is stored, and that is what was asked."""
    scoring = asyncio.ensure_future(_score(parts, filed))
    try:
        return await _waited_for(parts, scoring), None
    except (BusyError, ModelSlowError) as error:
        # It goes on; should it fail, the backlog has the case.
        scoring.add_done_callback(lambda done: done.cancelled() or done.exception())
        why: CaseloadError = error
    except CaseloadError as error:
        why = error
    except Exception as error:  # noqa: BLE001 - logged; what is stored must be answered as stored
        logger.exception("case %s is stored but could not be scored", filed.case_id)
        why = UnscorableError(f"'score' must be computed (got {type(error).__name__}); the case is queued")
    parts.backlog.wake()
    return None, reason_answer(why)


async def _waited_for(parts: Services, scoring: asyncio.Future[ScoreAnswer]) -> ScoreAnswer:
    """What `scoring` answers, unless the model is too slow or too much waits for it; it goes on then.

    Raises:
        ModelSlowError: The model has been at one batch for too long.
        BusyError: It is quick enough, and others were before this one for too long.
    """
    now = asyncio.get_running_loop().time
    until = now() + SCORE_WITHIN_SECONDS
    while (left := until - now()) > 0:
        patience = parts.settings.model_seconds - parts.scorer.silent()
        if patience <= 0 and not scoring.done():
            raise ModelSlowError(
                f"'score' must be there within {parts.settings.model_seconds:g} s (got none from the model); "
                "the case is queued"
            )
        done, _ = await asyncio.wait({scoring}, timeout=min(left, max(patience, 0.0)))
        if done:
            return scoring.result()
    raise BusyError("'score' must wait for others (got no turn in time); the case is queued")


async def _score(parts: Services, filed: FiledReport) -> ScoreAnswer:
    store = parts.store()
    with parts.backlog.hands_off(filed.case_id):
        case = await run_in_threadpool(store.case, filed.case_id)
        score: Score | None = None if filed.created else await run_in_threadpool(store.latest_score, filed.case_id)
        if score is None:
            ranked_by = parts.ranking.digest  # before it is scored, as the backlog does
            [scored] = await parts.scorer.score([case_to_judge(case)])
            score = routed(scored.as_record(case, parts.clock()), case, parts.taxonomy)
            await run_in_threadpool(partial(store.record_scores, [score], ranked_by=ranked_by))
    return score_answer(score, case.content.attributes, parts.taxonomy)
