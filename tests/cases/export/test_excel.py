from __future__ import annotations

from pathlib import Path

import pytest
import python_calamine

from cases.export import excel
from cases.export.columns import COLUMNS
from cases.export.write import export
from cases.store import CaseStore
from tests.cases.export.exports import DANGEROUS, GUARDED, NOON, TEXTS, by_receipt, excel_cells, excel_rows, file


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
