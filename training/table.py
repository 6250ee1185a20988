"""A snapshot from any labelled table: a file, with the columns that the caller names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd

from cases.errors import InvalidInputError
from training.snapshot import COLUMNS, Snapshot


@dataclass(frozen=True, slots=True)
class TableColumns:
    """Which columns of a table hold what.

    Attributes:
        severity_1_is: Whether level 1 of the table is the `most` or the `least` severe; ours is the most.
        split: Prescribes the parts; its values are train, valid (both learnt from) and test.
        time: Orders the rows, where no split is prescribed.
    """

    text: str
    category: str
    severity: str = ""
    severity_1_is: Literal["most", "least"] = "most"
    split: str = ""
    time: str = ""
    subject: str = ""


def from_table(path: Path, columns: TableColumns) -> Snapshot:
    """The snapshot of a labelled table.

    Rows without a text or a category are left out and counted.

    Raises:
        InvalidInputError: The file cannot be read, or lacks a column, or holds no usable row.
    """
    table = _read(path)
    for option in ("text", "category", "severity", "split", "time", "subject"):
        name = getattr(columns, option)
        if name and name not in table.columns:
            there = ", ".join(map(str, table.columns))
            raise InvalidInputError(
                f"'--{option}' must be a column of {path.name} (got {name!r}); choose from {there}"
            )
    usable = table[columns.text].notna() & table[columns.category].notna()
    usable &= table[columns.text].astype("string").str.strip().fillna("") != ""
    left_out = {"row without text or category": int((~usable).sum())} if not usable.all() else {}
    table = table[usable].reset_index(drop=True)
    if table.empty:
        raise InvalidInputError(
            f"'--data' must hold rows with a text and a category (got none in {path.name}); check it"
        )
    return Snapshot(_rows(table, columns, path), path.name, left_out)


def level_count(snapshot: Snapshot) -> int:
    """How many severity levels the table uses: its highest level, 0 where it has none."""
    return int(snapshot.rows["severity"].max()) if snapshot.has_severity else 0


def _read(path: Path) -> pd.DataFrame:
    readers = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".xlsx": partial(pd.read_excel, engine="calamine")}
    if path.suffix == ".jsonl":
        return _attempt(path, lambda p: pd.read_json(p, lines=True))
    if path.suffix not in readers:
        raise InvalidInputError(f"'--data' must be .csv, .jsonl, .parquet or .xlsx (got {path.suffix!r}); convert it")
    return _attempt(path, readers[path.suffix])


def _attempt(path: Path, read: object) -> pd.DataFrame:
    try:
        table: pd.DataFrame = read(path)  # type: ignore[operator]  # one of pandas' readers
    except (OSError, ValueError) as error:
        # A parser's message may quote the file, so only the kind of the fault is told.
        kind = type(error).__name__
        raise InvalidInputError(
            f"'--data' must be a readable table (got {path.name}: {kind}); check the file"
        ) from None
    return table


def _rows(table: pd.DataFrame, columns: TableColumns, path: Path) -> pd.DataFrame:
    size = len(table)
    case_ids = pd.Series([f"{path.stem}/{place}" for place in range(size)])
    empty = pd.Series("", index=table.index)
    filled = {
        "case_id": case_ids,
        "subject_key": table[columns.subject].astype(str) if columns.subject else case_ids,
        "received_at": _times(table, columns),
        "description": table[columns.text].astype(str),
        "attributes": pd.Series([{} for _ in range(size)], dtype=object),
        "category": table[columns.category].astype(str),
        "severity": _severity(table, columns),
        "split": _split(table, columns),
    }
    return pd.DataFrame({name: filled.get(name, empty) for name in COLUMNS})


def _times(table: pd.DataFrame, columns: TableColumns) -> pd.Series:
    if not columns.time:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]")
    times = pd.to_datetime(table[columns.time], utc=True, errors="coerce", format="ISO8601")
    if times.isna().any():
        row = int(times.isna().to_numpy().argmax()) + 1
        raise InvalidInputError(
            f"'--time' must be an ISO 8601 time in each row (row {row} is not); correct the column"
        )
    return times


def _severity(table: pd.DataFrame, columns: TableColumns) -> pd.Series:
    if not columns.severity:
        return pd.Series(pd.NA, index=table.index, dtype="Int64")
    levels = pd.to_numeric(table[columns.severity], errors="coerce")
    whole = levels.dropna()
    if whole.empty or (whole % 1 != 0).any() or (whole < 1).any():
        raise InvalidInputError(
            f"'--severity' must be whole numbers from 1 ({columns.severity!r} holds others); "
            "number the levels from 1 and say with --severity-1-is which end is the most severe"
        )
    counted = levels.astype("Int64")
    return counted if columns.severity_1_is == "most" else counted.max() + 1 - counted


def _split(table: pd.DataFrame, columns: TableColumns) -> pd.Series:
    if not columns.split:
        return pd.Series("", index=table.index)
    parts = table[columns.split].astype(str).replace({"valid": "train", "validation": "train", "dev": "train"})
    unknown = set(parts) - {"train", "test"}
    if unknown or set(parts) != {"train", "test"}:
        got = ", ".join(sorted(set(table[columns.split].astype(str)))[:6])
        raise InvalidInputError(
            f"'--split' must hold train and test, valid if need be (got {got}); correct the column"
        )
    return parts
