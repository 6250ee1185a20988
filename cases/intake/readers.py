"""Opens a source of rows: CSV, Excel, JSON Lines, Parquet, or a query of a database, a row at a time.

Excel alone is read whole, for so its files are made; a 100,000-row workbook takes some hundred megabytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine
from sqlalchemy import Connection, CursorResult, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, ProgrammingError

from cases.errors import InvalidInputError, StoreUnavailableError
from cases.intake.header import header_columns, named
from cases.intake.table import RawRow, Rejection, RowsRead, Table
from cases.intake.text_files import open_csv, open_json_lines
from cases.intake.unpacking import MAX_UNPACKED, refuse_bomb
from cases.store.engine import database_url

FORMATS = ("csv", "excel", "jsonl", "parquet", "sql")
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read a source; each is found out where it is left empty.

    Attributes:
        format: One of `FORMATS`.
        encoding: Of CSV and JSON Lines; found out: the byte order mark's, else UTF-8.
        delimiter: Of CSV; found out: whichever of comma, semicolon, tab and bar splits the header most.
        sheet: Of Excel; found out: the first.
        query: Of a database; there is none to find out.
        unpacked: Of Excel: at most so many bytes once it is unpacked.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    query: str = ""
    unpacked: int = MAX_UNPACKED


def open_table(source: str, options: SourceOptions | None = None) -> AbstractContextManager[Table]:
    """The rows of a file, or of `options.query` where `source` is a database's URL.

    Raises:
        InvalidInputError: There is no such file, its kind is unknown, it has no header, or it is not what it says.
        StoreUnavailableError: The database does not answer.
    """
    options = options or SourceOptions()
    kind = options.format or _kind_of(source)
    if kind not in FORMATS:
        raise InvalidInputError(
            f"'format' must be one of {', '.join(FORMATS)} (got {kind!r}); choose one", field="format"
        )
    if (kind == "sql") != bool(options.query):
        got = "a database without a query" if kind == "sql" else f"a query for a file of {kind}"
        raise InvalidInputError(
            f"'query' must come with a database's URL, and only with it (got {got}); "
            "write: caseload import postgresql://… --query 'SELECT …'",
            field="query",
        )
    if kind == "sql":
        return _open_query(source, options.query)
    path = Path(source)
    if not path.is_file() or not os.access(path, os.R_OK):
        why = "it may not be read" if path.is_file() else "there is none"
        raise InvalidInputError(f"'source' must be a file (got {path}: {why}); correct the path", field="source")
    openers: Mapping[str, Callable[[], AbstractContextManager[Table]]] = {
        "csv": lambda: open_csv(path, encoding=options.encoding, delimiter=options.delimiter),
        "jsonl": lambda: open_json_lines(path, encoding=options.encoding),
        "excel": lambda: _open_excel(path, options.sheet, options.unpacked),
        "parquet": lambda: _open_parquet(path),
    }
    return openers[kind]()


def _kind_of(source: str) -> str:
    if "://" in source:
        return "sql"
    suffix = Path(source).suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidInputError(
            f"'source' must end in one of {', '.join(SUFFIXES)}, or be a database's URL (got {suffix!r}); rename it "
            f"or say --format ({', '.join(FORMATS)})",
            field="source",
        )
    return SUFFIXES[suffix]


@contextmanager
def _open_excel(path: Path, sheet_name: str, unpacked: int) -> Iterator[Table]:
    refuse_bomb(path, unpacked)
    try:
        book = python_calamine.load_workbook(path)
    except python_calamine.PasswordError as error:
        raise _unreadable(path, "an Excel file without a password", "save it without one") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise _unreadable(path, "an Excel or ODS file", "open it in a spreadsheet and save it anew") from error
    with book:
        if sheet_name and sheet_name not in book.sheet_names:
            raise InvalidInputError(
                f"'sheet' must be one of {', '.join(map(repr, book.sheet_names))} (got {sheet_name!r}); choose one",
                field="sheet",
            )
        try:
            sheet = book.get_sheet_by_name(sheet_name) if sheet_name else book.get_sheet_by_index(0)
        except (python_calamine.CalamineError, IndexError) as error:
            raise _unreadable(path, "an Excel file with a readable sheet", "save it anew") from error
        rows = ((place, row) for place, row in enumerate(sheet.iter_rows(), start=1) if any(c != "" for c in row))
        header = next(rows, None)
        if header is None:
            raise _unreadable(path, "a sheet with a header row", "name its columns in the first row")
        columns = header_columns([str(cell) for cell in header[1]])
        read = RowsRead(sheet.end[0] + 1 if sheet.end else 0)
        yield Table(named(columns), _spreadsheet_rows(rows, columns, read), read.share, spreadsheet=True)


def _spreadsheet_rows(
    rows: Iterable[tuple[int, Sequence[object]]], columns: tuple[str, ...], read: RowsRead
) -> Iterator[RawRow]:
    for number, cells in rows:
        read.done = number
        yield RawRow(number, {name: cell for name, cell in zip(columns, cells, strict=False) if name})


@contextmanager
def _open_parquet(path: Path) -> Iterator[Table]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, "a Parquet file", "write it anew") from error
    with file:
        read = RowsRead(file.metadata.num_rows)
        columns = header_columns(file.schema_arrow.names)
        yield Table(columns, _parquet_rows(file, read), read.share)


def _parquet_rows(file: pq.ParquetFile, read: RowsRead) -> Iterator[RawRow | Rejection]:
    # Python's times end at microseconds; what a nanosecond column holds beyond them is dropped.
    finest = pa.schema(
        pa.field(f.name, pa.timestamp("us", f.type.tz)) if pa.types.is_timestamp(f.type) else f
        for f in file.schema_arrow
    )
    try:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            for cells in pa.Table.from_batches([batch]).cast(finest, safe=False).to_pylist():
                read.done += 1
                yield RawRow(read.done, cells)
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        yield Rejection(read.done + 1, "", 0, "a damaged page", "readable Parquet from here on", final=True)


@contextmanager
def _open_query(source: str, query: str) -> Iterator[Table]:
    engine = _engine(_query_url(source))
    try:
        # Never committed: a query that changes something changes nothing.
        with _connection(engine) as connection:
            result = _run(connection, query)
            columns = header_columns(list(result.keys()))
            yield Table(columns, _query_rows(result, columns), lambda: None)
    finally:
        engine.dispose()


def _connection(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except DBAPIError as error:
        raise _query_failed(error) from error


def _run(connection: Connection, query: str) -> CursorResult[Any]:
    streamed = connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE, no_parameters=True)
    try:
        result = streamed.exec_driver_sql(query)
    except DBAPIError as error:
        raise _query_failed(error) from error
    if not result.returns_rows:
        raise InvalidInputError("'query' must return rows (got none); write a SELECT", field="query")
    return result


def _query_rows(result: CursorResult[Any], columns: tuple[str, ...]) -> Iterator[RawRow]:
    try:
        for number, row in enumerate(result, start=1):
            yield RawRow(number, dict(zip(columns, row, strict=True)))
    except DBAPIError as error:
        raise _query_failed(error) from error


def _engine(url: URL) -> Engine:
    try:
        return create_engine(url, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InvalidInputError(
            f"'source' must be of a database whose driver is installed (got {url.drivername!r}); install the driver",
            field="source",
        ) from error


def _query_url(source: str) -> URL:
    """The URL with the driver that Caseload installs where it knows the database, else as it is."""
    try:
        return database_url(source)
    except InvalidInputError:
        pass
    try:
        return make_url(source)
    except ArgumentError:
        raise InvalidInputError(
            "'source' must be a database's URL (got something that does not parse); write postgresql://user@host/name",
            field="source",
        ) from None


def _query_failed(error: DBAPIError) -> Exception:
    if not error.statement:
        return StoreUnavailableError(
            f"'source' must be a database that answers (got {type(error.orig).__name__}); check its URL, "
            "and that it runs"
        )
    why = type(error.orig).__name__
    # A complaint about the query repeats the query; one about data may repeat the data.
    if isinstance(error, (ProgrammingError, OperationalError)) and str(error.orig):
        why += f": {str(error.orig).splitlines()[0]}"
    return InvalidInputError(f"'query' must be SQL that the database runs (got {why}); correct it", field="query")


def _unreadable(path: Path, must: str, advice: str) -> InvalidInputError:
    return InvalidInputError(f"'source' must be {must} (got {path.name}, which is not); {advice}", field="source")
