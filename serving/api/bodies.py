"""Bodies as JSON in UTF-8, and nothing that only looks like it to a lenient reader."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Self

from fastapi import Request, Response
from fastapi.routing import APIRoute

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


def json_of(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """What a body says; a byte order mark before it is passed over.

    Raises:
        ValueError: It is not JSON in UTF-8.
        RecursionError: It is nested too deep to be read.
    """
    # Not bytes: json would guess from the first of them that they are UTF-16 or UTF-32, which a filter before us,
    # or a log, reads as something else.
    return json.loads(body.decode("utf-8-sig"))


class JsonRequest(Request):
    """A request whose body is JSON in UTF-8."""

    @classmethod
    def of(cls, request: Request) -> Self:
        """`request` as one; whoever read its body already read it as this."""
        return request if isinstance(request, cls) else cls(request.scope, request.receive)

    async def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """What `json_of` answers; it is read once."""
        if not hasattr(self, "_json"):
            self._json = json_of(await self.body())
        return self._json


class JsonRoute(APIRoute):
    """A route whose bodies are read by `json_of`."""

    def get_route_handler(self) -> Answer:
        """What answers a request."""
        answer = super().get_route_handler()

        async def reading(request: Request) -> Response:
            return await answer(JsonRequest.of(request))

        return reading
