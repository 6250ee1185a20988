"""Errors as RFC 9457 problem documents: a stable `code` to branch on, and never what was sent.

docs/api.md lists the codes; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from cases.errors import (
    ArtifactError,
    CaseloadError,
    ConflictError,
    InvalidInputError,
    ModelMissingError,
    NotFoundError,
    NotMigratedError,
    OtherQueueError,
    PreconditionFailedError,
    StaleLeaseError,
    StoreUnavailableError,
    TrackerUnavailableError,
    UnknownPolicyError,
)
from serving.observing.logs import logger
from serving.observing.request_context import request_id

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

# Without digits and dots: a user's name, an address or an order's number is none.
_FIELD_NAME = re.compile(r"[A-Za-z_-]{1,40}")


class BusyError(CaseloadError):
    """More waits to be scored than the service takes on; try again later."""


class UnauthorizedError(CaseloadError):
    """It is not known who asks."""


class NotSignedError(CaseloadError):
    """A request that must be signed is not, or not by who may send it, or not now."""


class UnknownPersonError(CaseloadError):
    """Somebody was signed in who is not let in."""


class ForbiddenError(CaseloadError):
    """No role of whoever asks allows it."""


class NotYourselfError(CaseloadError):
    """A person named somebody else as the one who acts."""


class PreconditionRequiredError(CaseloadError):
    """What overrides others must say which version of the case was seen."""


class KeyReusedError(CaseloadError):
    """An Idempotency-Key stood on another request."""


class KeyInFlightError(ConflictError):
    """The request with this Idempotency-Key is still being answered."""


class RateLimitedError(CaseloadError):
    """Whoever asks sends more than their share.

    Attributes:
        retry_after: In how many seconds the next request is let in, at least 1.
    """

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelLoadingError(ModelMissingError):
    """The model is being loaded; it will be there in seconds."""


class ModelSlowError(CaseloadError):
    """The model takes too long to be waited for; what is stored will be scored later."""


class UnscorableError(CaseloadError):
    """The model broke on this case; the log says where, and nothing of what the case says."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem.

    Attributes:
        code: Never changes.
        status: The HTTP status.
        title: The same for every problem of the kind.
        detail: Shown in place of the error's own words, where these are for the operator alone.
        retry: Whether the same request may succeed later.
    """

    code: str
    status: int
    title: str
    detail: str = ""
    retry: bool = False


UNAUTHORIZED = Kind("unauthorized", 401, "A key is needed")
INVALID_INPUT = Kind("invalid_input", 422, "The request is not as it must be")
INVALID_BODY = Kind("invalid_body", 400, "The body is not JSON", "Send UTF-8 JSON.")
UNSUPPORTED = Kind(
    "unsupported_media_type", 415, "The body is not declared as JSON", "Send 'Content-Type: application/json'."
)
TOO_LARGE = Kind("body_too_large", 413, "The body is too large")
NO_ROUTE = Kind("no_such_route", 404, "There is nothing here", "See /openapi.json for what there is.")
NO_METHOD = Kind(
    "method_not_allowed", 405, "The method is not allowed here", "The header 'Allow' names those that are."
)
INTERNAL = Kind(
    "internal_error", 500, "Something broke on our side", "The server's log says where; nothing you sent is in it."
)
UNAVAILABLE = Kind("unavailable", 503, "The service cannot answer now", "Try again.", retry=True)

# Looked up along the error's classes, the nearest first.
KINDS: Mapping[type[CaseloadError], Kind] = {
    BusyError: Kind("busy", 429, "Too much is waiting to be scored", retry=True),
    RateLimitedError: Kind("rate_limited", 429, "You send more than your share", retry=True),
    UnauthorizedError: UNAUTHORIZED,
    NotSignedError: Kind("not_signed", 401, "A signature is needed"),
    UnknownPersonError: Kind("unknown_person", 403, "You are not let in"),
    ForbiddenError: Kind("forbidden", 403, "Your roles do not allow this"),
    OtherQueueError: Kind("other_queue", 403, "That queue is not yours"),
    PreconditionRequiredError: Kind("precondition_required", 428, "It must be said which version was seen"),
    PreconditionFailedError: Kind("precondition_failed", 412, "The case has changed since you saw it"),
    KeyReusedError: Kind("idempotency_key_reused", 422, "The key stood on another request"),
    KeyInFlightError: Kind("idempotency_in_flight", 409, "The same request is still being answered", retry=True),
    NotYourselfError: Kind("not_yourself", 403, "You act as yourself alone"),
    UnknownPolicyError: Kind("unknown_policy", 422, "The taxonomy has no such word"),
    InvalidInputError: INVALID_INPUT,
    NotFoundError: Kind("not_found", 404, "There is no such thing"),
    StaleLeaseError: Kind("stale_lease", 409, "The lease is no longer yours"),
    ConflictError: Kind("conflict", 409, "The state has moved on"),
    NotMigratedError: Kind(
        "not_migrated", 503, "The database is not at this version's schema", "Run `caseload db upgrade`.", retry=True
    ),
    StoreUnavailableError: Kind(
        "store_unavailable", 503, "The database does not answer", "Nothing was stored. Try again.", retry=True
    ),
    ModelLoadingError: Kind("model_loading", 503, "The model is being loaded", retry=True),
    ModelMissingError: Kind("model_missing", 503, "No model serves", retry=True),
    ModelSlowError: Kind("model_slow", 503, "The model takes too long", retry=True),
    ArtifactError: Kind("model_damaged", 503, "The model's files are not what they must be", retry=True),
    TrackerUnavailableError: Kind("tracker_unavailable", 503, "MLflow does not answer", "Try again.", retry=True),
    CaseloadError: INTERNAL,
}

_ALL = (INVALID_BODY, UNSUPPORTED, TOO_LARGE, NO_ROUTE, NO_METHOD, UNAVAILABLE, *KINDS.values())
CODES: Mapping[str, Kind] = {kind.code: kind for kind in _ALL}


def kind_of(error: CaseloadError) -> Kind:
    """The kind of problem that `error` is."""
    return next(KINDS[ancestor] for ancestor in type(error).__mro__ if ancestor in KINDS)


def body_of(kind: Kind, detail: str = "") -> dict[str, Any]:
    """What every document on a problem of the kind says."""
    return {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": detail or kind.detail or kind.title,
    }


def problem(
    kind: Kind,
    detail: str = "",
    *,
    field: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for a problem."""
    body = body_of(kind, detail)
    if request_id.get():
        body["instance"] = f"urn:caseload:request:{request_id.get()}"
    if field:
        body["field"] = field
    if errors:
        body["errors"] = list(errors)
    extra = dict(headers or {})
    if kind.retry:
        extra.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    if kind.status == UNAUTHORIZED.status:
        extra.setdefault("WWW-Authenticate", 'Bearer realm="caseload"')
    return JSONResponse(body, status_code=kind.status, headers=extra, media_type=MEDIA_TYPE)


