from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest
import python_calamine

from cases.errors import InvalidInputError
from cases.export import excel
from cases.export.columns import COLUMNS
from cases.export.write import ExportReport, export
from cases.ids import CaseId, ScoreId, new_id
from cases.intake.load import IntakeOptions, load
from cases.intake.mapping import FieldMap
from cases.record import NewReport, PastDecision, Score, Verdict
from cases.store import CaseStore
from cases.store.exporting import TableName
from cases.taxonomy_file import load_taxonomy
from tests.databases import fresh_database

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)

DANGEROUS = [
    '=HYPERLINK("http://example.com","click")',
    "+1 555 0100 rang me",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "'=1+1",
    "\uff1d1+1",
]
TEXTS = [
    *DANGEROUS,
    'He said "stop", then, on line\r\ntwo\nthree; and | more\ttabs',
    "Grüße, 你好, \U0001f600",
    "'quoted' from the start",
    "http://example.com/a?b=c",
    "12345",
    "true",
    "_x0041_",
]
GUARDED = [["'" + text] for text in DANGEROUS] + [[text] for text in TEXTS[len(DANGEROUS) :]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CaseStore]:
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url, lambda: NOON) as opened:
        yield opened


def file(store: CaseStore, texts: list[str], **fields: Any) -> list[CaseId]:
    reports = [
        NewReport("test", f"T-{n}", text, text, NOON + timedelta(minutes=n), **fields) for n, text in enumerate(texts)
    ]
    # Two of the texts are the same but for their width; each is to be a row.
    return [filed.case_id for filed in store.file_reports(reports, actor="test", gather_hours=0)]


def decided(store: CaseStore) -> CaseId:
    (case_id,) = file(store, ["A text."], subject_kind="course", subject_ref="C-1", attributes={"reach": 12})
    verdict = Verdict("privacy", 2, "warn", "clear_breach", "doxxing", ("harassment",))
    store.record_past_decisions([PastDecision(case_id, verdict, "=petra", NOON, NOON, 90.5)], actor="test")
    return case_id


def scored(store: CaseStore) -> CaseId:
    (case_id,) = file(store, ["A text."])
    score = Score(
        id=ScoreId(new_id()),
        case_id=case_id,
        content_id=store.case(case_id).content.id,
        model="0" * 64,
        model_version="caseload-default/3",
        taxonomy_version=1,
        assembly_version=1,
        encoder_hash="1" * 64,
        created_at=NOON,
        category={"privacy": 0.75, "harassment": 0.25},
        severity={1: 0.125, 2: 0.875},
        priority={"severity": 2.0},
        order_key=-12.5,
        language="en",
        seconds=0.25,
    )
    store.record_scores([score])
    return case_id


def by_receipt(rows: Iterable[Mapping[str, Any]], *columns: str) -> list[list[Any]]:
    """The columns' values, in the order of receipt: ids of one millisecond come in any order."""
    return [[row[name] for name in columns] for row in sorted(rows, key=lambda row: row["received_at"])]


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def excel_cells(path: Path, sheet: int = 0) -> list[list[Any]]:
    with python_calamine.load_workbook(path) as book:
        return list(book.get_sheet_by_index(sheet).to_python())


def excel_rows(path: Path) -> list[dict[str, Any]]:
    header, *rows = excel_cells(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


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


def test_excel_holds_texts_as_texts_and_times_as_times(store: CaseStore, tmp_path: Path) -> None:
    file(store, TEXTS)

    report = export(store, "cases", tmp_path / "cases.xlsx")

    rows = excel_rows(report.path)
    assert by_receipt(rows, "description") == GUARDED
    assert min(row["received_at"] for row in rows) == NOON.replace(tzinfo=None)
    assert report.guarded_cells == 2 * len(DANGEROUS)


def test_excel_cuts_what_no_cell_can_hold_and_says_so(store: CaseStore, tmp_path: Path) -> None:
    file(store, ["x" * 32_767, "x" * 32_768, "x" + "\U0001f600" * 20_000])

    report = export(store, "cases", tmp_path / "cases.xlsx")

    cells = by_receipt(excel_rows(report.path), "description")
    assert report.cut_cells == 4  # two titles and two descriptions
    assert cells == [["x" * 32_767], ["x" * 32_767], ["x" + "\U0001f600" * 16_383]]


def test_excel_goes_on_in_another_sheet_where_one_is_full(
    store: CaseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "ROWS_A_SHEET", 3)
    file(store, [f"Text {n}." for n in range(5)])

    report = export(store, "cases", tmp_path / "cases.xlsx")

    assert (report.rows, report.sheets) == (5, 3)
    with python_calamine.load_workbook(report.path) as book:
        assert book.sheet_names == ["cases", "cases 2", "cases 3"]
    sheets = [excel_cells(report.path, sheet) for sheet in range(3)]
    assert [len(rows) - 1 for rows in sheets] == [2, 2, 1]
    assert {tuple(rows[0]) for rows in sheets} == {tuple(COLUMNS["cases"])}


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
