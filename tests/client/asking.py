"""One question, asked by both clients: what holds of the one must hold of the other."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from caseload_client import AsyncClient, Client

KEY = "clk_test-key-5f2e9d"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class StillClock:
    """A clock that goes on only when somebody sleeps, and remembers how long they did."""

    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return 1000.0 + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class AsyncStillClock:
    """The same clock for who awaits."""

    def __init__(self, clock: StillClock) -> None:
        self._clock = clock
        self.now, self.monotonic = clock.now, clock.monotonic

    async def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


# What is asked of a client; one expression says it for both.
Question = Callable[[Any], Any]


class Asking:
    """Asks by the client of one kind, "sync" or "async"; iterators are read to their end."""

    def __init__(self, kind: str) -> None:
        self._ask = _ask_sync if kind == "sync" else _ask_async

    def __call__(
        self, url: str, question: Question, *, clock: StillClock | None = None, key: str = KEY, **options: Any
    ) -> Any:
        return self._ask(url, question, clock, key, options)


def _ask_sync(url: str, question: Question, clock: StillClock | None, key: str, options: dict[str, Any]) -> Any:
    with Client(url, key, clock=clock, **options) as client:
        told = question(client)
        return list(told) if isinstance(told, Iterator) else told


def _ask_async(url: str, question: Question, clock: StillClock | None, key: str, options: dict[str, Any]) -> Any:
    async def asked() -> Any:
        still = None if clock is None else AsyncStillClock(clock)
        async with AsyncClient(url, key, clock=still, **options) as client:
            told: Awaitable[Any] | AsyncIterator[Any] = question(client)
            return await told if inspect.isawaitable(told) else [one async for one in told]

    return asyncio.run(asked())
