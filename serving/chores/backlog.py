"""Cases that are stored and not scored: those filed while no model could answer, imported from a file, or scored by
the champion before. They are scored in the background, in the queue's order, a few at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from starlette.concurrency import run_in_threadpool

from cases.clock import Clock
from cases.errors import CaseloadError, ModelMissingError
from cases.ids import CaseId, ContentId
from cases.record import Case, Score
from cases.store import CaseStore
from serving.api.problems import UnscorableError
from serving.chores.pace import Pace, Paced
from serving.observing.logs import logger
from serving.observing.measures import measures
from serving.scoring.batching import Scorer
from serving.scoring.ranking import case_to_judge
from serving.scoring.rankings import Rankings
from serving.scoring.routing import routed
from serving.scoring.scores import LoadedModel

# Small, so that a caller who waits for a score never waits long behind the backlog.
AT_ONCE = 16
IDLE_SECONDS = 10.0
RETRY_SECONDS = 2.0
# Counting goes through all that is open, so it is done seldom, and never further than anybody has to know.
COUNT_SECONDS = 30.0
MOST_COUNTED = 10_000


class Backlog:
    """Scores what is unscored whenever there is something and a model to score it.

    Args:
        store: Answers the open store.
        scorer: The way to the model.
        model: Answers the model that serves, or raises why none does.
        clock: Business time, for the scores.
        rankings: Tells which weights the scorer ranks by.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        scorer: Scorer,
        model: Callable[[], LoadedModel],
        clock: Clock,
        rankings: Rankings,
    ) -> None:
        self._store = store
        self._scorer = scorer
        self._model = model
        self._clock = clock
        self._rankings = rankings
        self.paced = Paced("backlog", self._look, Pace(IDLE_SECONDS, RETRY_SECONDS), called="the backlog")
        # Contents that no model got through; without this they would be tried for ever, ahead of all others.
        self._given_up: set[ContentId] = set()
        self._in_hand: set[CaseId] = set()
        self._count_at = 0.0

    @contextmanager
    def hands_off(self, case_id: CaseId) -> Iterator[None]:
        """Meanwhile somebody else in this process scores the case."""
        self._in_hand.add(case_id)
        try:
            yield
        finally:
            self._in_hand.discard(case_id)

    def wake(self) -> None:
        """Look now; from any thread."""
        self.paced.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def _look(self) -> int:
        try:
            return await self.step()
        except ModelMissingError:
            # Nothing can be scored, which is no failure of the backlog's: the model's state tells.
            await self._count_all()
            return 0

    async def step(self) -> int:
        """Score a few; answers how many were looked at, 0 when nothing is left.

        Raises:
            CaseloadError: The database or the model does not answer.
        """
        model = self._model()
        left_out = len(self._given_up) + len(self._in_hand)
        found = await run_in_threadpool(self._store().unscored, AT_ONCE + left_out, model.sha256)
        if len(found) < AT_ONCE + left_out:
            measures().backlog.set(len(found))
        else:
            await self._count(model.sha256)
        cases = [c for c in found if c.content.id not in self._given_up and c.id not in self._in_hand][:AT_ONCE]
        if cases:
            # Asked before: what is scored while others are adopted counts as ranked by the old, and is ranked again.
            ranked_by = self._rankings.now.digest
            scores = await self._scores(cases)
            await run_in_threadpool(partial(self._store().record_scores, scores, ranked_by=ranked_by))
        return len(cases)

    async def _count_all(self) -> None:
        # Of no model there are no scores, so this counts what is open.
        try:
            await self._count("")
        except CaseloadError as error:
            logger.warning("the backlog cannot be counted: %s", type(error).__name__)

    async def _count(self, model: str) -> None:
        now = time.monotonic()
        if now < self._count_at:
            return
        self._count_at = now + COUNT_SECONDS
        measures().backlog.set(await run_in_threadpool(self._store().count_unscored, model, MOST_COUNTED))

    async def _scores(self, cases: list[Case]) -> list[Score]:
        try:
            scored = await self._scorer.score([case_to_judge(case) for case in cases])
        except UnscorableError:
            if len(cases) > 1:  # find the one that it is, and let the others through
                return [score for case in cases for score in await self._scores([case])]
            logger.warning("case %s cannot be scored", cases[0].id)
            self._given_up.add(cases[0].content.id)
            return []
        now = self._clock()
        return [
            routed(answer.as_record(case, now), case, self._rankings.now.taxonomy)
            for answer, case in zip(scored, cases, strict=True)
        ]
