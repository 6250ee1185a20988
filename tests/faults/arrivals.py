"""Load on a service: by the clock, whatever the answers do (an open loop), or by callers who wait for each answer.

A caller who waits for an answer before sending again slows down with the service, and so hides what is wrong with it.
By the clock each request has a moment at which it is due, and its latency counts from then, however late it was
sent.

The client is written by hand: it shares the machine's cores with the service that it measures, and a library's takes
several times as much of them for each request. All on one event loop.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# Nobody waits for an answer for longer; one that takes so long counts as none.
ANSWERED_WITHIN_SECONDS = 30.0
# The documented ways of being turned away, each with Retry-After.
TURNED_AWAY = {"429 rate_limited", "429 busy"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    Attributes:
        due: When it was to be sent, in seconds since its load began.
        late: How much later it was sent: more than some milliseconds, and the client is what is measured.
        seconds: From when it was due until the whole answer was there.
        status: 0 where none came; `body` is the error's name then.
        retry_after: The header's value, "" without it.
    """

    due: float
    late: float
    seconds: float
    status: int
    body: bytes
    retry_after: str = ""

    @property
    def is_good(self) -> bool:
        """Whether what was asked for was done."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """Status and problem code, or the name of the error in place of an answer."""
        if not self.status:
            return self.body.decode()
        return str(self.status) if self.is_good else f"{self.status} {json.loads(self.body).get('code')}"

    def json(self) -> dict[str, Any]:
        """The body."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be sent."""

    method: str
    path: str
    body: dict[str, Any] | None = None


class Connections:
    """As many as are needed at once, kept open between requests.

    Args:
        url: The service's.
        key: A caller's.
        heard: Told each good answer with what it answers; its body is not kept then.
    """

    def __init__(self, url: str, key: str, heard: Callable[[Ask, Answer], None] | None = None) -> None:
        self.opened = 0
        self._heard = heard
        self._host, self._port = urlsplit(url).hostname or "", urlsplit(url).port or 0
        self._told = f"Host: {self._host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, what: Ask, due: float) -> Answer:
        """Send it and wait for the answer; `due` by the loop's clock."""
        clock = asyncio.get_running_loop().time
        sent = clock()
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_SECONDS):
                status, retry_after, body = await self._exchange(what)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
            status, retry_after, body = 0, "", type(error).__name__.encode()
        answer = Answer(due, sent - due, clock() - due, status, body, retry_after)
        if self._heard is None or not answer.is_good:
            return answer
        self._heard(what, answer)
        return dataclasses.replace(answer, body=b"")

    async def _exchange(self, what: Ask) -> tuple[int, str, bytes]:
        body = b"" if what.body is None else json.dumps(what.body).encode()
        first = f"{what.method} {what.path} HTTP/1.1\r\n{self._told}Content-Length: {len(body)}\r\n\r\n"
        connection = await self._one()
        reader, writer = connection
        try:
            writer.write(first.encode() + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
            answer = await reader.readexactly(int(headers.get("content-length", "0")))
        except BaseException:
            writer.close()
            raise
        if headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append(connection)
        return int(head[9:12]), headers.get("retry-after", ""), answer

    async def _one(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            # The service may have closed it since.
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await self._open()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.opened += 1
        return await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Close those that are open."""
        for _, writer in self._idle:
            writer.close()
            await asyncio.wait({asyncio.ensure_future(writer.wait_closed())})
        self._idle.clear()


async def by_the_clock(
    connections: Connections,
    next_one: Callable[[], Ask],
    rate: float,
    seconds: float,
    chance: random.Random,
) -> list[Answer]:
    """Send `rate` a second on average, at moments that know nothing of each other, and wait for the answers."""
    loop = asyncio.get_running_loop()
    began, due = loop.time(), 0.0
    asked: list[asyncio.Task[Answer]] = []
    while (due := due + chance.expovariate(rate)) < seconds:
        if (wait := began + due - loop.time()) > 0:
            await asyncio.sleep(wait)
        asked.append(loop.create_task(connections.ask(next_one(), began + due)))
    return [_since(began, answer) for answer in await asyncio.gather(*asked)]


async def in_turn(
    connections: Connections, next_one: Callable[[], Ask], callers: int, seconds: float
) -> list[Answer]:
    """So many callers, each of whom sends again as soon as they have their answer."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def call() -> list[Answer]:
        answers = []
        while (now := loop.time()) < began + seconds:
            answers.append(await connections.ask(next_one(), now))
        return answers

    of_each = await asyncio.gather(*(call() for _ in range(callers)))
    return [_since(began, answer) for answers in of_each for answer in answers]


def _since(began: float, answer: Answer) -> Answer:
    return dataclasses.replace(answer, due=answer.due - began)
