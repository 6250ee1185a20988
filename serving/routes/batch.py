"""Filing many reports at once, each for itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from cases.errors import InvalidInputError
from cases.identity import Identity
from cases.record import FiledReport, NewReport
from serving.api.answers import BatchFiledAnswer, FiledItemAnswer, ItemProblem
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.items import fit_items, item_problem, unfit_items
from serving.api.schemas import ReportsRequest
from serving.observing.measures import measures
from serving.routes.cases import file_all
from serving.services import Services, identity, services

router = APIRouter(tags=["cases"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

_CREATED, _KNOWN = 201, 200


@router.post("/v1/cases/batch", summary="File up to 500 reports; each is stored, or answered with what is wrong")
def file_batch(body: ReportsRequest, parts: Parts, who: Who) -> BatchFiledAnswer:
    """In their order. What is stored is scored in the background; one that is not as it must be fails no other."""
    now = parts.clock()
    wrong = unfit_items(body.reports, "reports")
    fit = [(place, report.as_report(now)) for place, report in fit_items(body.reports)]
    filed = dict(
        zip((place for place, _ in fit), _filed(parts, [report for _, report in fit], who.name), strict=True)
    )
    measures().filings.labels("deferred").inc(sum(isinstance(became, FiledReport) for became in filed.values()))
    parts.backlog.wake()
    return BatchFiledAnswer(
        results=[_item(place, filed.get(place) or wrong[place]) for place in range(len(body.reports))]
    )


def _filed(parts: Services, reports: list[NewReport], who: str) -> list[FiledReport | ItemProblem]:
    if not reports:
        return []
    try:
        return list(file_all(parts, reports, who))
    except InvalidInputError as error:
        # Something of one that only the store sees, and with it nothing of the batch was stored: one by one, then.
        if len(reports) == 1:
            return [item_problem(error)]
        return [answer for report in reports for answer in _filed(parts, [report], who)]


def _item(place: int, became: FiledReport | ItemProblem) -> FiledItemAnswer:
    if isinstance(became, ItemProblem):
        return FiledItemAnswer(index=place, status=became.status, problem=became)
    return FiledItemAnswer(
        index=place,
        status=_CREATED if became.created else _KNOWN,
        report_id=became.report_id,
        case_id=became.case_id,
        created=became.created,
    )
