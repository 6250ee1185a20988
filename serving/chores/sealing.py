"""Sealing the log of events beside the service, at a steady pace: `cases.seals` says what a seal is.

Nobody who works on a case waits for it, and several services may do it at once: of two, one comes first. A service
remembers the seal that it saw last, and seals nothing more where that one is gone: somebody cut the chain off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from cases.errors import CaseloadError, DamagedRecordError, InvalidInputError
from cases.seals import Link, SealKey
from cases.store import CaseStore
from serving.observing.logs import logger


class Sealing:
    """Seals what happened since, every so often.

    Args:
        store: Answers the open store.
        key: What seals are made with; None: they are made without.
        every: Seconds between two looks.
    """

    def __init__(self, store: Callable[[], CaseStore], key: SealKey | None, *, every: float) -> None:
        self._store = store
        self._key = key
        self._every = every
        self._seen: Link | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                # What has piled up is sealed a batch at a time, so memory stays constant.
                pause = 0.0 if await run_in_threadpool(self.step) else self._every
            except (DamagedRecordError, InvalidInputError) as error:
                # Somebody has to look.
                logger.error("the log of events is not sealed: %s", error)
                pause = self._every
            except CaseloadError as error:
                logger.warning("sealing waits: %s", type(error).__name__)
                pause = self._every
            except Exception:  # noqa: BLE001 - logged; it must outlive it
                logger.exception("sealing stumbled")
                pause = self._every
            await asyncio.sleep(pause)

    def step(self) -> bool:
        """Make one seal; answers whether there was something to seal.

        Raises:
            DamagedRecordError: The chain is not the one that it was.
            CaseloadError: The key is not the chain's, or the database does not answer.
        """
        store = self._store()
        if self._seen is None:
            self._seen = store.chain_head().link
        made = store.seal(self._key, upon=self._seen)
        if made is not None:
            self._seen = made.link
        return made is not None
