"""Sealing the log of events beside the service, at a steady pace: `cases.seals` says what a seal is.

Nobody who works on a case waits for it, and several services may do it at once: of two, one comes first. A service
remembers the seal that it saw last, and seals nothing more where that one is gone: somebody cut the chain off.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from cases.errors import CaseloadError, DamagedRecordError, InvalidInputError
from cases.seals import Link, SealKey
from cases.store import CaseStore
from serving.chores.pace import Pace, Paced, by_kind
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
        self.paced = Paced("sealing", self._look, Pace(every, every), told=_told)
        self._seen: Link | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def _look(self) -> bool:
        # What has piled up is sealed a batch at a time, so memory stays constant.
        return await run_in_threadpool(self.step)

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


def _told(error: CaseloadError) -> None:
    if isinstance(error, DamagedRecordError | InvalidInputError):
        # Somebody has to look.
        logger.error("the log of events is not sealed: %s", error)
    else:
        by_kind("sealing")(error)
