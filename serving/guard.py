"""What every request passes before anything parses it: who asks, how often, how much; the unforeseen ends here."""

from __future__ import annotations

import re
from contextlib import nullcontext

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.errors import CaseloadError
from cases.identity import Identity
from serving.answer_headers import with_security_headers
from serving.callers import Callers
from serving.limits import Limits
from serving.permissions import NATIVE, OPEN, ROUTES, SIGNED, refuse_native
from serving.problems import TOO_LARGE, crash, problem, problem_of
from serving.schemas import MAX_BODY_BYTES

IDENTITY = "caseload.identity"

# A load balancer holds no key. BentoML's own three answer an empty line.
OPEN_PATHS = frozenset(path for (_, path), needed in {**ROUTES, **NATIVE}.items() if needed == OPEN)
# Nor do systems that sign: their routes ask for the signature, and count their share, before anything is parsed.
SIGNED_PATHS = re.compile(
    "|".join(re.sub(r"\{\w+\}", "[^/]+", path) for (_, path), needed in ROUTES.items() if needed == SIGNED)
)


class Guard:
    """ASGI middleware. A request that passed one Guard is not looked at by a second further in.

    Args:
        app: What it guards.
        callers: Who may call.
        limits: How much of the service each may take.
    """

    def __init__(self, app: ASGIApp, callers: Callers, limits: Limits) -> None:
        self.app = app
        self.callers = callers
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a problem, or pass the request on with who asks in the scope under `IDENTITY`."""
        if scope["type"] == "websocket":
            # There are none; whatever a library adds is not open for that.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        if scope["type"] != "http" or IDENTITY in scope:
            await self.app(scope, receive, send)
            return
        send = with_security_headers(send)
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
        if scope["path"] in OPEN_PATHS or SIGNED_PATHS.fullmatch(scope["path"]):
            return None
        identity = await run_in_threadpool(self.callers.of_request, scope)
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
