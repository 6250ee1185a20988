"""What has been kept for as long as it may be is erased beside the service, a page at a time; and erasures that were
asked for over HTTP reach the files that this service has.

Nobody who works on a case waits for it: only decided cases lose their text, one in a transaction, and an undecided
case is locked for as long as it takes to forget one report's reporter. What remains in SQLite's free space after that
is left to `caseload retain`, since writers wait while a file is written anew. MLflow is left to it, too.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from cases.clock import Clock
from cases.erasure import Erasure, ErasureKind, Place
from cases.errors import CaseloadError
from cases.settings import Settings
from cases.store import CaseStore
from models.forgetting import reach, retain
from serving.chores.pace import Pace, Paced
from serving.observing.logs import logger

# Days are counted: an hour does not matter, and a page at a time leaves the others room.
IDLE_SECONDS = 3600.0
STEP_SECONDS = 1.0
_AT_ONCE = 50

_FILES = (Place.EXPORTS, Place.MODELS)


class Retaining:
    """Erases what is due, and finishes what was begun.

    Args:
        store: Answers the open store.
        settings: For how long what is kept, and where the files are.
        clock: Business time.
    """

    def __init__(self, store: Callable[[], CaseStore], settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._after = ""
        # Those up to here were seen to; what they have left is not this service's to do.
        self._seen = ""
        # The others are let in between two steps, also where somebody just asked.
        self.paced = Paced(
            "retaining", self._look, Pace(IDLE_SECONDS, IDLE_SECONDS, STEP_SECONDS), called="erasing", told=_told
        )

    def wake(self) -> None:
        """Somebody asked for an erasure; any thread may say so."""
        self.paced.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def _look(self) -> bool:
        return await run_in_threadpool(self.step)

    def step(self) -> bool:
        """Look at a page, or, at the end of a pass, reach the files; answers whether there is more to do at once.

        Raises:
            CaseloadError: The database does not answer, or a model's precedents cannot be erased.
        """
        store = self._store()
        if self._settings.retain_days_text or self._settings.retain_days_identity:
            counts, self._after = retain(self._settings, store, self._clock(), self._after)
            if counts["cases"]:
                logger.info("retention erased from %d cases", counts["cases"])
            if self._after:
                return True
        return self._reach(store)

    def _reach(self, store: CaseStore) -> bool:
        found = store.unfinished_erasures(self._seen, _AT_ONCE)
        if not found:
            return False
        asked = [erasure for erasure in found if self._may_scrub(erasure)]
        reach(self._settings, store, asked, [Place.DATABASE])
        reach(self._settings, store, found, _FILES)
        # Only now: what could not be reached is tried again with the next look.
        self._seen = found[-1].id
        return len(found) == _AT_ONCE

    def _may_scrub(self, erasure: Erasure) -> bool:
        """Whoever asks for an erasure has writers wait for it on SQLite; the clock does not."""
        if not erasure.counts:
            return False  # another process is still at its rows
        of_retention = erasure.kind in (ErasureKind.TEXT, ErasureKind.IDENTITY)
        return not (of_retention and self._settings.database_url.startswith("sqlite"))


def _told(error: CaseloadError) -> None:
    # Its message may name a model's folder or the database; that is for the operator.
    logger.warning("erasing waits: %s", error)
