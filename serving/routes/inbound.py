"""Reports from systems that sign what they send, and hold no key of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Request, Response, status
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from cases.errors import InvalidInputError
from cases.identity import Identity, IdentityKind, Role
from cases.inbound import InboundKind
from serving.access.failures import Means
from serving.api.answers_inbound import InboundAnswer, triage_answer
from serving.api.bodies import json_of
from serving.api.schemas import ReportRequest, Storable
from serving.hooks.signed import claim_of, refuse_unless_signed
from serving.hooks.zendesk import report_of
from serving.routes.cases import file_report
from serving.services import Services, services

T = TypeVar("T")

router = APIRouter(tags=["inbound"])

Parts = Annotated[Services, Depends(services)]
Source = Annotated[str, Storable, Path(max_length=100)]

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "docs/inbound.md describes it; the signature is over its bytes.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.post(
    "/v1/inbound/zendesk/{source}",
    status_code=status.HTTP_201_CREATED,
    summary="A ticket, or new words on one, signed by Zendesk",
    responses={200: {"model": InboundAnswer, "description": "It was known or ignored; nothing changed"}},
    openapi_extra=_BODY,
)
async def take_ticket(source: Source, request: Request, response: Response, parts: Parts) -> InboundAnswer:
    """A new ticket begins a case; a comment that its author's own people did not write joins it."""
    who, body = await _believed(InboundKind.ZENDESK, source, request, parts)
    with parts.limits.one(who):
        report = _checked(lambda: report_of(source, body))
        if isinstance(report, str):
            response.status_code = status.HTTP_200_OK
            return InboundAnswer(ignored=report, filed=None, triage=None)
        return await _filed(report, response, parts, who)


@router.post(
    "/v1/inbound/generic/{source}",
    status_code=status.HTTP_201_CREATED,
    summary="A report, signed by Standard Webhooks",
    responses={200: {"model": InboundAnswer, "description": "The report was known; nothing changed"}},
    openapi_extra=_BODY,
)
async def take_report(source: Source, request: Request, response: Response, parts: Parts) -> InboundAnswer:
    """A report as `POST /v1/cases` takes it; its source is the one that signed."""
    who, body = await _believed(InboundKind.GENERIC, source, request, parts)
    with parts.limits.one(who):
        if body.get("source", source) != source:
            raise InvalidInputError(
                "'source' must be the one that signed (got another); leave it out", field="source"
            )
        report = _checked(lambda: ReportRequest.model_validate({**body, "source": source}))
        return await _filed(report, response, parts, who)


async def _believed(
    kind: InboundKind, source: str, request: Request, parts: Services
) -> tuple[Identity, dict[str, Any]]:
    """Who sent it, and the JSON of its body, once its signature holds. Nothing of it is parsed before."""
    raw, now = await request.body(), parts.clock()
    with parts.failures.attempt(request.scope, Means.SIGNATURE, source):
        claim = claim_of(kind, _headers(request), raw, now)
        refuse_unless_signed(claim, await run_in_threadpool(parts.store().inbound_keys, source, kind, now))
    # Its reports may be of any queue; what it may do is file.
    who = Identity(f"inbound/{source}", IdentityKind.CALLER, frozenset({Role.TOOLING}))
    return who, _object(raw)


def _headers(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        # Said twice it is said by two: neither counts.
        found[name] = "" if name in found else value
    return found


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json_of(raw)
    except (ValueError, RecursionError):
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": ""}]) from None
    if not isinstance(found, dict):
        raise RequestValidationError([{"type": "dict_type", "loc": ("body",), "msg": "must be an object"}])
    return found


def _checked(make: Callable[[], T]) -> T:
    """What `make` answers; what it finds wrong is answered as of any body."""
    try:
        return make()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in found]) from None


async def _filed(report: ReportRequest, response: Response, parts: Services, who: Identity) -> InboundAnswer:
    filed = await file_report(report, response, parts, who)
    return InboundAnswer(
        ignored=None, filed=filed, triage=None if filed.score is None else triage_answer(filed.score)
    )
