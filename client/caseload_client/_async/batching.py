"""Many items, a batch at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from caseload_client._async.sender import AsyncSender
from caseload_client._batches import MOST_BYTES, MOST_ITEMS, Item, batches, halves, sendable
from caseload_client._results import is_too_large, of_the_item
from caseload_client.answers import ItemProblem, ScoreResult
from caseload_client.answers_cases import FileResult
from caseload_client.errors import CaseloadError, RequestRefusedError
from caseload_client.requests import CaseToScore, NewReport

R = TypeVar("R", ScoreResult, FileResult)


class AsyncBatching(AsyncSender):
    """What scores and files many."""

    async def _in_batches(
        self,
        many: Iterable[CaseToScore | NewReport],
        send: Callable[[Sequence[Item]], Awaitable[list[R]]],
        refused: Callable[[int, ItemProblem], R],
        *,
        most: int = MOST_ITEMS,
        most_bytes: int = MOST_BYTES,
    ) -> list[R]:
        """A result for each item, in their order.

        Args:
            many: The items; all are read before the first is sent.
            send: Sends one batch; answers a result for each of its items.
            refused: Makes the result of an item by its place and problem.
            most: Items in a batch.
            most_bytes: Their bytes together.

        Raises:
            CaseloadError: A batch was not answered; `done` holds the results until then.
        """
        results: list[R] = []
        items: list[Item] = []
        for one in sendable(many):
            if isinstance(one, Item):
                items.append(one)
            else:
                results.append(refused(one.place, one.problem))
        try:
            for batch in batches(items, most=most, most_bytes=most_bytes):
                results += await self._one_batch(batch, send, refused)
        except CaseloadError as error:
            error.done = _in_order(results)
            raise
        return _in_order(results)

    async def _one_batch(
        self,
        batch: Sequence[Item],
        send: Callable[[Sequence[Item]], Awaitable[list[R]]],
        refused: Callable[[int, ItemProblem], R],
    ) -> list[R]:
        try:
            return await send(batch)
        except RequestRefusedError as error:
            alone = of_the_item(error) if len(batch) == 1 else None
            if alone is None and not (is_too_large(error) and len(batch) > 1):
                raise
        if alone is not None:
            return [refused(batch[0].place, alone)]
        results: list[R] = []
        for half in halves(batch):
            results += await self._one_batch(half, send, refused)
        return results


def _in_order(results: list[R]) -> list[R]:
    return sorted(results, key=lambda result: result.index)
