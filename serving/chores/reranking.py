"""Places in the queue that must be computed again: a deadline came near, an SLA runs out, or the weights changed.

It runs beside the service, a few hundred cases at a time, so nobody who claims waits for it. Where it stopped is seen
from the cases themselves, so it goes on after a restart, and several services may do it at once: a case whose place
changed meanwhile is left to whoever changed it.

Under its own policy and weights a service ranks what it finds otherwise when it starts, and when others are adopted,
once. Two that run with different ones, as during a restart one after another, would else take the cases from each
other for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool

from cases.clock import Clock
from cases.handling import RerankCause
from cases.ids import CaseId
from cases.record import Case, Rank, Score
from cases.store import CaseStore, Reranked
from serving.chores.pace import Pace, Paced
from serving.observing.logs import logger
from serving.scoring.ranking import Ranking
from serving.scoring.rankings import Rankings

AT_ONCE = 200
# A deadline counts from so many hours before it, and an SLA from a share of hours: seconds do not matter.
IDLE_SECONDS = 5.0
# By then what was being scored under the weights of before is stored.
_SETTLED = timedelta(minutes=1)


class Reranking:
    """Ranks open cases again, by the clock and under changed weights.

    Args:
        store: Answers the open store.
        rankings: Tells which weights count; whether others were adopted is looked up here.
        clock: Business time.
    """

    def __init__(self, store: Callable[[], CaseStore], rankings: Rankings, clock: Clock) -> None:
        self._store = store
        self._rankings = rankings
        self._clock = clock
        self.paced = Paced("reranking", self._look, Pace(IDLE_SECONDS, IDLE_SECONDS), called="ranking again")
        # How many cases that others ranked are left to take; None until they are counted.
        self._foreign: int | None = None
        self._digest = rankings.now.digest
        # When they are counted once more after others were adopted.
        self._settled_at: datetime | None = None
        # Cases that cannot be ranked; without this they would be tried for ever, ahead of all others.
        self._given_up: set[CaseId] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def _look(self) -> int:
        return await run_in_threadpool(self.step)

    def step(self) -> int:
        """Look at a few; answers how many, 0 when nothing is left.

        Raises:
            CaseloadError: The database does not answer.
        """
        store, limit = self._store(), AT_ONCE + len(self._given_up)
        self._take_up(store)
        digest = self._rankings.now.digest
        due = self._fit(store.due_for_rerank(self._clock(), limit))
        if due:
            return self._rank(store, due, RerankCause.CLOCK)
        if self._foreign is None:
            self._foreign = store.count_ranked_otherwise(digest)
        found = self._fit(store.ranked_otherwise(digest, limit))
        if self._foreign <= 0:
            # What nobody ranked, or a person just did: that is everybody's.
            found = [case for case in found if not case.ranked_by]
        self._foreign -= len(found)
        return self._rank(store, found, RerankCause.POLICY)

    def _take_up(self, store: CaseStore) -> None:
        self._rankings.look(store)
        # A page may have looked before: what counts now is compared, and not what this look found.
        if (digest := self._rankings.now.digest) != self._digest:
            self._digest, self._foreign, self._settled_at = digest, None, self._clock() + _SETTLED
        elif self._settled_at is not None and self._clock() >= self._settled_at:
            self._foreign = self._settled_at = None

    def _fit(self, cases: Sequence[Case]) -> list[Case]:
        return [case for case in cases if case.id not in self._given_up][:AT_ONCE]

    def _rank(self, store: CaseStore, cases: Sequence[Case], cause: RerankCause) -> int:
        now, scores = self._clock(), store.latest_scores([case.id for case in cases])
        ranking = self._rankings.now
        batch = [
            Reranked(case.id, rank, expected=case.order_key)
            for case in cases
            if (rank := self._rank_of(ranking, case, scores.get(case.id), now)) is not None
        ]
        if batch:
            store.rerank(batch, cause=cause, ranked_by=ranking.digest)
        return len(cases)

    def _rank_of(self, ranking: Ranking, case: Case, score: Score | None, now: datetime) -> Rank | None:
        try:
            return ranking.of_case(case, score, now)
        except Exception:  # noqa: BLE001 - logged; one case must not keep the others where they are
            logger.exception("case %s cannot be ranked", case.id)
            self._given_up.add(case.id)
            return None
