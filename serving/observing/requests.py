"""What is seen of each request from outside: how long it took and what came of it, as metrics, a log line and a span.

It stands before all else, so that what BentoML's own middleware refuses counts too. Of the path only the route's
template is kept, and ids that we gave; of the query and the body nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.identity import Identity, IdentityKind
from serving.access.guard import IDENTITY
from serving.api.route_templates import Matched, matched
from serving.observing import tracing
from serving.observing.logs import TOLD, access
from serving.observing.measures import measures
from serving.observing.request_context import request_id, trace_id

_SEEN = "caseload.observed"
# Who asked hung up, or the process ended, before there was an answer.
NO_ANSWER = "none"


class Observed:
    """ASGI middleware. A request that passed one is not counted by a second further in.

    Args:
        app: What it watches.
        now: Seconds that only ever grow.
    """

    def __init__(self, app: ASGIApp, now: Callable[[], float] = time.perf_counter) -> None:
        self.app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell of it when it is answered."""
        if scope["type"] != "http" or _SEEN in scope:
            await self.app(scope, receive, send)
            return
        scope[_SEEN] = True
        route, began, seen = matched(scope["method"], scope["path"]), self._now(), _Seen()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Here, since they are of the context in which the request is answered, which may not be ours.
                seen.status, seen.request_id, seen.trace_id = message["status"], request_id.get(), trace_id.get()
            await send(message)

        in_flight = measures().in_flight
        in_flight.inc()
        try:
            with tracing.request(route, scope) as span:
                try:
                    await self.app(scope, receive, watched)
                finally:
                    span.answered(seen.status)
                    seen.trace_id = span.trace_id or seen.trace_id
        finally:
            in_flight.dec()
            _tell(route, scope.get(IDENTITY), seen, self._now() - began)


class _Seen:
    """What is known of an answer once it has begun; a status of 0: it never did."""

    __slots__ = ("request_id", "status", "trace_id")

    def __init__(self) -> None:
        self.status = 0
        self.request_id = ""
        self.trace_id = ""


def _tell(route: Matched, who: Identity | None, seen: _Seen, seconds: float) -> None:
    status = f"{seen.status // 100}xx" if seen.status else NO_ANSWER
    measures().request_seconds.labels(route.method, route.template, status).observe(seconds)
    told: dict[str, object] = {
        "method": route.method,
        "route": route.template,
        "status": seen.status,
        "ms": round(seconds * 1000, 1),
        **route.ids,
    }
    if who is not None:
        told["caller_kind"] = who.kind.value
        if who.kind is IdentityKind.CALLER:
            # Whoever works cases is told apart in the record, and not followed about in the log.
            told["caller"] = who.name
    told |= {name: value for name in ("request_id", "trace_id") if (value := getattr(seen, name))}
    access.info("request", extra={TOLD: told})
