"""What a request is known by in answers and in the log: an id of its own, and the trace that it is part of."""

from __future__ import annotations

import re
from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import Scope

from cases.ids import new_id

# Of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

REQUEST_ID_HEADER = "X-Request-Id"
# A caller's own is believed only where it can be nothing but a name.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# https://www.w3.org/TR/trace-context/: version, trace, parent, flags. A later version may say more.
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")


def enter_request(scope: Scope) -> str:
    """Say which request is being answered from here on, in this context; answers its id."""
    headers = Headers(scope=scope)
    given = headers.get(REQUEST_ID_HEADER, "")
    named = given if _REQUEST_ID.fullmatch(given) else new_id()
    request_id.set(named)
    trace_id.set(traced(headers.getlist("traceparent")))
    return named


def traced(given: list[str]) -> str:
    """The trace of a `traceparent` header, 32 hexadecimal digits; empty where there is none that is valid."""
    if len(given) != 1:
        return ""
    found = _TRACEPARENT.fullmatch(given[0].strip())
    if found is None or (found[1] == "00" and found[4]):
        return ""
    return found[2]
