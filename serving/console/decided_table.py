"""A spreadsheet in which cases were decided: its rows read, each checked by itself, and what would become of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cases.decision import Verdict
from cases.errors import InvalidInputError, UnknownPolicyError
from cases.handling import BulkState
from cases.ids import CaseId, is_id
from cases.intake.readers import SourceOptions, open_table
from cases.intake.table import RawRow, Rejection
from cases.spreadsheet_text import without_guard
from cases.store.working.bulk import MAX_BULK
from cases.taxonomy import Taxonomy

NEEDED = ("case_id", "category", "severity", "action", "reason")
FURTHER = ("sub_policy", "note")
SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls", ".ods")
MAX_ROWS = 5_000
# Five thousand rows with their notes, many times over.
_OPTIONS = SourceOptions(unpacked=200 * 1024 * 1024)

_IN_THE_WAY: Mapping[BulkState, str] = {
    BulkState.HELD: "somebody holds it",
    BulkState.ON_HOLD: "it is on hold",
    BulkState.ASSIGNED: "it is for somebody else",
    BulkState.APPEALED: "an appeal is decided on its own page",
    BulkState.DECIDED: "it is decided already",
    BulkState.MERGED: "it was merged into another",
    BulkState.ERASED: "what it said was erased",
    BulkState.UNKNOWN: "there is no such case",
    BulkState.NOT_YOURS: "there is no such case",
}


class Row(BaseModel):
    """A row that can be decided, as the preview's page keeps it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    number: int = Field(ge=1)
    case_id: str = Field(max_length=36)
    category: str = Field(pattern=r"^[a-z0-9_]{1,100}$")
    severity: int = Field(ge=1, le=100)
    action: str = Field(pattern=r"^[a-z0-9_]{1,100}$")
    reason: str = Field(pattern=r"^[a-z0-9_]{1,100}$")
    sub_policy: str = Field(default="", pattern=r"^[a-z0-9_]{0,100}$")
    note: str = Field(default="", max_length=10_000)

    @property
    def verdict(self) -> Verdict:
        """What it decides."""
        return Verdict(self.category, self.severity, self.action, self.reason, self.sub_policy)


ROWS = TypeAdapter(list[Row])


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that is not decided, and why.

    Attributes:
        row: As the spreadsheet numbers it.
        column: Where; empty where the whole row is at fault.
    """

    row: int
    column: str
    why: str


def rows_of(path: Path, called: str, taxonomy: Taxonomy) -> tuple[list[Row], list[Wrong]]:
    """The rows of a table that can be decided, and what is wrong with the others.

    Args:
        path: The file.
        called: Its name where it came from; its ending says what it is.
        taxonomy: Today's.

    Raises:
        InvalidInputError: It is no table, lacks a column, or is too large.
    """
    if path.suffix not in SUFFIXES:
        raise InvalidInputError(
            f"'file' must end with {', '.join(SUFFIXES)} (got another); save it as one of these", field="file"
        )
    try:
        with open_table(str(path), _OPTIONS) as table:
            _refuse_without(NEEDED, [column.strip().lower() for column in table.columns or ()])
            return _checked(table.rows, taxonomy)
    except InvalidInputError as error:
        # A reader names the file by where it lies here, which says nothing to whoever sent it.
        raise InvalidInputError(
            str(error).replace(str(path), called).replace(path.name, called), field="file"
        ) from None


def in_the_way(state: BulkState) -> str:
    """Why a case in that state is not decided; empty for one that is free."""
    return _IN_THE_WAY.get(state, "")


def alike(rows: Iterable[Row]) -> list[tuple[Verdict, str, list[CaseId]]]:
    """Rows that decide the same with the same note, together; of each at most as many as one bulk takes."""
    found: dict[tuple[Verdict, str], list[CaseId]] = {}
    for row in rows:
        found.setdefault((row.verdict, row.note), []).append(CaseId(row.case_id))
    return [
        (verdict, note, ids[start : start + MAX_BULK])
        for (verdict, note), ids in found.items()
        for start in range(0, len(ids), MAX_BULK)
    ]


def _checked(read: Iterable[RawRow | Rejection], taxonomy: Taxonomy) -> tuple[list[Row], list[Wrong]]:
    rows: list[Row] = []
    wrong: list[Wrong] = []
    seen: set[str] = set()
    for number, raw in enumerate(read):
        if number >= MAX_ROWS:
            raise InvalidInputError(
                f"'file' must have at most {MAX_ROWS:,} rows (got more); send it in parts", field="file"
            )
        if isinstance(raw, Rejection):
            wrong.append(Wrong(raw.row, raw.column, f"must be {raw.expected}"))
            continue
        row = _row(raw, taxonomy)
        if isinstance(row, Row) and row.case_id in seen:
            row = Wrong(raw.number, "case_id", "stands in a row above, too")
        if isinstance(row, Row):
            seen.add(row.case_id)
            rows.append(row)
        else:
            wrong.append(row)
    return rows, wrong


def _row(raw: RawRow, taxonomy: Taxonomy) -> Row | Wrong:
    cells = {name.strip().lower(): _text(value) for name, value in raw.cells.items()}
    told = {name: cells.get(name, "") for name in (*NEEDED, *FURTHER)}
    if not is_id(told["case_id"]):
        return Wrong(raw.number, "case_id", "must be a case's id, as the queue's download has it")
    try:
        row = Row.model_validate(told | {"number": raw.number})
        taxonomy.check(row.verdict)
    except ValidationError as error:
        [first, *_] = error.errors()
        return Wrong(raw.number, str(first["loc"][0]), str(first["msg"]))
    except UnknownPolicyError as error:
        return Wrong(raw.number, error.field, str(error))
    return row


def _text(value: object) -> str:
    """A cell as text; a whole number that a spreadsheet keeps as 2.0 is 2."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return without_guard(str(value)).strip()


def _refuse_without(needed: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in needed if name not in columns]
    if missing:
        raise InvalidInputError(
            f"'file' must have the columns {', '.join(needed)} (got none called {', '.join(missing)}); add them",
            field="file",
        )


def free(rows: Sequence[Row], states: Mapping[CaseId, BulkState]) -> tuple[list[Row], list[Wrong]]:
    """The rows whose cases are free to be decided, and why the others are not."""
    fit, wrong = [], []
    for row in rows:
        why = in_the_way(states.get(CaseId(row.case_id), BulkState.UNKNOWN))
        if why:
            wrong.append(Wrong(row.number, "case_id", why))
        else:
            fit.append(row)
    return fit, wrong
