"""From an answer that is not a success to the error for it."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2
from pydantic import ValidationError

from caseload_client._call import Received, request_id_of, unreadable
from caseload_client.answers import ItemProblem, Problem
from caseload_client.errors import (
    CaseloadError,
    ConflictError,
    ForbiddenError,
    InFlightError,
    InternalError,
    InvalidRequestError,
    NotFoundError,
    NotReachedError,
    PreconditionFailedError,
    StaleLeaseError,
    TimedOutError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnknownPolicyError,
    UnreadableAnswerError,
)

_BY_CODE: dict[str, type[CaseloadError]] = {
    "stale_lease": StaleLeaseError,
    "idempotency_in_flight": InFlightError,
    "unknown_policy": UnknownPolicyError,
    # The path is wrong, not the id in it.
    "no_such_route": InvalidRequestError,
}
_BY_STATUS: dict[int, type[CaseloadError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionFailedError,
    429: TooManyRequestsError,
    # Of a proxy whose service is gone for the moment; asking again is as safe as after a lost connection.
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def error_of(received: Received, now: datetime) -> CaseloadError:
    """The error for an answer that is neither a success nor read as one."""
    if received.status < 400:
        return unreadable(received, "is none of the API's")
    problem = _problem(received)
    request_id = request_id_of(received)
    named = f", request {request_id}" if request_id else ""
    said = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
    return error_class(problem.status, problem.code)(
        f"{said} ({problem.code or 'no code'}, status {received.status}{named})",
        problem=problem,
        request_id=request_id,
        retry_after=retry_after(received.headers.get("retry-after"), now),
    )


def error_of_item(problem: ItemProblem | None) -> CaseloadError:
    """The error for an item that was asked for alone."""
    if problem is None:
        return UnreadableAnswerError("the answer must hold a result or a problem (got neither)")
    status = problem.status
    whole = Problem(
        status=status, code=problem.code, detail=problem.detail, field=problem.field, errors=problem.errors
    )
    return error_class(status, problem.code)(f"{problem.detail} ({problem.code})", problem=whole)


def error_class(status: int, code: str) -> type[CaseloadError]:
    """The nearest class: by the code, else by the status, else by its hundred."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(status, InvalidRequestError if status < 500 else InternalError)


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that `Retry-After` asks to wait, at least 0; None where it is absent or says neither form."""
    if header is None:
        return None
    header = header.strip()
    if re.fullmatch(r"[0-9]+", header):
        # Nobody waits for longer than a number of nine digits; int() refuses some that are longer.
        return float(header) if len(header) <= 9 else float("inf")
    try:
        until = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def not_reached(error: Exception) -> CaseloadError:
    """The error for a request that got no answer. What the library said may quote what came, and stays out."""
    if isinstance(error, httpx2.TimeoutException):
        return TimedOutError(f"no answer came in time ({type(error).__name__}); it may have been done all the same")
    reason = f": {found}" if (found := _reason(error)) else ""
    return NotReachedError(f"no answer came ({type(error).__name__}{reason})")


def _reason(error: BaseException | None) -> str:
    """The operating system's own words, where it has any."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        if isinstance(error, socket.gaierror):
            return "the host's name is not known"
        if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
            return os.strerror(error.errno)
        error, seen = error.__cause__ or error.__context__, seen + 1
    return ""


def _problem(received: Received) -> Problem:
    kind = received.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/problem+json":
        try:
            problem = Problem.model_validate_json(received.body)
        except ValidationError:
            problem = None
        # A problem that speaks of another status is a proxy's, or nobody's.
        if problem is not None and problem.status == received.status:
            return problem
    # Anything else may quote what was sent; it is told by its status alone.
    try:
        title = HTTPStatus(received.status).phrase
    except ValueError:
        title = "An unknown status"
    return Problem(status=received.status, title=title)
