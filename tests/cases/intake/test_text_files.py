from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cases.errors import InvalidInputError
from cases.intake import text_files
from cases.intake.readers import SourceOptions, open_table
from cases.intake.table import RawRow, Rejection


def read(path: Path, **options: str) -> list[RawRow | Rejection]:
    with open_table(str(path), SourceOptions(**options)) as table:
        return list(table.rows)


def cells(path: Path, **options: str) -> list[dict[str, object]]:
    rows = read(path, **options)
    assert all(isinstance(row, RawRow) for row in rows), rows
    return [dict(row.cells) for row in rows if isinstance(row, RawRow)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-with-mark", "utf-16-be-with-mark", "utf-32"]
)
def test_a_csv_with_a_byte_order_mark_or_in_utf_8_needs_no_option(tmp_path: Path, encoding: str) -> None:
    codec = encoding.removesuffix("-with-mark")
    mark = "\ufeff" if encoding.endswith("mark") else ""
    path = tmp_path / "reports.csv"
    path.write_bytes(f"{mark}id,text\n1,Grüße aus Łódź\n".encode(codec))

    assert cells(path) == [{"id": "1", "text": "Grüße aus Łódź"}]


def test_an_old_windows_file_is_read_when_its_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes("id;text\n1;für 5 €\n".encode("cp1252"))

    assert cells(path, encoding="cp1252") == [{"id": "1", "text": "für 5 €"}]


def test_a_row_in_the_wrong_encoding_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"id,text\n1,plain\n2,f\xfcr\n3,more\n")

    first, second, third = read(path)

    assert isinstance(first, RawRow)
    assert second == Rejection(
        3,
        "text",
        3,
        "text with bytes that are not utf-8",
        "text in utf-8; or say --encoding, for a file of Excel on Windows most likely cp1252",
    )
    assert third == RawRow(4, {"id": "3", "text": "more"})


def test_a_header_in_the_wrong_encoding_stops_with_the_option_to_say(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes("id,Gründe\n1,x\n".encode("cp1252"))

    with pytest.raises(InvalidInputError, match=r"'source' must begin with a header in utf-8.*--encoding"):
        read(path)


def test_bytes_that_end_a_wide_encoding_early_stop_at_their_row(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes("id,text\n1,a\n2,b\n".encode("utf-16") + b"3")

    rows = read(path)

    assert isinstance(rows[-1], Rejection)
    assert rows[-1].final
    assert rows[-1].row in (3, 4)


def test_an_encoding_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("id\n1\n")

    with pytest.raises(InvalidInputError, match="'encoding' must be one that Python knows \\(got 'utf-9'\\)"):
        read(path, encoding="utf-9")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_from_the_header(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(f'id{delimiter}text{delimiter}"a,b;c"\n1{delimiter}"x{delimiter}y"{delimiter}z\n')

    assert cells(path) == [{"id": "1", "text": f"x{delimiter}y", "a,b;c": "z"}]


def test_a_delimiter_of_ones_own_is_said_and_must_be_one_character(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("id^text\n1^x\n")

    assert cells(path, delimiter="^") == [{"id": "1", "text": "x"}]
    with pytest.raises(InvalidInputError, match="'delimiter' must be one character \\(got 2\\)"):
        read(path, delimiter="^^")


def test_lines_within_quotation_marks_belong_to_their_cell_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b'id,text\r\n1,"one\r\ntwo\nthree ""quoted"""\r\n')

    assert cells(path) == [{"id": "1", "text": 'one\r\ntwo\nthree "quoted"'}]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text('id,text\n1,"a\nb"\n\n,\n2,c\n')

    assert [row.number for row in read(path) if isinstance(row, RawRow)] == [2, 5]


def test_a_short_row_lacks_its_last_cells_and_a_long_one_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("id,text,more\n1,a\n2,b,c,d\n3,e,f\n")

    assert read(path) == [
        RawRow(2, {"id": "1", "text": "a"}),
        Rejection(3, "", 4, "cells", "3 cells, as the header has"),
        RawRow(4, {"id": "3", "text": "e", "more": "f"}),
    ]


@pytest.mark.parametrize("broken", ['3,"never closed\n4,d\n', '3,"closed"too early\n4,d\n'])
def test_after_broken_quotation_nothing_is_read(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("id,text\n1,a\n2,b\n" + broken)

    rows = read(path)

    assert [row.number for row in rows[:2] if isinstance(row, RawRow)] == [2, 3]
    assert isinstance(rows[2], Rejection)
    assert (rows[2].row, rows[2].final, len(rows)) == (4, True, 3)


def test_a_quotation_mark_left_open_does_not_eat_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "LONGEST_CELL", 200_000)
    limit = csv.field_size_limit(1_000)
    try:
        path = tmp_path / "reports.csv"
        path.write_text('id,text\n1,"open ' + "word " * 50_000 + '"\n')

        (row,) = read(path)
    finally:
        csv.field_size_limit(limit)

    assert isinstance(row, Rejection)
    assert row.final


@pytest.mark.parametrize(
    ("header", "fault"),
    [("", "begin with a header"), (",,", "begin with a header"), ("id,text,id", "at columns 1, 3")],
)
def test_a_header_must_name_each_column_once(tmp_path: Path, header: str, fault: str) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(header + "\n1,2,3\n")

    with pytest.raises(InvalidInputError, match=fault):
        read(path)


def test_a_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(",id , text\n0,1,a\n")

    assert cells(path) == [{"id": "1", "text": "a"}]


def test_json_lines_keep_their_types(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1, "attributes": {"reach": 20}}\n\n{"id": "x", "text": "a\\u2028b"}\r\n')

    assert read(path) == [
        RawRow(1, {"id": 1, "attributes": {"reach": 20}}),
        RawRow(3, {"id": "x", "text": "a\u2028b"}),
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"{broken", "text"),
        (b'{"a": NaN}', "text"),
        (b"[1, 2]", "list"),
        (b'"words"', "text"),
        (b"null", "nothing"),
        (b"[" * 100_000, "text"),
        (b"1" * 5_000, "text"),
        (b'{"a": "\xff"}', "text with bytes that are not utf-8"),
    ],
)
def test_a_line_that_is_no_object_is_rejected_and_the_others_are_read(tmp_path: Path, line: bytes, kind: str) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_bytes(b'{"id": 1}\n' + line + b'\n{"id": 2}\n')

    first, second, third = read(path)

    assert isinstance(first, RawRow)
    assert isinstance(second, Rejection)
    assert (second.row, second.kind, second.final) == (2, kind, False)
    assert third == RawRow(3, {"id": 2})


def test_a_line_without_end_is_measured_and_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "LONGEST_LINE", 100)
    path = tmp_path / "reports.jsonl"
    path.write_text('{"text": "' + "a" * 989 + '"}\n{"id": 2}\n')

    long, short = read(path)

    assert long == Rejection(1, "", 1_002, "text", "a line of at most 100 characters")
    assert short == RawRow(2, {"id": 2})
