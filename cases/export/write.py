"""Writes one table of the store to a file, whole or not at all: what `caseload export` does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from xlsxwriter.exceptions import XlsxFileError

from cases.errors import InvalidInputError
from cases.export.cells import CellCounts
from cases.export.columns import COLUMNS, Kind
from cases.export.excel import excel_file
from cases.export.files import RowWriter, csv_file, json_lines_file, parquet_file
from cases.store import CaseStore
from cases.store.exporting import TableName

FORMATS = ("csv", "excel", "jsonl", "parquet")
_SUFFIXES = {".csv": "csv", ".xlsx": "excel", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_PROGRESS_EVERY = 1_000

_WRITERS: Mapping[str, Callable[[Path, str, Mapping[str, Kind], CellCounts], AbstractContextManager[RowWriter]]] = {
    "csv": csv_file,
    "excel": excel_file,
    "jsonl": json_lines_file,
    "parquet": parquet_file,
}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        rows: Rows, the header not counted.
        sheets: Sheets of Excel, 1 of any other format: a sheet ends at 1,048,576 rows and the next goes on.
        guarded_cells: Texts that got an apostrophe so that no spreadsheet runs them.
        cut_cells: Texts of which Excel holds only the first 32,767 characters; in other formats they are whole.
        dropped_characters: Control characters that were left out.
    """

    path: Path
    rows: int
    sheets: int
    guarded_cells: int
    cut_cells: int
    dropped_characters: int


def export(
    store: CaseStore,
    name: TableName,
    path: Path,
    *,
    format: str = "",  # noqa: A002  it is the option's name
    progress: Callable[[int], None] | None = None,
) -> ExportReport:
    """Write the store's cases, decisions or scores to `path`, in order of making, at constant memory.

    The file appears under its name when it is complete; a failed export leaves what was there before.

    Args:
        store: Where from.
        name: "cases", "decisions" or "scores".
        path: Where to; a file there is replaced.
        format: One of csv, excel, jsonl, parquet; empty: by the path's ending.
        progress: Called with the number of rows written, every thousand and at the end.

    Raises:
        InvalidInputError: There is no such table, format or folder, or the file cannot be written there.
        StoreUnavailableError: The database does not answer.
    """
    kind = format or _SUFFIXES.get(path.suffix.lower(), path.suffix)
    if kind not in FORMATS:
        raise InvalidInputError(
            f"'format' must be one of {', '.join(FORMATS)} (got {kind!r}); choose one, or let the file end in one of "
            f"{', '.join(_SUFFIXES)}",
            field="format",
        )
    if name not in COLUMNS:
        raise InvalidInputError(
            f"'name' must be one of {', '.join(COLUMNS)} (got {name!r}); choose one", field="name"
        )
    counts, rows = CellCounts(), 0
    tell = progress or (lambda _rows: None)
    with _complete_or_absent(path) as part, _WRITERS[kind](part, name, COLUMNS[name], counts) as write:
        for rows, row in enumerate(store.rows(name), start=1):
            write(row)
            if rows % _PROGRESS_EVERY == 0:
                tell(rows)
    tell(rows)
    return ExportReport(path, rows, counts.sheets, counts.guarded, counts.cut, counts.dropped)


@contextmanager
def _complete_or_absent(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its name when all went well and is removed when not."""
    if not path.parent.is_dir():
        raise InvalidInputError(
            f"'path' must be in a folder that exists (got {path.parent}); make it first", field="path"
        )
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, XlsxFileError) as error:
        raise InvalidInputError(
            f"'path' must be where a file can be written (got {path}: {error}); choose another, or free some space",
            field="path",
        ) from error
    finally:
        part.unlink(missing_ok=True)
