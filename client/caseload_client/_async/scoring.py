"""Scores, and the model that gives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from caseload_client._async.batching import AsyncBatching
from caseload_client._batches import (
    MOST_BYTES,
    MOST_EXPLAINED,
    MOST_EXPLAINED_BYTES,
    MOST_ITEMS,
    Item,
    as_list,
)
from caseload_client._call import Call, encoded, getting, posting, reads
from caseload_client._problems import error_of_item
from caseload_client._results import ScoredBatch, not_scored, scored
from caseload_client.answers import Model, Score, ScoreResult
from caseload_client.requests import CaseToScore, as_body


class AsyncScoreCalls(AsyncBatching):
    """Scoring without storing."""

    async def score(self, case: CaseToScore, *, top_k: int = 3, explain: bool = False, precedents: int = 0) -> Score:
        """What the model says of one case; nothing is stored.

        Args:
            case: Its text and what is known beside it.
            top_k: How many categories to name, 1 to 100.
            explain: Whether to say which sentences and words made the score (`Score.why`).
            precedents: How many decided cases like it to name, 0 to 20 (`Score.precedents`).

        Raises:
            RequestRefusedError: The case cannot be scored; `field` says what is wrong with it.
        """
        batch = [Item(0, encoded(as_body(case)))]
        answer = await self._send(_scoring(batch, top_k=top_k, explain=explain, precedents=precedents))
        [result] = scored(batch, answer)
        if result.score is None:
            raise error_of_item(result.problem)
        return result.score

    async def score_many(
        self, cases: Iterable[CaseToScore], *, top_k: int = 3, explain: bool = False, precedents: int = 0
    ) -> list[ScoreResult]:
        """One result for each case, in their order, however many there are; a bad case fails alone.

        They are sent 500 at a time, 50 where they are explained. Two batches may be judged by two models when one is
        promoted in between: each score names its own. The arguments are those of `score`.

        Raises:
            CaseloadError: A batch was not answered; `done` holds the results of those before it.
        """

        async def send(batch: Sequence[Item]) -> list[ScoreResult]:
            call = _scoring(batch, top_k=top_k, explain=explain, precedents=precedents)
            return scored(batch, await self._send(call))

        told = explain or precedents > 0
        return await self._in_batches(
            cases,
            send,
            not_scored,
            most=MOST_EXPLAINED if told else MOST_ITEMS,
            most_bytes=MOST_EXPLAINED_BYTES if told else MOST_BYTES,
        )

    async def model(self) -> Model:
        """The model that serves, and what it knows."""
        return await self._send(getting("/v1/model", reads(Model)))


def _scoring(batch: Sequence[Item], *, top_k: int, explain: bool, precedents: int) -> Call[ScoredBatch]:
    if not 1 <= top_k <= 100:
        # Asked of the service, it would be each batch's problem, and of a batch of one its case's.
        raise ValueError(f"'top_k' must be 1 to 100 (got {top_k}); 3 is what the queue shows")
    if not 0 <= precedents <= 20:
        raise ValueError(f"'precedents' must be 0 to 20 (got {precedents}); 5 is what a person reads")
    params = {"explain": explain, "precedents": precedents or None}
    return posting("/v1/score", reads(ScoredBatch), as_list("cases", batch, b',"top_k":%d' % top_k), params=params)
