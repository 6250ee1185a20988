"""Each text filed, shown and exported: byte for byte what was sent, or guarded, and nowhere a formula."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest
import python_calamine

from cases.export.cells import CellCounts
from cases.export.write import export
from cases.spreadsheet_text import guarded
from cases.store import CaseStore
from serving.api.storable import storable
from tests.contract.arranging import VERDICT
from tests.hostile.asking import Door
from tests.hostile.checking import cell_faults
from tests.hostile.corpus.texts import TEXTS

FIELDS = ("title", "description", "channel", "subject_kind", "subject_ref", "case_ref", "external_id", "source")
_SHORT = {"channel": 100, "subject_kind": 100, "source": 100}


@pytest.fixture(scope="module")
def filed(door: Door) -> dict[str, str]:
    """By the text's name the case that holds it, in each field of a report."""
    cases = {}
    for number, (name, text) in enumerate(TEXTS.items()):
        short = {field: text[: _SHORT.get(field, 255)] for field in FIELDS}
        whole = {
            **short,
            "title": text,
            "description": text,
            "attributes": {text[:100]: text},
            "reporter": text[:255],
        }
        # Some of the texts are one but for blanks or NUL, which no id keeps.
        report = whole | {"case_ref": f"{number} {short['case_ref']}"[:255], "external_id": f"{number} {text}"[:255]}
        answer = door.post("/v1/cases", report)
        assert answer.status == 201, (name, answer)
        cases[name] = answer.json()["case_id"]
    return cases


def test_what_was_filed_is_shown_as_it_was_sent(door: Door, filed: dict[str, str]) -> None:
    for name, case in filed.items():
        clean, bare = storable(TEXTS[name]), storable(TEXTS[name]).strip()
        shown = door.get(f"/v1/cases/{case}")
        assert shown.header("content-type") == "application/json"
        told = shown.json()
        assert (told["content"]["title"], told["content"]["description"]) == (clean, clean), name
        assert list(told["content"]["attributes"].values()) == [clean], name
        [report] = told["reports"]
        assert (report["source"], told["subject"]["kind"]) == (bare[:100].strip(), bare[:100].strip()), name
        found = door.get(f"/v1/cases/{case}/events")
        assert clean not in found.body.decode() or len(clean) < 5, name


def test_a_filter_finds_one_by_its_text_and_by_no_wildcard(door: Door, filed: dict[str, str]) -> None:
    sources = {name: storable(text[:100]).strip() for name, text in TEXTS.items()}
    for name, case in filed.items():
        source, same = sources[name], list(sources.values()).count(sources[name])
        found = door.get(f"/v1/cases?limit=200&{urlencode({'source': source})}").json()["cases"]
        assert case in [each["case_id"] for each in found], name
        assert len(found) == same, name
    for text in ("%", "_%", "zqhostile%", "' OR 1=1 --", "*"):
        assert door.get(f"/v1/cases?{urlencode({'source': text})}").json()["cases"] == []


@pytest.fixture(scope="module")
def decided(door: Door, filed: dict[str, str]) -> CaseStore:
    """The record, each case decided by somebody of the text's name."""
    for name, case in filed.items():
        body = VERDICT | {"case_ids": [case], "by": TEXTS[name], "note": TEXTS[name]}
        assert door.post("/v1/bulk/decide", body).json()["cases"][0]["state"] == "free", name
    return door.store


@pytest.mark.parametrize("table", ["cases", "decisions"])
def test_no_cell_of_csv_or_excel_runs_and_each_text_comes_back(
    decided: CaseStore, tmp_path: Path, table: str
) -> None:
    files = [export(decided, table, tmp_path / f"{table}.{ending}").path for ending in ("csv", "xlsx")]  # type: ignore[arg-type]
    with files[0].open(encoding="utf-8-sig", newline="") as file:
        by_csv = list(csv.reader(file, strict=True))
    with python_calamine.load_workbook(files[1]) as book:
        by_excel = [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).iter_rows()]
    with zipfile.ZipFile(files[1]) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets" in name]
        assert sheets
        assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet or b"<hyperlink" in sheet]
        assert not [name for name in parts.namelist() if "external" in name.lower() or "vba" in name.lower()]
    for rows in (by_csv, by_excel):
        assert {len(row) for row in rows} == {len(rows[0])}
        assert [fault for row in rows[1:] for cell in row if not _number(cell) for fault in cell_faults(cell)] == []
        held = {cell for row in rows for cell in row}
        expected = {guarded(CellCounts().clean(text)) for text in map(storable, TEXTS.values())}
        if table == "decisions":
            expected = {guarded(CellCounts().clean(storable(text).strip())) for text in TEXTS.values()}
        # A spreadsheet has one kind of line break.
        missing = [text for text in expected if text not in held and text.replace("\r\n", "\n") not in held]
        assert [text for text in missing if "\r" not in text] == []


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_json_lines_and_parquet_hold_each_text_as_it_is(decided: CaseStore, tmp_path: Path) -> None:
    expected = {CellCounts().clean(storable(text)) for text in TEXTS.values()}
    lines = export(decided, "cases", tmp_path / "cases.jsonl").path.read_text(encoding="utf-8").split("\n")
    assert expected <= {json.loads(line)["description"] for line in lines if line}
    rows = pq.read_table(export(decided, "cases", tmp_path / "cases.parquet").path)
    assert expected <= set(rows.column("description").to_pylist())
