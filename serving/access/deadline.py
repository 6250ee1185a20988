"""The longest that a request may take until its answer begins, in the place of BentoML's `TimeoutMiddleware`.

BentoML's (1.4.39) sets a timer for each request and leaves it standing when the request is answered. Each keeps all
that its request's context holds, 17 kB, for the whole of the time-out: a service that answers a hundred requests a
second would hold the last five minutes' thirty thousand, half a gigabyte.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import UNAVAILABLE, problem


class Deadline:
    """ASGI middleware: a request whose answer has not begun by then is given up, and answered a problem.

    Args:
        app: What answers.
        seconds: Until an answer must have begun; then it may take as long as it takes.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = False
        try:
            async with asyncio.timeout(self._seconds) as until:

                async def watched(message: Message) -> None:
                    nonlocal began
                    # What is given up may still say so itself.
                    if not began and not until.expired():
                        until.reschedule(None)
                    began = True
                    await send(message)

                await self.app(scope, receive, watched)
        except TimeoutError:
            if began or not until.expired():
                raise
            answer = problem(UNAVAILABLE, f"There was no answer within {self._seconds:g} seconds. Try again.")
            await answer(scope, receive, send)
