from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from cases.errors import ModelMissingError
from serving.api.problems import BusyError, ModelLoadingError
from serving.scoring.batching import MAX_BATCH, Scorer
from serving.scoring.ranking import CaseToJudge
from tests.serving.conftest import NOON


def cases(n: int, length: int = 1) -> list[CaseToJudge]:
    return [CaseToJudge("", "x" * length, NOON) for _ in range(n)]


class Batches:
    """A batcher that remembers what it was given and answers with a model that can change."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.model: object = object()
        self.open = asyncio.Event()
        self.open.set()
        self.begun = asyncio.Event()

    async def __call__(self, batch: list[CaseToJudge]) -> list[Any]:
        await self.open.wait()
        await asyncio.sleep(0)
        self.sizes.append(len(batch))
        self.begun.set()
        return [SimpleNamespace(model=self.model) for _ in batch]


def test_a_large_request_goes_in_piece_by_piece_and_others_in_between() -> None:
    async def story() -> None:
        batches = Batches()
        scorer = Scorer(batches)
        large, small = await asyncio.gather(scorer.score(cases(100)), scorer.score(cases(1)))
        assert (len(large), len(small)) == (100, 1)
        assert max(batches.sizes) == MAX_BATCH
        assert batches.sizes.index(1) < len(batches.sizes) - 1

    asyncio.run(story())


def test_beyond_what_may_wait_a_caller_is_sent_away_at_once_and_let_in_later() -> None:
    async def story() -> None:
        batches = Batches()
        batches.open.clear()
        scorer = Scorer(batches, max_waiting=10)
        first = asyncio.create_task(scorer.score(cases(8)))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="8 wait"):
            await scorer.score(cases(3))
        batches.open.set()
        await first
        assert len(await scorer.score(cases(3))) == 3
        assert (scorer.waiting, scorer.waiting_characters) == (0, 0)

    asyncio.run(story())


def test_long_texts_count_by_their_length() -> None:
    async def story() -> None:
        batches = Batches()
        batches.open.clear()
        scorer = Scorer(batches, max_characters=1_000)
        first = asyncio.create_task(scorer.score(cases(1, 900)))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await scorer.score(cases(1, 200))
        batches.open.set()
        await first

    asyncio.run(story())


def test_what_is_too_large_to_wait_with_others_is_let_in_alone() -> None:
    async def story() -> None:
        assert len(await Scorer(Batches(), max_waiting=1).score(cases(2))) == 2

    asyncio.run(story())


def test_an_answer_that_two_models_had_a_part_in_is_made_anew() -> None:
    async def story() -> None:
        batches = Batches()
        scorer = Scorer(batches)
        old, new = batches.model, object()

        async def swap() -> None:
            await batches.begun.wait()
            batches.model = new

        scored, _ = await asyncio.gather(scorer.score(cases(3 * MAX_BATCH)), swap())
        assert {answer.model for answer in scored} == {new}
        assert old is not new
        assert len(batches.sizes) > 3

    asyncio.run(story())


def test_a_champion_that_never_settles_is_an_error_and_no_endless_loop() -> None:
    class Restless(Batches):
        async def __call__(self, batch: list[CaseToJudge]) -> list[Any]:
            self.model = object()
            return await super().__call__(batch)

    async def story() -> None:
        with pytest.raises(ModelLoadingError):
            await Scorer(Restless()).score(cases(2 * MAX_BATCH))

    asyncio.run(story())


def test_an_error_of_one_case_is_the_requests() -> None:
    async def failing(batch: list[CaseToJudge]) -> list[Any]:
        return [ModelMissingError("none")] * len(batch)

    async def story() -> None:
        scorer = Scorer(failing)
        with pytest.raises(ModelMissingError):
            await scorer.score(cases(2))
        assert scorer.waiting == 0

    asyncio.run(story())


def test_the_model_is_silent_while_something_waits_and_nothing_comes_back() -> None:
    async def story() -> None:
        batches, now = Batches(), [100.0]
        scorer = Scorer(batches, now=lambda: now[0])
        assert scorer.silent() == 0
        batches.open.clear()
        first = asyncio.create_task(scorer.score(cases(1)))
        await asyncio.sleep(0)
        now[0] += 3
        # One that came later has not waited for long; the model has been at its batch for as long all the same.
        second = asyncio.create_task(scorer.score(cases(1)))
        await asyncio.sleep(0)
        assert scorer.silent() == 3
        batches.open.set()
        await asyncio.gather(first, second)
        now[0] += 3
        assert scorer.silent() == 0

    asyncio.run(story())


def test_a_batch_that_came_back_ends_the_silence() -> None:
    async def story() -> None:
        now, silent = [100.0], list[float]()

        async def three_seconds(batch: list[CaseToJudge]) -> list[Any]:
            now[0] += 3
            silent.append(scorer.silent())
            return [SimpleNamespace(model=now) for _ in batch]

        scorer = Scorer(three_seconds, now=lambda: now[0])
        await scorer.score(cases(2 * MAX_BATCH))
        assert silent == [3, 3]

    asyncio.run(story())
