"""Many items in as few requests as the service allows, each item's place kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from caseload_client._call import encoded
from caseload_client.answers import ItemProblem
from caseload_client.requests import CaseToScore, NewReport, as_body

MOST_ITEMS = 500
# The service takes 8 MiB; what goes around the items needs little.
MOST_BYTES = 8_000_000
# An explanation costs as much as a dozen scores, so the service explains fewer cases and characters at a time.
MOST_EXPLAINED = 50
MOST_EXPLAINED_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is sent, and its place among all, from 0."""

    place: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsendable:
    """An item that no JSON can say, and its place among all."""

    place: int
    problem: ItemProblem


def sendable(items: Iterable[CaseToScore | NewReport]) -> Iterator[Item | Unsendable]:
    """Each item as JSON; one that is not fails alone, before anything is sent of it."""
    for place, item in enumerate(items):
        try:
            yield Item(place, encoded(as_body(item)))
        except ValueError as error:
            yield Unsendable(place, ItemProblem(code="invalid_input", detail=str(error)))


def batches(items: Iterable[Item], *, most: int = MOST_ITEMS, most_bytes: int = MOST_BYTES) -> Iterator[list[Item]]:
    """`items` in their order, at most `most` in a list and `most_bytes` together, unless one alone has more."""
    batch: list[Item] = []
    size = 0
    for item in items:
        if batch and (len(batch) == most or size + len(item.body) > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item.body) + 1
    if batch:
        yield batch


def as_list(name: str, batch: Sequence[Item], rest: bytes = b"") -> bytes:
    """The request's body: the items under `name`, and `rest`, JSON fields with a comma before each."""
    return b'{"' + name.encode() + b'":[' + b",".join(item.body for item in batch) + b"]" + rest + b"}"


def key_of(given: str | None, batch: Sequence[Item]) -> str | None:
    """The batch's own idempotency key: the one given and the batch's places, so that the same items have the same."""
    return None if given is None else f"{given}.{batch[0].place}-{batch[-1].place}"


def halves(batch: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    """The batch in two."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]
