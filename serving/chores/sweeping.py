"""Forgetting what was kept for a time and whose time is over: answers to requests with an Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from cases.store import CaseStore
from serving.chores.pace import Pace, Paced

EVERY_SECONDS = 600.0


class Sweeping:
    """Sweeps every so often, a little at a time, so that nobody waits for it.

    Args:
        store: Answers the open store.
        every: Seconds between two looks.
    """

    def __init__(self, store: Callable[[], CaseStore], *, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self.paced = Paced("sweeping", self._look, Pace(every, every))

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def _look(self) -> int:
        # What has piled up is swept in one go.
        return await run_in_threadpool(self.step)

    def step(self) -> int:
        """Forget some; answers how many.

        Raises:
            CaseloadError: The database does not answer.
        """
        return self._store().sweep_answers()
