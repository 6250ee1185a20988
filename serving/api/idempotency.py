"""`Idempotency-Key`: a request that is sent twice is done once and answered the same.

It is the way a route answers and not a layer around the app, since who asks must be known, and let in, before an
answer of before is given out again.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool

from cases.errors import CaseloadError, InvalidInputError
from cases.ids import CaseId
from cases.store.answering import Begun, Known, StoredAnswer
from serving.access.permitting import permitted
from serving.api import problems
from serving.api.bodies import Answer, JsonRequest, JsonRoute
from serving.api.problems import KeyInFlightError, KeyReusedError
from serving.services import Services, identity, services

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
# They change nothing, so each is simply done again.
UNKEYED_PATHS = frozenset({"/v1/score", "/v1/bulk/preview"})

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("content-type", "etag", "location")
# What another try may well change: rights, and how busy we are.
_UNKEPT = (403, 429)

KeyHeader = Annotated[
    str | None,
    Header(
        alias=KEY_HEADER,
        description="1 to 255 visible ASCII characters, new for each thing that is to be done; sent again with it, "
        "the same request is answered the same.",
    ),
]


def keyed(_key: KeyHeader = None) -> None:
    """FastAPI dependency that lists the header in the description of a route; the route itself looks at it."""


class KeyedRoute(JsonRoute):
    """A route that answers a POST with a key once."""

    def get_route_handler(self) -> Answer:
        """What answers a request."""
        answer = super().get_route_handler()
        if "POST" not in (self.methods or ()) or self.path in UNKEYED_PATHS:
            return answer

        async def once(request: Request) -> Response:
            given = request.headers.getlist(KEY_HEADER)
            if not given:
                return await answer(request)
            await permitted(request)
            return await _once(JsonRequest.of(request), _key(given), answer)

        return once


async def _once(request: Request, key: str, answer: Answer) -> Response:
    who, parts = identity(request), services(request)
    row, asked = _digest(who.kind, who.name, key), await _request_digest(request)
    begun = await run_in_threadpool(
        parts.store().begin_answer, row, asked, keep_seconds=parts.settings.idempotency_hours * 3600
    )
    if begun.answer is not None:
        return _again(begun.answer)
    _refuse(begun)
    try:
        response = await _answer_or_problem(request, answer)
    except BaseException:
        # Unforeseen, or the caller is gone: whatever was done is done, and may be tried again.
        await run_in_threadpool(parts.store().unanswered, row)
        raise
    await run_in_threadpool(_keep, parts, row, response, request.path_params.get("case_id"))
    return response


async def _answer_or_problem(request: Request, answer: Answer) -> Response:
    try:
        return await answer(request)
    except CaseloadError as error:
        return problems.problem_of(error)
    except RequestValidationError as error:
        return problems.invalid_request(request, error)


def _keep(parts: Services, row: str, response: Response, case_id: str | None) -> None:
    if response.status_code >= 500 or response.status_code in _UNKEPT:
        parts.store().unanswered(row)
        return
    body = bytes(response.body).decode()
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    shown = case_id or _case_in(body)
    parts.store().answered(
        row, StoredAnswer(response.status_code, body, headers, None if shown is None else CaseId(shown[:36]))
    )


def _case_in(body: str) -> str | None:
    """The case that an answer shows whose path names none: a claim's, or the one that was filed."""
    told = json.loads(body) if body else None
    if not isinstance(told, dict):
        return None
    lease = told.get("lease")
    found = lease.get("case_id") if isinstance(lease, dict) else told.get("case_id")
    return found if isinstance(found, str) else None


def _again(answer: StoredAnswer) -> Response:
    return Response(answer.body, answer.status, headers={**answer.headers, REPLAYED_HEADER: "true"})


def _refuse(begun: Begun) -> None:
    if begun.known is Known.REUSED:
        raise KeyReusedError(
            f"'{KEY_HEADER}' must be new for another request (got one that stood on a request with another path or "
            "body); make a new key for each thing that is to be done"
        )
    if begun.known is Known.IN_FLIGHT:
        raise KeyInFlightError(
            f"'{KEY_HEADER}' must not stand on a request that is still being answered (got one that does); wait and "
            "send it again"
        )


def _key(given: list[str]) -> str:
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        raise InvalidInputError(
            f"'{KEY_HEADER}' must be 1 to 255 visible ASCII characters, once (got {len(given)} of "
            f"{max(map(len, given))}); a random UUID will do",
            field=KEY_HEADER,
        )
    return given[0]


async def _request_digest(request: Request) -> str:
    # The path and query as they were sent: what they mean may depend on how they are written.
    seen = ",".join(request.headers.getlist("if-match"))
    return _digest(request.method, request.url.path, request.url.query, seen, await request.body())


def _digest(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        told = part.encode() if isinstance(part, str) else part
        whole.update(len(told).to_bytes(8, "big"))
        whole.update(told)
    return whole.hexdigest()
