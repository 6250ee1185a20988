from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from sqlalchemy import create_engine, text

from cases.errors import InvalidInputError, StoreUnavailableError
from cases.intake.readers import SourceOptions, open_table
from cases.intake.table import RawRow, Rejection
from cases.store.engine import database_url


def read(source: Path | str, **options: str) -> list[RawRow | Rejection]:
    with open_table(str(source), SourceOptions(**options)) as table:
        return list(table.rows)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "reports.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Notes")
        sheet.write(2, 1, "id")
        sheet.write(2, 2, "text")
        sheet.write(2, 3, "when")
        sheet.write(3, 1, 17)
        sheet.write_string(3, 2, "first")
        sheet.write_datetime(
            3,
            3,
            datetime(2026, 3, 1, 9, 30),  # noqa: DTZ001
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
        sheet.write(5, 1, 18.5)
        sheet.write(5, 2, True)  # noqa: FBT003
        other = book.add_worksheet("Archive")
        other.write(0, 0, "id")
        other.write(1, 0, "old")
        book.add_worksheet("Empty")
    return path


def test_excel_is_read_from_its_first_sheet_wherever_the_table_begins(workbook: Path) -> None:
    first, second = read(workbook)

    assert first == RawRow(4, {"id": 17.0, "text": "first", "when": datetime(2026, 3, 1, 9, 30)})  # noqa: DTZ001
    assert second == RawRow(6, {"id": 18.5, "text": True, "when": ""})


def test_excel_is_read_from_the_sheet_that_is_said(workbook: Path) -> None:
    assert read(workbook, sheet="Archive") == [RawRow(2, {"id": "old"})]
    with pytest.raises(InvalidInputError, match="'sheet' must be one of 'Notes', 'Archive', 'Empty'"):
        read(workbook, sheet="notes")
    with pytest.raises(InvalidInputError, match="a sheet with a header row"):
        read(workbook, sheet="Empty")


def test_parquet_keeps_its_types_and_drops_what_is_finer_than_a_microsecond(tmp_path: Path) -> None:
    path = tmp_path / "reports.parquet"
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int64()),
            "when": pa.array([1_772_357_400_000_000_001, None], pa.timestamp("ns", "UTC")),
            "amount": pa.array([Decimal("1.50"), None]),
            "attributes": pa.array([{"reach": 5}, None]),
        }
    )
    pq.write_table(table, path, row_group_size=1)

    first, second = read(path)

    assert isinstance(first, RawRow)
    assert first.number == 1
    assert first.cells["when"] == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert first.cells["amount"] == Decimal("1.50")
    assert first.cells["attributes"] == {"reach": 5}
    assert second == RawRow(2, {"id": 2, "when": None, "amount": None, "attributes": None})


def test_parquet_that_is_damaged_further_on_stops_there(tmp_path: Path) -> None:
    path = tmp_path / "reports.parquet"
    pq.write_table(
        pa.table({"id": [str(n) * 50 for n in range(3_000)]}), path, row_group_size=1_000, compression="gzip"
    )
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle - 3_000 : middle + 3_000] = b"\x00" * 6_000
    path.write_bytes(whole)

    rows = read(path)

    assert isinstance(rows[-1], Rejection)
    assert rows[-1].final
    assert len(rows) < 3_001


@pytest.mark.parametrize(
    ("name", "must"), [("reports.xlsx", "an Excel or ODS file"), ("reports.parquet", "a Parquet file")]
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str, must: str) -> None:
    path = tmp_path / name
    path.write_text("id,text\n1,a\n")

    with pytest.raises(InvalidInputError, match=f"'source' must be {must}"):
        read(path)


def test_a_file_of_another_ending_is_read_as_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "reports.dat"
    path.write_text("id\n1\n")

    assert read(path, format="csv") == [RawRow(2, {"id": "1"})]
    with pytest.raises(InvalidInputError, match=r"'source' must end in one of \.csv.*got '\.dat'.*--format"):
        read(path)
    with pytest.raises(InvalidInputError, match="'format' must be one of csv, excel"):
        read(path, format="xml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"absent\.csv: there is none"):
        read(tmp_path / "absent.csv")


def test_how_far_reading_has_come_is_known_of_files(tmp_path: Path, workbook: Path) -> None:
    csv_path, parquet_path = tmp_path / "r.csv", tmp_path / "r.parquet"
    csv_path.write_text("id\n" + "1\n" * 50_000)
    pq.write_table(pa.table({"id": list(range(4))}), parquet_path)

    for path in (csv_path, parquet_path, workbook):
        with open_table(str(path)) as table:
            next(table.rows)
            begun = table.share()
            list(table.rows)
            assert begun is not None
            assert begun < 1.0
            assert table.share() == 1.0


def test_a_query_is_streamed_from_any_of_our_databases(empty_url: str) -> None:
    engine = create_engine(database_url(empty_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE tickets (id INTEGER PRIMARY KEY, body VARCHAR(100))"))
        connection.execute(text("INSERT INTO tickets VALUES (1, 'half of it: 50%'), (2, 'at \\:noon')"))
    engine.dispose()

    rows = read(empty_url, query="SELECT id, body AS text FROM tickets WHERE body LIKE '%o%' ORDER BY id")

    assert rows == [
        RawRow(1, {"id": 1, "text": "half of it: 50%"}),
        RawRow(2, {"id": 2, "text": "at :noon"}),
    ]


def test_a_query_that_changes_something_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "foreign.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2);")
    connection.close()
    url = f"sqlite:///{path}"

    read(url, query="DELETE FROM t RETURNING id")

    assert len(read(url, query="SELECT id FROM t")) == 2
    with pytest.raises(InvalidInputError, match="'query' must return rows"):
        read(url, query="DELETE FROM t")
    assert len(read(url, query="SELECT id FROM t")) == 2


def test_a_wrong_query_is_told_apart_from_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/foreign.db"

    with pytest.raises(InvalidInputError, match=r"'query' must be SQL that the database runs.*no such table: absent"):
        read(url, query="SELECT * FROM absent")
    with pytest.raises(StoreUnavailableError, match="'source' must be a database that answers") as caught:
        read("postgresql://someone:secret@127.0.0.1:1/none", query="SELECT 1")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("sqlite:///x.db", {}, "'query' must come with a database's URL.*a database without a query"),
        ("reports.csv", {"query": "SELECT 1"}, "a query for a file of csv"),
        ("nonsense://x", {"query": "SELECT 1"}, "driver is installed"),
        ("://", {"query": "SELECT 1"}, "'source' must be a database's URL"),
    ],
)
def test_a_query_and_a_databases_url_belong_together(source: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read(source, **options)
