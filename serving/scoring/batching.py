"""The way to the model: what is let in, how it is cut into batches, and that one answer is one model's.

What waits is bounded, and beyond the bound a caller is told at once to come back (429) instead of waiting for a
time-out. A large request is fed in piece by piece, so that the small ones of others go in between.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from cases.errors import CaseloadError
from serving.api.problems import BusyError, ModelLoadingError, UnscorableError
from serving.observing.measures import measures
from serving.observing.tracing import step
from serving.scoring.ranking import CaseToJudge
from serving.scoring.scores import Outcome, Scored

MAX_BATCH = 32
# At some 100 cases a second on two cores the last of these waits about twenty seconds.
MAX_WAITING = 2_000
MAX_WAITING_CHARACTERS = 16_000_000
_ATTEMPTS = 3

# Scores one batch, together with whatever batches of others are waiting.
RunBatch = Callable[[list[CaseToJudge]], Awaitable[list[Outcome]]]


class Scorer:
    """Scores cases through a batcher. To be used on one event loop.

    Args:
        run_batch: Takes at most `MAX_BATCH` cases.
        max_waiting: Cases that may wait, those being scored among them.
        max_characters: Their descriptions' lengths in all.
        now: Seconds that only ever grow.
    """

    def __init__(
        self,
        run_batch: RunBatch,
        *,
        max_waiting: int = MAX_WAITING,
        max_characters: int = MAX_WAITING_CHARACTERS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run_batch = run_batch
        self._max_waiting = max_waiting
        self._max_characters = max_characters
        self._now = now
        self._heard_at = 0.0
        self.waiting = 0
        self.waiting_characters = 0

    async def score(self, cases: Sequence[CaseToJudge]) -> list[Scored]:
        """What one and the same model says of `cases`, in their order.

        Raises:
            As `each`.
            UnscorableError: The model broke on one of them.
        """
        scored: list[Scored] = []
        for outcome in await self.each(cases):
            if isinstance(outcome, UnscorableError):
                raise outcome
            scored.append(outcome)
        return scored

    async def each(self, cases: Sequence[CaseToJudge]) -> list[Scored | UnscorableError]:
        """The same, with an error in the place of each case that the model broke on.

        Raises:
            BusyError: Too much waits already.
            ModelMissingError, ArtifactError: No model can answer.
        """
        characters = sum(len(case.description) for case in cases)
        # Nothing waiting: let it in whatever its size, or a caller would come back for ever.
        if self.waiting and (
            self.waiting + len(cases) > self._max_waiting
            or self.waiting_characters + characters > self._max_characters
        ):
            raise BusyError(
                f"'cases' must wait for others (got {len(cases)} more while {self.waiting} wait); try again later"
            )
        self._let_in(len(cases), characters)
        try:
            with measures().scorer_seconds.time(), step("score", cases=len(cases), characters=characters):
                return await self._by_one_model(cases)
        finally:
            self._let_in(-len(cases), -characters)

    def silent(self) -> float:
        """For how many seconds nothing has come back from the model while something waited for it.

        Batches are scored one after the other, so that is how long it has been at the present one.
        """
        return self._now() - self._heard_at if self.waiting else 0.0

    def _let_in(self, cases: int, characters: int) -> None:
        if not self.waiting:
            self._heard_at = self._now()
        self.waiting += cases
        self.waiting_characters += characters
        measures().scorer_waiting.inc(cases)

    async def _by_one_model(self, cases: Sequence[CaseToJudge]) -> list[Scored | UnscorableError]:
        for _ in range(_ATTEMPTS):
            outcomes: list[Scored | UnscorableError] = []
            for start in range(0, len(cases), MAX_BATCH):
                answered = await self._run_batch(list(cases[start : start + MAX_BATCH]))
                self._heard_at = self._now()
                for outcome in answered:
                    if isinstance(outcome, CaseloadError) and not isinstance(outcome, UnscorableError):
                        raise outcome
                    outcomes.append(outcome)
                if len({id(outcome.model) for outcome in outcomes if not isinstance(outcome, UnscorableError)}) > 1:
                    break  # another model was promoted in between: from the start, all by that one
            else:
                return outcomes
        raise ModelLoadingError(
            "'model' must stay the same while it scores a request (got a new one thrice); try again"
        )