def problem_of(error: CaseloadError) -> Response:
    """The answer for one of our own errors, whose messages hold no text of a case."""
    kind, field = kind_of(error), error.field if isinstance(error, InvalidInputError) else ""
    if kind.status >= 500:
        logger.warning("%s: %s", kind.code, error)
    later = {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimitedError) else None
    return problem(kind, kind.detail or str(error), field=field, headers=later)


def crash(error: Exception) -> Response:
    """The answer for an error that nobody foresaw; where it happened is logged, what it said is not."""
    logger.error("unforeseen %s", type(error).__name__, exc_info=error)
    return problem(INTERNAL)


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""
    app.add_exception_handler(CaseloadError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def field_errors(found: Sequence[Mapping[str, Any]], *, skip: int = 0) -> list[dict[str, str]]:
    """Pydantic's errors as field and message; the input is in neither.

    Args:
        found: As `ValidationError.errors()` answers.
        skip: How many parts of each place to leave out at its start ("body", "query").
    """
    return [{"field": _place(error["loc"][skip:]), "message": _message(error)} for error in found]


def invalid(errors: list[dict[str, str]]) -> Response:
    """The answer for a request whose fields are wrong."""
    return problem(INVALID_INPUT, told_errors(errors), field=errors[0]["field"], errors=errors[:100])


def told_errors(errors: Sequence[Mapping[str, str]]) -> str:
    """The first error in a sentence, and how many there are."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return (f"'{first['field']}'" if first["field"] else "the body") + f": {first['message']}{more}"


def _place(parts: Sequence[str | int]) -> str:
    # An unknown field's name is the sender's: shown when it looks like a name, measured when it might be a text.
    return ".".join(
        str(part) if isinstance(part, int) or _FIELD_NAME.fullmatch(part) else f"<{len(part)} characters>"
        for part in parts
    )


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == r"\S":
        return "must hold text, not blanks alone"
    if error["type"] == "extra_forbidden":
        return "is not a field of this request; remove it"
    return str(error["msg"]).removeprefix("Value error, ")


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CaseloadError)  # noqa: S101 - Starlette's handler type is wider than its registration
    return problem_of(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    return invalid_request(request, error)


def invalid_request(request: Request, error: RequestValidationError) -> Response:
    """The answer for a request that is not as its route describes it."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(INVALID_BODY)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    of_the_body = any(item["loc"][:1] == ("body",) for item in found)
    if of_the_body and not (kind == "application/json" or kind.endswith("+json")):
        return problem(UNSUPPORTED)
    return invalid(field_errors(found, skip=1))


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    # What FastAPI raises itself: a body that is not UTF-8 or is nested too deep, or a path as `*`, which is none.
    return problem({400: INVALID_BODY, 404: NO_ROUTE}.get(error.status_code, UNAVAILABLE))
