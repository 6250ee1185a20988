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


def from_table(path: Path, columns: TableColumns, *, levels: int = 0) -> Snapshot:
    """The snapshot of a labelled table.

    Rows without a text or a category are left out and counted.

    Args:
        path: The file.
        columns: Which of its columns hold what.
        levels: How many severity levels the model knows that the rows are for; 0: as many as the table uses.

    Raises:
        InvalidInputError: The file cannot be read, or lacks a column, or holds no usable row, or holds a level above
            `levels`.
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
    # The index goes on naming the row of the file, for whoever must correct it.
    table = table.reset_index(drop=True)[usable.to_numpy()]
    if table.empty:
        raise InvalidInputError(
            f"'--data' must hold rows with a text and a category (got none in {path.name}); check it"
        )
    severity = _severity(table, columns, levels)
    return Snapshot(_rows(table, columns, path, severity), path.name, left_out)


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


def _rows(table: pd.DataFrame, columns: TableColumns, path: Path, severity: pd.Series) -> pd.DataFrame:
    times = _times(table, columns).reset_index(drop=True)
    table, size = table.reset_index(drop=True), len(table)
    case_ids = pd.Series([f"{path.stem}/{place}" for place in range(size)])
    empty = pd.Series("", index=table.index)
    filled = {
        "case_id": case_ids,
        "subject_key": table[columns.subject].astype(str) if columns.subject else case_ids,
        "received_at": times,
        "description": table[columns.text].astype(str),
        "attributes": pd.Series([{} for _ in range(size)], dtype=object),
        "category": table[columns.category].astype(str),
        "severity": severity.reset_index(drop=True),
        "handling_seconds": pd.Series(pd.NA, index=table.index, dtype="Float64"),
        "split": _split(table, columns),
    }
    return pd.DataFrame({name: filled.get(name, empty) for name in COLUMNS})


def _times(table: pd.DataFrame, columns: TableColumns) -> pd.Series:
    if not columns.time:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]")
    times = pd.to_datetime(table[columns.time], utc=True, errors="coerce", format="ISO8601")
    if times.isna().any():
        row = int(times.index[times.isna()][0]) + 1
        raise InvalidInputError(
            f"'--time' must be an ISO 8601 time in each row (row {row} is not); correct the column"
        )
    return times


def _severity(table: pd.DataFrame, columns: TableColumns, known: int) -> pd.Series:
    """The levels as ours count, 1 the most severe; `known` of them, or as many as the table uses where that is 0."""
    if not columns.severity:
        return pd.Series(pd.NA, index=table.index, dtype="Int64")
    levels = pd.to_numeric(table[columns.severity], errors="coerce")
    whole = levels.dropna()
    if whole.empty or (whole % 1 != 0).any() or (whole < 1).any():
        raise InvalidInputError(
            f"'--severity' must be whole numbers from 1 ({columns.severity!r} holds others); "
            "number the levels from 1 and say with --severity-1-is which end is the most severe",
            field="severity",
        )
    if known and (whole > known).any():
        row = int(whole.index[whole > known][0])
        raise InvalidInputError(
            f"'--severity' must be one of the model's levels, 1 to {known} (got {whole[row]:g} in row {row + 1}); "
            "correct the column, or choose a model of as many levels",
            field="severity",
        )
    counted = levels.astype("Int64")
    # Turned round within all levels there are: the mildest rows of a file need not be of the mildest level.
    return counted if columns.severity_1_is == "most" else (known or counted.max()) + 1 - counted


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
