"""Places in the queue that must be computed again: a deadline came near, an SLA runs out, or the weights changed.

It runs beside the service, a few hundred cases at a time, so nobody who claims waits for it. Where it stopped is seen
from the cases themselves, so it goes on after a restart, and several services may do it at once: a case whose place
changed meanwhile is left to whoever changed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from cases.clock import Clock
from cases.errors import CaseloadError
from cases.handling import RerankCause
from cases.record import Case
from cases.store import CaseStore, Reranked
from serving.logs import logger
from serving.ranking import Ranking

AT_ONCE = 200
# A deadline counts from so many hours before it, and an SLA from a share of hours: seconds do not matter.
IDLE_SECONDS = 5.0


class Reranking:
    """Ranks open cases again, by the clock and under changed weights.

    Args:
        store: Answers the open store.
        ranking: The policy's rules and the weights of today.
        clock: Business time.
    """

    def __init__(self, store: Callable[[], CaseStore], ranking: Ranking, clock: Clock) -> None:
        self._store = store
        self._ranking = ranking
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                pause = 0.0 if await run_in_threadpool(self.step) else IDLE_SECONDS
            except CaseloadError as error:
                logger.warning("ranking again waits: %s", type(error).__name__)
                pause = IDLE_SECONDS
            except Exception:  # noqa: BLE001 - logged; it must outlive it
                logger.exception("ranking again stumbled")
                pause = IDLE_SECONDS
            await asyncio.sleep(pause)

    def step(self) -> int:
        """Rank a few again; answers how many got a place, 0 when nothing is left.

        Raises:
            CaseloadError: The database does not answer.
        """
        store = self._store()
        due = store.due_for_rerank(self._clock(), AT_ONCE)
        if due:
            return self._rank(store, due, RerankCause.CLOCK)
        return self._rank(store, store.ranked_otherwise(self._ranking.digest, AT_ONCE), RerankCause.POLICY)

    def _rank(self, store: CaseStore, cases: Sequence[Case], cause: RerankCause) -> int:
        if not cases:
            return 0
        now, scores = self._clock(), store.latest_scores([case.id for case in cases])
        batch = [
            Reranked(case.id, self._ranking.of_case(case, scores.get(case.id), now), expected=case.order_key)
            for case in cases
        ]
        return sum(store.rerank(batch, cause=cause, ranked_by=self._ranking.digest))
