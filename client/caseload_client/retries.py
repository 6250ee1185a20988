"""When a call is tried again, and after how long."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from caseload_client.errors import CaseloadError, TryAgainError


class Clock(Protocol):
    """The time, as `Client` has it."""

    def now(self) -> datetime:
        """Now, aware; a `Retry-After` that is a date is held against it."""

    def monotonic(self) -> float:
        """Seconds that never go back; deadlines go by it."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class AsyncClock(Protocol):
    """The time, as `AsyncClient` has it."""

    def now(self) -> datetime:
        """Now, aware; a `Retry-After` that is a date is held against it."""

    def monotonic(self) -> float:
        """Seconds that never go back; deadlines go by it."""

    async def sleep(self, seconds: float) -> None:
        """Wait, and let others work."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class AsyncSystemClock:
    """The machine's time, waited for under asyncio."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, and let others work."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Retries:
    """How a call is tried again: exponential back-off with full jitter, and never before `Retry-After`.

    Asked again are calls that got no answer and those answered by 429, 502, 503, 504 or 409 `idempotency_in_flight`.

    Attributes:
        tries: How often a call is sent in all; 1: once.
        within: Seconds from the first try to the end of the last, pauses and all. Who is asked to wait for longer
            is told at once.
        first_pause: The longest pause after the first try, in seconds; it doubles with each.
        longest_pause: What it doubles up to.
        jitter: The share of it that is waited, 0 to 1, by chance, so that many clients do not come back at once.
    """

    tries: int = 6
    within: float = 120.0
    first_pause: float = 0.5
    longest_pause: float = 20.0
    jitter: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.tries < 1:
            raise ValueError(f"'tries' must be at least 1 (got {self.tries}); 1 sends each call once")
        for name in ("within", "first_pause", "longest_pause"):
            if not getattr(self, name) > 0:
                raise ValueError(f"'{name}' must be above 0 seconds (got {getattr(self, name)}); leave it out")

    def pause_after(self, error: CaseloadError, *, tried: int, left: float) -> float | None:
        """How many seconds to wait before the next try; None: there is none.

        Args:
            error: What the last try came to.
            tried: How often it was tried, from 1.
            left: Seconds left of `within`.
        """
        if not isinstance(error, TryAgainError) or tried >= self.tries:
            return None
        # Above a thousand doublings a float ends; the longest pause is reached long before.
        grown = self.first_pause * 2.0 ** min(tried - 1, 60)
        pause = (error.retry_after or 0.0) + self.jitter() * min(grown, self.longest_pause)
        return pause if pause < left else None
