"""What a reader hands on: raw rows, or what is wrong with one that cannot be read at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as its source has it.

    Attributes:
        number: As a person finds it: the row in a spreadsheet or CSV (the header counts), the line of JSON Lines, the
            how-manieth row (from 1) of Parquet and SQL.
        cells: By column name.
    """

    number: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row was not taken; the value itself is never kept, since it may be case text or a name.

    Attributes:
        row: As `RawRow.number`.
        column: The source's name of the column, or the field's where the source has none; empty where the whole row
            is at fault.
        length: Of the value: characters, bytes, digits or items.
        kind: Of the value: "text", "number", "nothing"…
        expected: What would have been taken, and where there is an option for it, which.
        final: True where nothing after this row could be read.
    """

    row: int
    column: str
    length: int
    kind: str
    expected: str
    final: bool = False

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", column {self.column!r}" if self.column else "")
        return f"{where}: must be {self.expected} (got {self.kind} of length {self.length})"


@dataclass(frozen=True, slots=True)
class Table:
    """A source that is open for reading.

    Attributes:
        columns: The columns' names; None for JSON Lines, where each row has its own.
        rows: All rows, to be taken once.
        share: How much of the source has been read, 0 to 1; None where that cannot be known.
        spreadsheet: Whether it is of a kind that a spreadsheet program writes, so that a leading apostrophe may be
            there for the spreadsheet's sake.
    """

    columns: tuple[str, ...] | None
    rows: Iterator[RawRow | Rejection]
    share: Callable[[], float | None]
    spreadsheet: bool = False


@dataclass(slots=True)
class RowsRead:
    """How far a reader that knows its number of rows has come."""

    total: int
    done: int = 0

    def share(self) -> float | None:
        """Of the rows, 0 to 1."""
        return self.done / self.total if self.total else 1.0


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "truth value"),
    (int, "whole number"),
    ((float, Decimal), "number"),
    (str, "text"),
    (datetime, "time"),
    ((date, time), "date or time of day"),
    ((bytes, bytearray, memoryview), "bytes"),
    ((list, tuple), "list"),
    (dict, "mapping"),
)


def kind_of(value: object) -> str:
    """What sort of value it is, in words, without the value."""
    if value is None:
        return "nothing"
    return next((name for types, name in _KINDS if isinstance(value, types)), "something else")


def length_of(value: object) -> int:
    """How long a value is: characters, bytes, items, or the digits of a number; 0 for what has no length."""
    if isinstance(value, (str, bytes, bytearray, memoryview, list, tuple, dict)):
        return len(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # Not len(str(value)): Python refuses to write out a number of more than 4,300 digits.
        return int(value.bit_length() * math.log10(2)) + 1
    return len(repr(value)) if isinstance(value, float) else 0
