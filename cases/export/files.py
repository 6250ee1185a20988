"""CSV, JSON Lines and Parquet, a row at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cases.export.cells import CellCounts
from cases.export.columns import Kind

RowWriter = Callable[[Mapping[str, Any]], None]

_ROW_GROUP = 10_000
_ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "json": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "number": pa.float64(),
    "whole": pa.int64(),
    "truth": pa.bool_(),
}


@contextmanager
def csv_file(path: Path, _name: str, columns: Mapping[str, Kind], counts: CellCounts) -> Iterator[RowWriter]:
    """UTF-8 with a byte order mark, without which Excel takes it for the old Windows encoding."""

    def cell(value: object) -> object:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return value.isoformat()
        return counts.for_spreadsheet(value) if isinstance(value, str) else value

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        yield lambda row: writer.writerow([cell(row[column]) for column in columns])


@contextmanager
def json_lines_file(path: Path, _name: str, columns: Mapping[str, Kind], counts: CellCounts) -> Iterator[RowWriter]:
    """One object a line; lists and maps are real ones here."""

    def cell(value: Any, kind: Kind) -> Any:  # noqa: ANN401  what JSON can hold
        if isinstance(value, datetime):
            return value.isoformat()
        if not isinstance(value, str):
            return value
        return json.loads(value) if kind == "json" else counts.clean(value)

    with path.open("w", encoding="utf-8", newline="\n") as file:

        def write(row: Mapping[str, Any]) -> None:
            cells = {column: cell(row[column], kind) for column, kind in columns.items()}
            file.write(json.dumps(cells, ensure_ascii=False, allow_nan=False) + "\n")

        yield write


@contextmanager
def parquet_file(path: Path, _name: str, columns: Mapping[str, Kind], counts: CellCounts) -> Iterator[RowWriter]:
    """Typed columns, ten thousand rows a group; lists and maps are JSON text."""
    schema = pa.schema([(column, _ARROW_TYPES[kind]) for column, kind in columns.items()])
    waiting: list[dict[str, Any]] = []

    with pq.ParquetWriter(path, schema) as writer:

        def write(row: Mapping[str, Any]) -> None:
            values = {column: row[column] for column in columns}
            waiting.append({c: counts.clean(v) if isinstance(v, str) else v for c, v in values.items()})
            if len(waiting) == _ROW_GROUP:
                flush()

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

        yield write
        if waiting:
            flush()
