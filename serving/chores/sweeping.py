"""Forgetting what was kept for a time and whose time is over: answers to requests with an Idempotency-Key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from cases.errors import CaseloadError
from cases.store import CaseStore
from serving.observing.logs import logger

EVERY_SECONDS = 600.0


class Sweeping:
    """Sweeps every so often, a little at a time, so that nobody waits for it.

    Args:
        store: Answers the open store.
        every: Seconds between two looks.
    """

    def __init__(self, store: Callable[[], CaseStore], *, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self._every = every

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                # What has piled up is swept in one go.
                pause = 0.0 if await run_in_threadpool(self.step) else self._every
            except CaseloadError as error:
                logger.warning("sweeping waits: %s", type(error).__name__)
                pause = self._every
            except Exception:  # noqa: BLE001 - logged; it must outlive it
                logger.exception("sweeping stumbled")
                pause = self._every
            await asyncio.sleep(pause)

    def step(self) -> int:
        """Forget some; answers how many.

        Raises:
            CaseloadError: The database does not answer.
        """
        return self._store().sweep_answers()
