"""Reads CSV and JSON Lines: encodings, delimiters, and lines that are broken."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from cases.errors import InvalidInputError
from cases.intake.header import header_columns, named
from cases.intake.table import RawRow, Rejection, Table, kind_of, length_of
from cases.intake.values import LONGEST_TEXT

DELIMITERS = ",;\t|"

# A cell or line beyond this is no report but, most likely, a quotation mark left open; it must not eat the memory.
LONGEST_CELL = 4 * LONGEST_TEXT
LONGEST_LINE = 16 * LONGEST_TEXT

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16, whose little-endian mark is the beginning of UTF-32's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What `surrogateescape` makes of a byte that the encoding does not know.
_UNDECODED = re.compile("[\udc80-\udcff]")


@contextmanager
def open_csv(path: Path, *, encoding: str = "", delimiter: str = "") -> Iterator[Table]:
    """The rows of a CSV file with a header.

    A row with bytes that are not of the encoding, or with more cells than the header, is a rejection; the others are
    read on. After a fault in the quoting nothing can be told apart any more, so the rejection that says so is final.

    Raises:
        InvalidInputError: Encoding or delimiter are not what they must be, or there is no usable header.
    """
    if delimiter and len(delimiter) != 1:
        raise InvalidInputError(
            f"'delimiter' must be one character (got {len(delimiter)}); write , ; | or a tab", field="delimiter"
        )
    # The limit is the process's own; it is raised and never lowered, so that another reader keeps what it asked for.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    codec = _encoding(path, encoding)
    with _text(path, codec) as file:
        try:
            records = csv.reader(file, delimiter=delimiter or _sniffed(file), strict=True)
            header = next(records, [])
        except (csv.Error, UnicodeError) as error:
            raise _no_header(codec) from error
        if any(_UNDECODED.search(cell) for cell in header):
            raise _no_header(codec)
        columns = header_columns(header)
        yield Table(named(columns), _csv_rows(records, columns, codec), _share(file, path), spreadsheet=True)


@contextmanager
def open_json_lines(path: Path, *, encoding: str = "") -> Iterator[Table]:
    """The objects of a JSON Lines file; a line that holds none is a rejection, the others are read on.

    Raises:
        InvalidInputError: The encoding is not what it must be.
    """
    codec = _encoding(path, encoding)
    with _text(path, codec) as file:
        yield Table(None, _json_rows(file, codec), _share(file, path))


def _encoding(path: Path, asked: str) -> str:
    if asked:
        try:
            return codecs.lookup(asked).name
        except LookupError:
            raise InvalidInputError(
                f"'encoding' must be one that Python knows (got {asked!r}); write utf-8, cp1252 or utf-16",
                field="encoding",
            ) from None
    with path.open("rb") as file:
        beginning = file.read(4)
    return next((codec for mark, codec in _BYTE_ORDER_MARKS if beginning.startswith(mark)), "utf-8")


def _text(path: Path, codec: str) -> TextIO:
    # A byte that does not fit is kept as an escape: so its row can be named, and the rows after it be read.
    return path.open(encoding=codec, errors="surrogateescape", newline="")


def _share(file: TextIO, path: Path) -> Callable[[], float | None]:
    size = path.stat().st_size
    return lambda: file.buffer.tell() / size if size else 1.0


def _no_header(codec: str) -> InvalidInputError:
    return InvalidInputError(
        f"'source' must begin with a header in {codec} (got something else in the first row); "
        "say --encoding, for a file of Excel on Windows most likely cp1252",
        field="encoding",
    )


def _sniffed(file: TextIO) -> str:
    """The delimiter that splits the first line into the most cells; the comma where none splits it."""
    line = file.readline(LONGEST_CELL)
    file.seek(0)
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter), [])))


def _csv_rows(records: Iterator[list[str]], columns: Sequence[str], codec: str) -> Iterator[RawRow | Rejection]:
    number = 1  # the header's
    try:
        for number, cells in enumerate(records, start=2):
            if not any(cells):
                continue
            undecoded = next((i for i, c in enumerate(cells) if not c.isascii() and _UNDECODED.search(c)), None)
            if undecoded is not None:
                name = columns[undecoded] if undecoded < len(columns) else ""
                yield _not_decoded(number, name, len(cells[undecoded]), codec)
            elif len(cells) > len(columns):
                yield Rejection(number, "", len(cells), "cells", f"{len(columns)} cells, as the header has")
            else:
                # A spreadsheet leaves empty cells out at a row's end.
                yield RawRow(number, {name: cell for name, cell in zip(columns, cells, strict=False) if name})
    except csv.Error:
        expected = f"cells whose quotation marks close, of at most {LONGEST_CELL:,} characters"
        yield Rejection(number + 1, "", 0, "a broken row", expected, final=True)
    except UnicodeError:
        yield Rejection(number + 1, "", 0, "bytes", f"text in {codec}; or say --encoding", final=True)


def _not_decoded(number: int, column: str, length: int, codec: str) -> Rejection:
    return Rejection(
        number,
        column,
        length,
        f"text with bytes that are not {codec}",
        f"text in {codec}; or say --encoding, for a file of Excel on Windows most likely cp1252",
    )


def _json_rows(file: TextIO, codec: str) -> Iterator[RawRow | Rejection]:
    number = 0
    try:
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                length = _rest_of_line(file, len(line))
                yield Rejection(number, "", length, "text", f"a line of at most {LONGEST_LINE:,} characters")
            elif not line.isascii() and _UNDECODED.search(line):
                yield _not_decoded(number, "", len(line), codec)
            elif line.strip():
                yield _json_row(number, line)
    except UnicodeError:
        yield Rejection(number + 1, "", 0, "bytes", f"text in {codec}; or say --encoding", final=True)


def _rest_of_line(file: TextIO, length: int) -> int:
    """Read on to the line's end; how long it was."""
    while part := file.readline(LONGEST_LINE):
        length += len(part)
        if part.endswith("\n"):
            break
    return length


def _json_row(number: int, line: str) -> RawRow | Rejection:
    try:
        cells = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return Rejection(number, "", len(line), "text", "a JSON object on one line")
    if not isinstance(cells, dict):
        return Rejection(number, "", length_of(cells), kind_of(cells), "a JSON object on one line")
    return RawRow(number, cells)


def _no_number(_name: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise ValueError
