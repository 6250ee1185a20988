"""What every request passes before anything parses it: who asks, how often, how much; the unforeseen ends here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.errors import CaseloadError
from cases.identity import Identity
from serving.access.callers import Callers
from serving.access.limits import Limits
from serving.access.pages import is_page
from serving.access.permissions import is_native, needs_no_key, refuse_native
from serving.api.answer_headers import API_HEADERS, PAGE_HEADERS, with_headers
from serving.api.problems import TOO_LARGE, UNSUPPORTED, crash, problem, problem_of
from serving.api.schemas import MAX_BODY_BYTES
from serving.observing.request_context import REQUEST_ID_HEADER, enter_request

IDENTITY = "caseload.identity"
# Threads that look callers up. They are the guard's own: the common ones are all taken when much is being done, and
# whoever is to be turned away would wait behind those who were let in.
_LOOKING_UP = 4

_MOST_DIGITS = 19


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
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if IDENTITY in scope:
            # Let in further out. What breaks ends here all the same: the app around would answer it in its own way.
            await _unbroken(self.app, scope, receive, send)
            return
        named = enter_request(scope)
        secured = PAGE_HEADERS if is_page(scope["path"]) else API_HEADERS
        send = with_headers(send, {REQUEST_ID_HEADER: named, **self.told()}, secured)
        await _unbroken(self._let_in, scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = await self._admit(scope)
        with self.limits.one(who) if who is not None else nullcontext():
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole_body(scope, receive)
        if body is None:
            await problem(TOO_LARGE, f"A body may be {MAX_BODY_BYTES} bytes long.")(scope, receive, send)
        elif is_native(scope["path"]) and _kind(scope) not in ("", "application/json"):
            # BentoML reads more kinds, forms and frames among them, and breaks on what is none.
            await problem(UNSUPPORTED)(scope, receive, send)
        else:
            await self.app(scope, _replay(body, receive), send)

    async def _admit(self, scope: Scope) -> Identity | None:
        """Who asks; None where nobody need say."""
        scope[IDENTITY] = None
        # A load balancer holds no key, nor does whoever reads what a problem means; and systems that sign are asked
        # for the signature, and counted, by their routes, before anything is parsed.
        if needs_no_key(scope["path"]):
            return None
        if is_page(scope["path"]):
            # Nobody's being signed in is the page's to answer: it shows how to.
            visitor: Identity | None = await to_thread.run_sync(
                self.callers.of_visitor, scope, limiter=self._looking_up
            )
            scope[IDENTITY] = visitor
            return visitor
        identity = self.callers.remembered(scope)
        if identity is None:
            identity = await to_thread.run_sync(self.callers.of_request, scope, limiter=self._looking_up)
        refuse_native(identity, scope["method"], scope["path"])
        scope[IDENTITY] = identity
        return identity


async def _unbroken(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """What `app` answers, or the problem that it raised, unless its answer had begun."""
    started = False

    async def watched(message: Message) -> None:
        nonlocal started
        started = started or message["type"] == "http.response.start"
        await send(message)

    try:
        await app(scope, receive, watched)
    except ClientDisconnect:
        # Gone in the middle of the body: what came of it may well look whole, and is not what was to be sent.
        return
    except CaseloadError as error:
        # Of what is asked before the app begins, which answers its own.
        if not started:
            await problem_of(error)(scope, receive, send)
    except Exception as error:  # noqa: BLE001 - the last one to see it; raised on, the server would log what it says
        answer = crash(error)
        if not started:
            await answer(scope, receive, send)


def _kind(scope: Scope) -> str:
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()


async def _whole_body(scope: Scope, receive: Receive) -> bytes | None:
    """The body, or None where it is too large; then the rest is not read.

    Raises:
        ClientDisconnect: It did not come to its end.
    """
    declared = Headers(scope=scope).get("content-length", "0")
    # Of a number that long nothing more need be known, and Python reads none of thousands of digits.
    if declared.isdecimal() and (len(declared) > _MOST_DIGITS or int(declared) > MAX_BODY_BYTES):
        return None
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
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
