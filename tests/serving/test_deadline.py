"""A request's time-out: what it gives up, what it leaves alone, and that it keeps nothing of what was answered."""

from __future__ import annotations

import asyncio
import weakref
from contextvars import ContextVar

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.access.deadline import Deadline

HTTP: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def answered(app: ASGIApp, seconds: float) -> list[Message]:
    """What is sent by `app` behind a deadline."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    await Deadline(app, seconds)(HTTP, receive, send)
    return sent


async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


def test_a_request_without_an_answer_is_given_up_as_a_problem_that_says_to_try_again():
    start, body = asyncio.run(answered(never, 0.01))

    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"] == b"5"
    assert b'"code":"unavailable"' in body["body"]


def test_an_answer_that_has_begun_may_take_longer():
    async def slowly(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b"whole"})

    assert [message.get("body") for message in asyncio.run(answered(slowly, 0.01))] == [None, b"whole"]


def test_what_is_given_up_may_answer_itself():
    async def says_so(scope: Scope, receive: Receive, send: Send) -> None:
        # As BentoML's dispatcher does, which takes being cancelled for being overloaded.
        try:
            await never(scope, receive, send)
        except asyncio.CancelledError:
            await Response(status_code=429)(scope, receive, send)

    assert [m["status"] for m in asyncio.run(answered(says_so, 0.01)) if "status" in m] == [429]


def test_a_time_out_of_the_app_s_own_is_not_taken_for_ours():
    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise TimeoutError("its own")

    async def raised() -> str:
        try:
            await answered(breaks, 60)
        except TimeoutError as error:
            return str(error)
        return ""

    assert asyncio.run(raised()) == "its own"


class Held:
    """Something that a request holds."""


def test_nothing_is_kept_of_requests_that_were_answered():
    held: ContextVar[Held] = ContextVar("held")
    alive: weakref.WeakSet[Held] = weakref.WeakSet()

    async def one() -> None:
        one_s = Held()
        alive.add(one_s)
        held.set(one_s)
        await answered(Response(), 300)

    async def many() -> int:
        for _ in range(1_000):
            await asyncio.create_task(one())
        return len(alive)

    # asyncio throws away timers that were taken back once they are more than a hundred and more than half.
    assert asyncio.run(many()) < 250
