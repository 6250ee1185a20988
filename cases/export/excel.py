"""Excel, within its limits, with nothing in it that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from cases.export.cells import CellCounts
from cases.export.columns import Kind
from cases.export.files import RowWriter

ROWS_A_SHEET = 1_048_576
CHARACTERS_A_CELL = 32_767  # UTF-16 units, as Excel counts: most emoji are two
LARGEST_EXACT = 2**53


@contextmanager
def excel_file(path: Path, name: str, columns: Mapping[str, Kind], counts: CellCounts) -> Iterator[RowWriter]:
    """Sheets called `name`, `name` 2…, each with the header; times are Excel's, in UTC, to the millisecond."""
    # A row at a time goes to a file; a folder of our own takes these along when the export fails.
    with TemporaryDirectory(prefix="caseload-export-") as folder:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": folder,
        }
        book = xlsxwriter.Workbook(str(path), options)
        try:
            yield _Sheets(book, name, columns, counts).write
        finally:
            # On failure too: it closes the rows' files; the half-made workbook is removed by the caller.
            book.close()


class _PlainSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter's is untyped to us
    """One that has no text of several formats, and takes none for it."""

    def _xml_rich_inline_string(self, string: str, attributes: Sequence[tuple[str, str]] = ()) -> None:
        # xlsxwriter believes whatever begins with <r> and ends with </r> to be markup of its own, and would write it
        # as it is: whoever wrote a case would write our workbook, formulas and all.
        self._xml_inline_string(string, False, attributes)  # noqa: FBT003 - whether blanks at its ends are to be kept


class _Sheets:
    """The sheets of one workbook, filled one after the other."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, columns: Mapping[str, Kind], counts: CellCounts) -> None:
        self._book, self._name, self._columns, self._counts = book, name, columns, counts
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        counts.sheets = 0
        self._begin_sheet()

    def write(self, row: Mapping[str, Any]) -> None:
        if self._row == ROWS_A_SHEET:
            self._begin_sheet()
        for place, column in enumerate(self._columns):
            self._write_cell(place, row[column])
        self._row += 1

    def _begin_sheet(self) -> None:
        self._counts.sheets += 1
        number = self._counts.sheets
        name = self._name if number == 1 else f"{self._name} {number}"
        self._sheet = self._book.add_worksheet(name, worksheet_class=_PlainSheet)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column)
        self._row = 1

    def _write_cell(self, place: int, value: object) -> None:
        # Each kind by its own method: the general one guesses.
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, datetime):
            self._sheet.write_datetime(self._row, place, value.replace(tzinfo=None), self._time)
        elif isinstance(value, (int, float)) and abs(value) <= LARGEST_EXACT:
            self._sheet.write_number(self._row, place, value)
        elif value is not None:
            self._sheet.write_string(self._row, place, self._text(str(value)))

    def _text(self, text: str) -> str:
        safe = self._counts.for_spreadsheet(text)
        units = safe.encode("utf-16-le")
        if len(units) <= 2 * CHARACTERS_A_CELL:
            return safe
        self._counts.cut += 1
        # A surrogate pair that the cut would halve goes whole.
        return units[: 2 * CHARACTERS_A_CELL].decode("utf-16-le", errors="ignore")
