"""Decisions from a spreadsheet: previewed, with what is wrong row by row, decided, and taken back."""

from __future__ import annotations

import html
import io
import zipfile

import pytest
import xlsxwriter

from cases.record import CaseStatus
from tests.console.conftest import Console
from tests.console.test_overseeing import file_some

HEADER = "case_id,category,severity,action,reason,note"
GOOD = "intellectual_property,3,remove_content,clear_breach,"


def kept(page: str) -> str:
    return html.unescape(page.partition('name="rows" value="')[2].partition('"')[0])


def sent(text: str, name: str = "decided.csv") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, text.encode())}


def test_what_would_be_decided_is_shown_decided_and_taken_back(console: Console) -> None:
    filed = file_some(console, 3)
    ada = console.sign_in("ada")
    lines = [HEADER, *(f"{case.id},{GOOD}" for case in filed[:2]), f"{filed[2].id},hate,2,warn,clear_breach,Slurs."]
    page = ada.post("/upload", files=sent("\n".join(lines))).text
    assert "<strong>3</strong> cases would be decided, 0 rows would not" in page
    assert console.place.store.case(filed[0].id).status is CaseStatus.OPEN
    done = ada.post("/upload/decide", data={"rows": kept(page)}).text
    assert "<strong>3</strong> cases are decided" in done
    decisions = [console.place.store.decisions(case.id)[0] for case in filed]
    assert [each.verdict.category for each in decisions] == ["intellectual_property"] * 2 + ["hate"]
    assert console.place.store.note(decisions[2].id) == "Slurs."
    bulks = [part.partition('"')[0] for part in done.split('name="bulks" value="')[1:]]
    assert len(bulks) == 2
    undone = ada.post("/upload/undo", data={"bulks": bulks}).text
    assert "3 decisions are taken back" in undone
    assert all(console.place.store.case(case.id).status is CaseStatus.OPEN for case in filed)


def test_each_row_that_is_wrong_says_where_and_why_and_spoils_no_other(console: Console) -> None:
    filed = file_some(console, 3)
    eve = console.sign_in("eve")
    eve.post(f"/cases/{filed[2].id}/claim")
    rows = [
        f"{filed[0].id},{GOOD}",
        f"{filed[1].id},colour,3,remove_content,clear_breach,",
        f"{filed[1].id},hate,nine,remove_content,clear_breach,",
        f"{filed[0].id},{GOOD}",
        f"not-an-id,{GOOD}",
        f"{filed[2].id},{GOOD}",
        f"0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e,{GOOD}",
    ]
    page = html.unescape(console.sign_in("ada").post("/upload", files=sent("\n".join([HEADER, *rows]))).text)
    assert "<strong>1</strong> case would be decided, 6 rows would not" in page
    for row, column, why in [
        (3, "category", "must be one of version"),
        (4, "severity", "valid integer"),
        (5, "case_id", "stands in a row above"),
        (6, "case_id", "must be a case's id"),
        (7, "case_id", "somebody holds it"),
        (8, "case_id", "there is no such case"),
    ]:
        assert f'<td class="number">{row}</td><td>{column}</td><td>' in page
        assert why in page
    assert "colour" not in page


def test_what_changed_in_between_is_left_alone_and_named(console: Console) -> None:
    filed = file_some(console, 2)
    ada = console.sign_in("ada")
    page = ada.post("/upload", files=sent("\n".join([HEADER, *(f"{case.id},{GOOD}" for case in filed)]))).text
    console.sign_in("eve").post(f"/cases/{filed[1].id}/claim")
    done = ada.post("/upload/decide", data={"rows": kept(page)}).text
    assert "<strong>1</strong> case is decided" in done
    assert "somebody holds it" in done
    assert console.place.store.decisions(filed[1].id) == ()


def test_a_workbook_is_read_as_a_spreadsheet_has_it(console: Console) -> None:
    [case] = file_some(console, 1)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(","))
        sheet.write_row(1, 0, [case.id, "intellectual_property", 3, "remove_content", "clear_breach", ""])
    ada = console.sign_in("ada")
    page = ada.post("/upload", files={"file": ("Decided.XLSX", file.getvalue())}).text
    assert "<strong>1</strong> case would be decided" in page


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", b"%PDF", "must end with"),
        ("a.csv", b"case_id,category\nx,y", "must have the columns"),
        ("a.csv", b"", "header"),
        ("a.xlsx", b"no workbook", "must be"),
        ("a.csv", b"case_id,category,severity,action,reason\n" + b"x,y,1,z,w\n" * 5_001, "at most 5,000 rows"),
    ],
)
def test_what_is_no_such_table_is_refused(console: Console, name: str, content: bytes, why: str) -> None:
    answer = console.sign_in("ada").post("/upload", files={"file": (name, content)})
    assert answer.status_code == 422
    assert why in html.unescape(answer.text)
    assert "caseload-upload-" not in answer.text


def test_a_workbook_that_unpacks_to_more_than_a_spreadsheet_of_decisions_does_is_refused(console: Console) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * (201 * 1024 * 1024))
    answer = console.sign_in("ada").post("/upload", files={"file": ("bomb.xlsx", file.getvalue())})
    assert answer.status_code == 422
    assert "must unpack to at most 209,715,200 bytes (got bomb.xlsx" in answer.text


def test_rows_that_no_preview_made_are_refused(console: Console) -> None:
    ada = console.sign_in("ada")
    for rows in ("", "[{}]", '[{"number": 1}]', "no JSON"):
        assert ada.post("/upload/decide", data={"rows": rows}).status_code == 422
    assert ada.post("/upload/undo", data={"bulks": ["x"]}).status_code == 422
