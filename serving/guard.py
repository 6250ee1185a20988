"""What every request passes before anything parses it: who asks, how often, how much; the unforeseen ends here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.errors import CaseloadError
from cases.identity import Identity
from serving.answer_headers import with_headers
from serving.callers import Callers
from serving.limits import Limits
from serving.permissions import needs_no_key, refuse_native
from serving.problems import TOO_LARGE, crash, problem, problem_of
from serving.request_context import REQUEST_ID_HEADER, enter_request
from serving.schemas import MAX_BODY_BYTES

IDENTITY = "caseload.identity"
# Threads that look callers up. They are the guard's own: the common ones are all taken when much is being done, and
# whoever is to be turned away would wait behind those who were let in.
_LOOKING_UP = 4


class Guard:
    """ASGI middleware. A request that passed one Guard is not looked at by a second further in.

    Args:
        app: What it guards.
        callers: Who may call.
        limits: How much of the service each may take.
        told: What every answer says in its headers, as it stands when the request comes in.
    """

    def __init__(self, app: ASGIApp, callers: Callers, limits: Limits, told: Callable[[], Mapping[str, str]]) -> None:
        self.app = app
        self.told = told
        self.callers = callers
        self.limits = limits
        self._looking_up = CapacityLimiter(_LOOKING_UP)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a problem, or pass the request on with who asks in the scope under `IDENTITY`."""
        if scope["type"] == "websocket":
            # There are none; whatever a library adds is not open for that.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        if scope["type"] != "http" or IDENTITY in scope:
            await self.app(scope, receive, send)
            return
        named = enter_request(scope)
        send = with_headers(send, {REQUEST_ID_HEADER: named, **self.told()})
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            who = await self._admit(scope)
            with self.limits.one(who) if who is not None else nullcontext():
                body = await _whole_body(scope, receive)
                if body is not None:
                    await self.app(scope, _replay(body, receive), watched)
                else:
                    await problem(TOO_LARGE, f"A body may be {MAX_BODY_BYTES} bytes long.")(scope, receive, send)
        except CaseloadError as error:
            # Of what is asked before the app begins, which answers its own.
            if not started:
                await problem_of(error)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last one to see it; raised on, the server would log what it says
            answer = crash(error)
            if not started:
                await answer(scope, receive, send)

    async def _admit(self, scope: Scope) -> Identity | None:
        """Who asks; None where nobody need say."""
        scope[IDENTITY] = None
        # A load balancer holds no key, nor does whoever reads what a problem means; and systems that sign are asked
        # for the signature, and counted, by their routes, before anything is parsed.
        if needs_no_key(scope["path"]):
            return None
        identity = self.callers.remembered(scope)
        if identity is None:
            identity = await to_thread.run_sync(self.callers.of_request, scope, limiter=self._looking_up)
        refuse_native(identity, scope["method"], scope["path"])
        scope[IDENTITY] = identity
        return identity


async def _whole_body(scope: Scope, receive: Receive) -> bytes | None:
    """The body, or None where it is too large; then the rest is not read."""
    declared = Headers(scope=scope).get("content-length", "0")
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        return None
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(pieces)
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return b"".join(pieces)


def _replay(body: bytes | None, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body or b"", "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
