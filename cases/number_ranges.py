"""Sets of whole numbers as ranges, both ends included: short to keep where numbers stand close together.

Written, a set is its ranges in ascending order with a blank between: `3-5 9`; the empty set is the empty text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]

_WRITTEN = re.compile(r"(?:[1-9][0-9]{0,18}(?:-[1-9][0-9]{0,18})?(?: (?!$)|$))*")


def ranges_of(numbers: Iterable[int]) -> tuple[Range, ...]:
    """The ranges that ascending numbers make."""
    made: list[Range] = []
    for number in numbers:
        if made and number == made[-1][1] + 1:
            made[-1] = (made[-1][0], number)
        else:
            made.append((number, number))
    return tuple(made)


def complement(first: int, last: int, ranges: Iterable[Range]) -> tuple[Range, ...]:
    """What `first` to `last` holds beside ascending ranges within."""
    found: list[Range] = []
    for low, high in ranges:
        if low > first:
            found.append((first, low - 1))
        first = high + 1
    if first <= last:
        found.append((first, last))
    return tuple(found)


def count(ranges: Iterable[Range]) -> int:
    """How many numbers they hold."""
    return sum(high - low + 1 for low, high in ranges)


def numbers(ranges: Iterable[Range]) -> Iterator[int]:
    """The numbers that they hold."""
    for low, high in ranges:
        yield from range(low, high + 1)


def written(ranges: Sequence[Range]) -> str:
    """The ranges as text."""
    return " ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)


def read_ranges(text: str) -> tuple[Range, ...]:
    """The ranges that `written` wrote.

    Raises:
        ValueError: It is no such text: not numbers from 1, not ascending, or not as short as can be.
    """
    if not _WRITTEN.fullmatch(text):
        raise ValueError(f"'ranges' must be written as 3-5 9 (got {len(text)} characters that are not); correct it")
    ends = [part.split("-") for part in text.split()]
    found = tuple((int(end[0]), int(end[-1])) for end in ends)
    before = -1
    for low, high in found:
        if low <= before + 1 or high < low:
            raise ValueError(f"'ranges' must ascend and not touch (got {low}-{high} after {before}); correct it")
        before = high
    if written(found) != text:
        raise ValueError("'ranges' must write a single number once (got it as a range); correct it")
    return found
