"""Cases to export, some with texts that a spreadsheet would run, and readers of what was written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import python_calamine

from cases.decision import PastDecision, Verdict
from cases.ids import CaseId, ScoreId, new_id
from cases.record import NewReport, Score
from cases.store import CaseStore

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
    '<r></is></c><c r="Z9" t="str"><f>1+1</f></c><c t="inlineStr"><is></r>',
    "<r>_x0041_ & <t>x</t></r>",
]
GUARDED = [["'" + text] for text in DANGEROUS] + [[text] for text in TEXTS[len(DANGEROUS) :]]


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
