"""Exports in Caseload's own folder that hold certain cases: found by the ids in them, whoever wrote them there.

A file is removed as a whole: an export can be made again, and what is left out of it then is gone. What was written
elsewhere, or carried away, is out of reach.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

_TEXT = {".csv", ".jsonl", ".ndjson"}
_BLOCK = 1 << 20
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_ID_BYTES = 36
_ID_COLUMNS = ("id", "case_id")


def exports_holding(home: Path, case_ids: Collection[str], beside: Iterable[Path] = ()) -> Iterator[Path]:
    """The files under `home` that hold one of these cases.

    Args:
        home: Looked through as a whole.
        case_ids: Of ours.
        beside: Folders in it that hold no exports: models, caches, the tracker's.
    """
    wanted = {case_id.encode() for case_id in case_ids}
    left_out = [folder.resolve() for folder in beside]
    for path in sorted(home.rglob("*")) if wanted and home.is_dir() else ():
        if path.is_symlink() or not path.is_file():
            continue
        if any(path.resolve().is_relative_to(folder) for folder in left_out):
            continue
        if any(not wanted.isdisjoint(found) for found in _ids_in(path)):
            yield path


def _ids_in(path: Path) -> Iterator[set[bytes]]:
    """The ids in a file, a part at a time; none in a file that is no export."""
    suffix = path.suffix.lower()
    try:
        if suffix in _TEXT:
            with path.open("rb") as file:
                yield from _ids_in_stream(file)
        elif suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                for name in book.namelist():
                    with book.open(name) as part:
                        yield from _ids_in_stream(part)
        elif suffix == ".parquet":
            yield from _ids_in_parquet(path)
    except (zipfile.BadZipFile, pa.ArrowInvalid):
        return


def _ids_in_stream(file: IO[bytes]) -> Iterator[set[bytes]]:
    before = b""
    while block := file.read(_BLOCK):
        yield set(_ID.findall(before + block))
        before = block[-_ID_BYTES + 1 :]


def _ids_in_parquet(path: Path) -> Iterator[set[bytes]]:
    with pq.ParquetFile(path) as file:
        columns = [name for name in _ID_COLUMNS if name in file.schema_arrow.names]
        if not columns:
            return
        for batch in file.iter_batches(columns=columns):
            for column in batch.columns:
                yield {str(value).encode() for value in column.to_pylist() if value is not None}
