"""The loop in which each chore does its work: look, wait, look again; what goes wrong is logged, and outlived.

    look ──► more to do: look again at once
      │ └──► nothing left: wait `idle`, or until woken
      └────► it failed: logged and counted, wait `retry`, or until woken

When a look last succeeded is kept, so that a chore that fails for long, or hangs, is seen from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cases.clock import Clock, utc_now
from cases.errors import CaseloadError
from serving.observing.logs import logger
from serving.observing.measures import measures

# Beyond three waits: a long look, or a database that is restarted, is no reason to call somebody.
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a chore waits between two looks, in seconds.

    Attributes:
        idle: Where nothing was left to do.
        retry: Where it failed.
        between: Before each look, also where there is more to do: the others are let in.
    """

    idle: float
    retry: float
    between: float = 0.0


def by_kind(called: str) -> Callable[[CaseloadError], None]:
    """Logs that a chore waits, by the error's type alone."""
    return lambda error: logger.warning("%s waits: %s", called, type(error).__name__)


class Paced:
    """A chore's loop.

    Args:
        name: Of the chore, for metrics and alarms; one word of a closed set.
        look: Does some of the work; answers whether there is more to do at once.
        pace: How long it waits.
        called: What the log calls it; its name where it is left out.
        told: Logs one of our own errors; by its type where it is left out. What else is raised is logged as a fault.
        clock: Business time, for the metric.
        now: Seconds that only ever grow.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[object]],
        pace: Pace,
        *,
        called: str = "",
        told: Callable[[CaseloadError], None] | None = None,
        clock: Clock = utc_now,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._look = look
        self._pace = pace
        self._called = called or name
        self._told = told or by_kind(self._called)
        self._clock = clock
        self._now = now
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted = asyncio.Event()
        # When a look last succeeded; None before the loop began.
        self._well_at: float | None = None

    def wake(self) -> None:
        """Look now, or once more where a look has begun; from any thread. Nothing happens before the loop begins."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wanted.set)

    async def run(self) -> None:
        """Work until cancelled."""
        self._loop, self._well_at = asyncio.get_running_loop(), self._now()
        while True:
            self._wanted.clear()
            pause = await self.once()
            await asyncio.sleep(self._pace.between)
            if pause:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wanted.wait(), pause)

    async def once(self) -> float:
        """Look once; answers after how many seconds to look again, 0 for at once."""
        try:
            more = await self._look()
        except CaseloadError as error:
            self._told(error)
        except Exception:  # noqa: BLE001 - logged; the chore must outlive it
            logger.exception("%s stumbled", self._called)
        else:
            self._well_at = self._now()
            measures().chore_success.labels(self.name).set(self._clock().timestamp())
            return 0.0 if more else self._pace.idle
        measures().chore_failures.labels(self.name).inc()
        return self._pace.retry

    @property
    def patience(self) -> float:
        """For how many seconds nothing need succeed before somebody has to look."""
        return 3 * max(self._pace.idle, self._pace.retry) + PATIENCE_SECONDS

    @property
    def unwell(self) -> float:
        """For how many seconds no look has succeeded, where that is longer than it may be; else 0."""
        if self._well_at is None:
            return 0.0
        seconds = self._now() - self._well_at
        return seconds if seconds > self.patience else 0.0
