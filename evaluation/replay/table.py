"""Recorded cases from a table, CSV or Parquet.

| column | holds | where missing |
| --- | --- | --- |
| `received_at` | ISO 8601 with a zone, or a Parquet timestamp with one | refused |
| `severity` | the true or decided level, 1 the most severe | refused |
| `category` | id of the decided category; needed with an answer | drawn with the answer |
| `handling_minutes` | minutes of work, above 0 | drawn by category |
| `p_severity_1` … `p_severity_K` | what a model said that had not learnt from the case | the answer is drawn |
| `p_` + category id | likewise; needed with the levels | the answer is drawn |
| `reach` | attribute: a number of 0 or more | as drawn, or none |
| `minor_involved`, `imminent` | attributes: true or false, yes or no, 1 or 0 | likewise |
| `deadline_at` | attribute; what is not ISO 8601 with a zone says nothing | likewise |

A cell may be empty wherever its column may be missing. Other columns are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_scalar

from cases.errors import InvalidInputError
from cases.event import AttributeValue
from cases.intake.values import RefusedValue, as_number, as_truth, is_blank
from cases.taxonomy import Taxonomy
from evaluation.replay.arrivals import Recorded
from evaluation.replay.case import Prediction

_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
# Probabilities may be rounded; beyond that they are none.
_MASS_OFF = 0.01


def _as_written(value: object) -> str:
    """A deadline as text: what is no time says nothing, here as in the queue."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


# Read as intake reads them.
_ATTRIBUTES: Mapping[str, Callable[[object], AttributeValue]] = {
    "reach": lambda value: as_number(value, 0.0),
    "minor_involved": as_truth,
    "imminent": as_truth,
    "deadline_at": _as_written,
}


def from_table(path: Path, taxonomy: Taxonomy) -> tuple[Recorded, ...]:
    """The cases of a table.

    Raises:
        InvalidInputError: The file cannot be read, lacks a column that is needed, or holds a value that cannot be;
            names the column, and the row from 1 without what it held.
    """
    table = _read(path)
    for name in ("received_at", "severity"):
        if name not in table.columns:
            raise InvalidInputError(
                f"'{name}' must be a column of {path.name} (got {', '.join(map(str, table.columns[:20]))}); add it",
                field=name,
            )
    received = pd.to_datetime(table["received_at"], utc=True, errors="coerce", format="ISO8601")
    zoned = isinstance(table["received_at"].dtype, pd.DatetimeTZDtype) or table["received_at"].astype(
        str
    ).str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    _refuse(received.isna() | ~pd.Series(zoned, index=table.index), "received_at", "ISO 8601 times with a zone")
    severity = pd.to_numeric(table["severity"], errors="coerce")
    _refuse(~severity.isin(taxonomy.levels), "severity", f"one of {', '.join(map(str, taxonomy.levels))}")
    records: list[dict[str, Any]] = table.rename(columns=str).to_dict("records")  # type: ignore[assignment]
    return tuple(
        Recorded.of(
            moment.to_pydatetime(),
            int(level),
            _category(row, place, taxonomy),
            _minutes(row, place),
            _attributes(row, place),
            _prediction(row, place, taxonomy),
        )
        for place, (row, moment, level) in enumerate(zip(records, received, severity, strict=True), start=1)
    )


def _read(path: Path) -> pd.DataFrame:
    if path.suffix not in _READERS:
        raise InvalidInputError(
            f"'--arrivals' must be seed, record, or a .csv or .parquet file (got {path.suffix or path.name!r}); "
            "convert it",
            field="arrivals",
        )
    try:
        table = _READERS[path.suffix](path)
    except (OSError, ValueError) as error:
        # A parser's message may quote the file, so only the kind of the fault is told.
        raise InvalidInputError(
            f"'--arrivals' must be a readable table (got {path.name}: {type(error).__name__}); check the file",
            field="arrivals",
        ) from None
    return table


def _refuse(wrong: pd.Series, name: str, must: str) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax()) + 1
        raise InvalidInputError(f"'{name}' must hold {must} (got another value in row {row}); correct it", field=name)


def _category(row: Mapping[str, Any], place: int, taxonomy: Taxonomy) -> str:
    name = row.get("category")
    if _empty(name):
        return ""
    if name not in taxonomy.category_ids:
        raise InvalidInputError(
            f"'category' must be a category of the policy (got another value in row {place}); correct it",
            field="category",
        )
    return str(name)


def _minutes(row: Mapping[str, Any], place: int) -> float | None:
    value = row.get("handling_minutes")
    if _empty(value):
        return None
    minutes = _number(value)
    if not 0 < minutes < math.inf:
        raise InvalidInputError(
            f"'handling_minutes' must be above 0 (got another value in row {place}); leave unknown ones empty",
            field="handling_minutes",
        )
    return minutes


def _prediction(row: Mapping[str, Any], place: int, taxonomy: Taxonomy) -> Prediction | None:
    """What the row says that a model said; None where the row does not give the whole of it."""
    severity = {level: row.get(f"p_severity_{level}") for level in taxonomy.levels}
    category = {name: row[f"p_{name}"] for name in taxonomy.category_ids if not _empty(row.get(f"p_{name}"))}
    if any(_empty(chance) for chance in severity.values()) or not category:
        return None
    if _empty(row.get("category")):
        raise InvalidInputError(
            f"'category' must be known of a case whose answer is (got none in row {place}); give it, or leave the "
            "answer out too",
            field="category",
        )
    return Prediction(_distribution(severity, "p_severity_1", place), _distribution(category, "p_…", place))


def _distribution(chances: Mapping[Any, Any], name: str, place: int) -> dict[Any, float]:
    numbers = {label: _number(chance) for label, chance in chances.items()}
    mass = sum(numbers.values())
    if not (min(numbers.values()) >= 0 and abs(mass - 1) <= _MASS_OFF):
        raise InvalidInputError(
            f"'{name}' and its like must be probabilities that sum to 1 (got others in row {place}); correct them",
            field=name,
        )
    return {label: chance / mass for label, chance in numbers.items()}


def _number(value: Any) -> float:  # noqa: ANN401 - a cell
    """NaN where it is none. One text makes all of a CSV's column text, so text is read too."""
    try:
        return as_number(value)
    except RefusedValue:
        return math.nan


def _attributes(row: Mapping[str, Any], place: int) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    for name, read in _ATTRIBUTES.items():
        if _empty(row.get(name)):
            continue
        # NumPy's scalars become Python's.
        value = row[name].item() if isinstance(row[name], np.generic) else row[name]
        try:
            found[name] = read(value)
        except RefusedValue as refused:
            raise InvalidInputError(
                f"{name!r} must hold {refused.expected} (got another value in row {place}); correct it, or leave it "
                "empty",
                field=name,
            ) from None
    return found


def _empty(value: Any) -> bool:  # noqa: ANN401 - a cell
    return is_blank(value) or (is_scalar(value) and bool(pd.isna(value)))
