from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest

from cases.errors import InvalidInputError
from cases.export.columns import COLUMNS
from cases.export.write import ExportReport, export
from cases.intake.load import IntakeOptions, load
from cases.intake.mapping import FieldMap
from cases.record import NewReport
from cases.store import CaseStore
from cases.store.exporting import TableName
from cases.taxonomy_file import load_taxonomy
from tests.cases.export.exports import (
    DANGEROUS,
    GUARDED,
    NOON,
    TEXTS,
    by_receipt,
    csv_rows,
    decided,
    excel_cells,
    excel_rows,
    file,
    scored,
)
from tests.databases import fresh_database


@pytest.mark.parametrize("name", get_args(TableName))
def test_the_columns_are_those_that_the_store_hands_out(store: CaseStore, name: TableName) -> None:
    decided(store)
    store.file_reports([NewReport("test", "other", "", "B.", NOON)], actor="test")
    scored(store)

    row = next(iter(store.rows(name)))

    assert list(row) == list(COLUMNS[name])
    kinds = {"text": str, "json": str, "time": datetime, "number": float, "whole": int, "truth": bool}
    for column, value in row.items():
        assert value is None or type(value) is kinds[COLUMNS[name][column]], column


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
@pytest.mark.parametrize("name", get_args(TableName))
def test_an_empty_table_gives_a_file_with_its_columns(
    store: CaseStore, tmp_path: Path, name: TableName, ending: str
) -> None:
    path = tmp_path / f"out.{ending}"

    assert export(store, name, path).rows == 0

    columns = list(COLUMNS[name])
    if ending == "csv":
        assert path.read_text(encoding="utf-8-sig").strip() == ",".join(columns)
    elif ending == "xlsx":
        assert excel_cells(path) == [columns]
    elif ending == "parquet":
        assert pq.read_schema(path).names == columns
    else:
        assert path.read_bytes() == b""


def test_csv_guards_what_a_spreadsheet_would_run_and_counts_it(store: CaseStore, tmp_path: Path) -> None:
    file(store, TEXTS)

    report = export(store, "cases", tmp_path / "cases.csv")

    assert report == ExportReport(tmp_path / "cases.csv", len(TEXTS), 1, 2 * len(DANGEROUS), 0, 0)
    assert by_receipt(csv_rows(report.path), "description") == GUARDED


def test_numbers_stay_numbers_below_zero_too(store: CaseStore, tmp_path: Path) -> None:
    scored(store)
    export(store, "scores", tmp_path / "scores.csv")
    export(store, "scores", tmp_path / "scores.xlsx")

    (from_csv,) = csv_rows(tmp_path / "scores.csv")
    (from_excel,) = excel_rows(tmp_path / "scores.xlsx")

    assert from_csv["order_key"] == "-12.5"
    assert from_excel["order_key"] == -12.5
    assert from_csv["fallback"] == "false"
    assert from_excel["fallback"] is False


def test_an_exported_csv_taken_in_again_gives_the_same_texts(store: CaseStore, tmp_path: Path) -> None:
    file(store, TEXTS, attributes={"reach": 12, "tier": "=gold"})
    path = tmp_path / "cases.csv"
    export(store, "cases", path)

    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as other:
        columns = {"external_id": "id", "subject_ref": "subject_external_id", "decided_at": ""}
        options = IntakeOptions(field_map=FieldMap(columns))
        report = load(other, str(path), taxonomy=load_taxonomy(), actor="test", options=options)
        again = by_receipt(other.rows("cases"), "title", "description", "attributes", "received_at")

    assert report.rejections == []
    assert again == by_receipt(store.rows("cases"), "title", "description", "attributes", "received_at")


def test_json_lines_hold_lists_and_maps_and_whole_texts(store: CaseStore, tmp_path: Path) -> None:
    decided(store)

    export(store, "decisions", tmp_path / "decisions.jsonl")
    export(store, "cases", tmp_path / "cases.jsonl")

    decision = json.loads((tmp_path / "decisions.jsonl").read_text(encoding="utf-8"))
    assert decision["other_categories"] == ["harassment"]
    assert decision["decided_by"] == "=petra"
    assert decision["decided_at"] == "2026-03-01T12:00:00.250000+00:00"
    assert decision["score_id"] is None
    assert json.loads((tmp_path / "cases.jsonl").read_text(encoding="utf-8"))["attributes"] == {"reach": 12}


def test_parquet_keeps_the_types_and_all_rows_over_many_groups(
    store: CaseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.export.files._ROW_GROUP", 2)
    file(store, TEXTS)

    export(store, "cases", tmp_path / "cases.parquet")

    table = pq.read_table(tmp_path / "cases.parquet").to_pylist()
    assert by_receipt(table, "description") == [[text] for text in TEXTS]
    assert min(row["received_at"] for row in table) == NOON
    assert table[0]["decided_at"] is None
    assert pq.ParquetFile(tmp_path / "cases.parquet").num_row_groups == (len(TEXTS) + 1) // 2


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_control_characters_are_left_out_and_counted(store: CaseStore, tmp_path: Path, ending: str) -> None:
    file(store, ["a\x07b\x1b[31mc\x7fd\x85e\ufffef", "\x08=1+1"])

    report = export(store, "cases", tmp_path / f"cases.{ending}")

    assert report.dropped_characters == 2 * 6
    if ending == "csv":
        assert by_receipt(csv_rows(report.path), "description") == [["ab[31mcdef"], ["'=1+1"]]


class BreaksOff:
    """A store whose database goes away after some rows."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    def rows(self, name: TableName) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(self._store.rows(name)):
            if number == 3:
                raise ConnectionError("gone")
            yield row


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_a_failed_export_leaves_what_was_there(store: CaseStore, tmp_path: Path, ending: str) -> None:
    file(store, TEXTS)
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / f"cases.{ending}"
    path.write_text("the last good one")

    with pytest.raises((ConnectionError, InvalidInputError)):
        export(BreaksOff(store), "cases", path)  # type: ignore[arg-type]  # only `rows` is used

    assert path.read_text() == "the last good one"
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_progress_is_told_every_thousand_rows_and_at_the_end(store: CaseStore, tmp_path: Path) -> None:
    file(store, [f"Text {n}." for n in range(1_200)])
    told: list[int] = []

    export(store, "cases", tmp_path / "cases.csv", progress=told.append)

    assert told == [1_000, 1_200]


def test_what_cannot_be_written_is_refused(store: CaseStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"'format' must be one of csv, excel, jsonl, parquet .got '\.pdf'"):
        export(store, "cases", tmp_path / "cases.pdf")
    with pytest.raises(InvalidInputError, match="'name' must be one of cases, decisions, scores"):
        export(store, "notes", tmp_path / "notes.csv")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(InvalidInputError, match="'path' must be in a folder that exists"):
        export(store, "cases", tmp_path / "absent" / "cases.csv")
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(InvalidInputError, match="'path' must be where a file can be written"):
        export(store, "cases", tmp_path / "taken.csv")


def test_a_format_that_is_said_wins_over_the_ending(store: CaseStore, tmp_path: Path) -> None:
    file(store, ["A text."])

    export(store, "cases", tmp_path / "cases.dat", format="jsonl")

    assert json.loads((tmp_path / "cases.dat").read_text())["description"] == "A text."
