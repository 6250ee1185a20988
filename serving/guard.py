"""What every request passes before anything parses it: its key, its size; and what catches what nobody foresaw."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.errors import CaseloadError
from serving.callers import Callers
from serving.permissions import NATIVE, OPEN, ROUTES, refuse_native
from serving.problems import TOO_LARGE, crash, problem, problem_of
from serving.schemas import MAX_BODY_BYTES

IDENTITY = "caseload.identity"

# A load balancer holds no key. BentoML's own three answer an empty line.
OPEN_PATHS = frozenset(path for (_, path), needed in {**ROUTES, **NATIVE}.items() if needed == OPEN)


class Guard:
    """ASGI middleware. A request that passed one Guard is not looked at by a second further in.

    Args:
        app: What it guards.
        callers: Who may call.
    """

    def __init__(self, app: ASGIApp, callers: Callers) -> None:
        self.app = app
        self.callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a problem, or pass the request on with who asks in the scope under `IDENTITY`."""
        if scope["type"] != "http" or IDENTITY in scope:
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            refusal = await self._admit(scope)
            if refusal is None:
                body = await _whole_body(scope, receive)
                refusal = problem(TOO_LARGE, f"A body may be {MAX_BODY_BYTES} bytes long.") if body is None else None
            if refusal is None:
                await self.app(scope, _replay(body, receive), watched)
            else:
                await refusal(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last one to see it; raised on, the server would log what it says
            answer = crash(error)
            if not started:
                await answer(scope, receive, send)

    async def _admit(self, scope: Scope) -> Response | None:
        scope[IDENTITY] = None
        if scope["path"] in OPEN_PATHS:
            return None
        try:
            identity = await run_in_threadpool(self.callers.of_request, scope)
            refuse_native(identity, scope["method"], scope["path"])
        except CaseloadError as error:
            return problem_of(error)
        scope[IDENTITY] = identity
        return None


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
