"""What a request is known by in the log: an id of its own, and the trace that it is part of."""

from __future__ import annotations

from contextvars import ContextVar

# Of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")
