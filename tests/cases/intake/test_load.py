from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from cases.errors import InvalidInputError
from cases.intake import load as loading
from cases.intake.load import IntakeOptions, IntakeReport, load
from cases.intake.mapping import FieldMap
from cases.intake.readers import SourceOptions
from cases.record import CaseStatus
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from tests.cases.intake.conftest import NOON
from tests.cases.intake.tables import APPEAL, DECISION, REPORT, write_csv

ROWS = [
    REPORT | {"external_id": "T-1"} | DECISION | APPEAL,
    REPORT | {"external_id": "T-2", "description": ""},
    REPORT | {"external_id": "T-3", "reach": "12"},
]


def take_in(store: CaseStore | None, path: Path | str, taxonomy: Taxonomy, **options: object) -> IntakeReport:
    return load(store, str(path), taxonomy=taxonomy, actor="importer", options=IntakeOptions(**options))  # type: ignore[arg-type]  # options by name


def test_a_rejected_row_names_its_column_and_keeps_the_rest(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    report = take_in(store, write_csv(tmp_path / "reports.csv", ROWS), taxonomy)

    assert (report.read, report.accepted, report.created, report.decided, report.rejected) == (3, 2, 2, 1, 1)
    (rejection,) = report.rejections
    assert (rejection.row, rejection.column) == (3, "description")
    assert store.report_by_ref("import", "T-2") is None
    assert store.report_by_ref("import", "T-3") is not None


def test_what_was_decided_elsewhere_stands_in_the_record_with_its_appeal(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    take_in(store, write_csv(tmp_path / "reports.csv", ROWS), taxonomy)

    report = store.report_by_ref("import", "T-1")
    assert report is not None
    assert store.case(report.case_id).status is CaseStatus.DECIDED
    first, review = store.decisions(report.case_id)
    assert (first.verdict.action, first.decided_by) == ("remove_content", "petra")
    assert (review.verdict.action, review.decided_by, review.overturns) == ("educate", "kwame", True)
    assert store.queue_length() == 1


def test_the_same_file_twice_changes_nothing(store: CaseStore, taxonomy: Taxonomy, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "reports.csv", ROWS)
    take_in(store, path, taxonomy)

    again = take_in(store, path, taxonomy)

    assert (again.created, again.known, again.decided, again.decided_before) == (0, 2, 0, 1)
    assert len(list(store.rows("cases"))) == 2
    assert len(list(store.rows("decisions"))) == 2


@pytest.mark.parametrize("kind", ["xlsx", "jsonl", "parquet", "sql"])
def test_every_format_gives_the_same_record(store: CaseStore, taxonomy: Taxonomy, tmp_path: Path, kind: str) -> None:
    source, query = tmp_path / f"reports.{kind}", ""
    columns = list(dict.fromkeys(name for row in ROWS for name in row))
    filled = [{name: row.get(name) for name in columns} for row in ROWS]
    if kind == "jsonl":
        source.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(filled), source)
    elif kind == "xlsx":
        with xlsxwriter.Workbook(str(source)) as book:
            sheet = book.add_worksheet()
            for number, cells in enumerate([columns, *([row[name] for name in columns] for row in filled)]):
                sheet.write_row(number, 0, cells)
    else:
        connection = sqlite3.connect(source)
        connection.execute(f"CREATE TABLE reports ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO reports VALUES ({marks})", [tuple(row.values()) for row in filled])  # noqa: S608  a table of the test's own
        connection.commit()
        connection.close()
        query = "SELECT * FROM reports"
    url = f"sqlite:///{source}" if query else str(source)

    report = take_in(store, url, taxonomy, reading=SourceOptions(query=query))

    assert (report.read, report.created, report.decided, report.rejected) == (3, 2, 1, 1), report.rejections
    (queued,) = store.queue(10)
    assert queued.content.description == REPORT["description"]
    assert queued.content.attributes == {"reach": 12}
    assert queued.received_at.isoformat() == "2026-03-01T08:30:00+00:00"


def test_past_decisions_on_one_subject_stay_apart_and_the_undecided_report_does_too(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    subject = {"subject_kind": "course", "subject_ref": "C-7"}
    rows = [REPORT | subject | {"external_id": f"T-{n}"} | (DECISION if n < 3 else {}) for n in range(5)]

    report = take_in(store, write_csv(tmp_path / "reports.csv", rows), taxonomy)

    assert report.decided == 3
    statuses = sorted(row["status"] for row in store.rows("cases"))
    assert statuses == ["decided", "decided", "decided", "open"]  # the two undecided reports are one case


def test_rows_that_share_a_case_ref_are_one_case_with_one_decision(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    shared = REPORT | {"case_ref": "C-1"}
    rows = [
        shared | {"external_id": "T-1"} | DECISION,
        shared | {"external_id": "T-2", "description": "So do I say."},
        shared | {"external_id": "T-3"} | DECISION | {"action": "ban"},
    ]

    report = take_in(store, write_csv(tmp_path / "reports.csv", rows), taxonomy)

    assert (report.created, report.decided, report.decided_before) == (3, 1, 1)
    (case,) = store.rows("cases")
    assert "So do I say." in case["description"]
    (decision,) = store.rows("decisions")
    assert decision["action"] == "remove_content"


def test_neighbours_of_one_case_are_filed_before_its_decision_even_across_a_batch(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_ROWS", 2)
    rows = [REPORT | {"external_id": "T-0"}]
    rows += [
        REPORT | {"external_id": f"T-{n}", "case_ref": "C-1"} | (DECISION if n == 1 else {}) for n in range(1, 5)
    ]

    take_in(store, write_csv(tmp_path / "reports.csv", rows), taxonomy)

    (decision,) = store.rows("decisions")
    case = store.case(decision["case_id"])
    assert case.content.version == 4
    assert decision["content_id"] == case.content.id


def test_progress_is_told_after_each_batch_and_at_the_end(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_ROWS", 2)
    told: list[tuple[int, float | None]] = []
    rows = [REPORT | {"external_id": f"T-{n}"} for n in range(5)]
    path = write_csv(tmp_path / "reports.csv", rows)

    load(store, str(path), taxonomy=taxonomy, actor="me", progress=lambda rows, share: told.append((rows, share)))

    assert [rows for rows, _ in told] == [3, 5, 5, 5]
    assert told[-1] == (5, 1.0)


def test_columns_that_feed_nothing_are_named(store: CaseStore, taxonomy: Taxonomy, tmp_path: Path) -> None:
    csv_path = write_csv(tmp_path / "reports.csv", [REPORT | {"rubric_category": "privacy"}])
    json_path = tmp_path / "reports.jsonl"
    json_path.write_text(json.dumps(REPORT | {"rubric_category": "privacy"}) + "\n" + json.dumps({"agent": 1}) + "\n")

    assert take_in(store, csv_path, taxonomy).ignored_columns == ("rubric_category",)
    assert take_in(store, json_path, taxonomy).ignored_columns == ("rubric_category", "agent")


def test_the_report_keeps_the_first_thousand_rejections_and_the_file_all(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    rows = [REPORT | {"external_id": f"T-{n}", "=received": "x", "reach": "-1"} for n in range(1_200)]
    path, rejects = write_csv(tmp_path / "reports.csv", rows), tmp_path / "rejects.csv"

    report = take_in(
        store, path, taxonomy, rejects=rejects, field_map=FieldMap({"decided_at": "=received"}), source="zendesk"
    )

    assert (report.rejected, len(report.rejections)) == (1_200, 1_000)
    with rejects.open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 1_200
    assert written[0] == {
        "row": "2",
        "column": "reach",
        "length": "2",
        "kind": "text",
        "expected": "a whole number of 0 or more, written like 1250",
    }


def test_a_file_that_breaks_off_keeps_what_came_before_and_says_so(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "reports.csv", ROWS)
    with path.open("a") as file:
        file.write('T-9,"never closed\n')

    report = take_in(store, path, taxonomy)

    assert report.stopped
    assert report.rejections[-1].final
    assert report.created == 2


def test_a_header_with_a_fault_stores_nothing(store: CaseStore, taxonomy: Taxonomy, tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "external_id"} for row in ROWS]
    path = write_csv(tmp_path / "reports.csv", rows)

    with pytest.raises(InvalidInputError, match="--external-id-from-row"):
        take_in(store, path, taxonomy)
    assert list(store.rows("cases")) == []

    first = take_in(store, path, taxonomy, external_id_from_row=True)
    again = take_in(store, path, taxonomy, external_id_from_row=True)

    # Rows that say the same, at the same time, are the same report; here two differ in nothing but a signal.
    assert (first.created, first.known, again.created) == (1, 1, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timezone": "Mars/Olympus"}, "'timezone' must be an IANA name"),
        ({"timezone": "../etc/passwd"}, "'timezone' must be an IANA name"),
        ({"source": " "}, "'source' must be 1 to 100 characters"),
        ({"rejects": Path("/nowhere/rejects.csv")}, "'rejected' must be where a file can be written"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_anything_is_read(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    path = write_csv(tmp_path / "reports.csv", ROWS)

    with pytest.raises(InvalidInputError, match=message):
        take_in(store, path, taxonomy, **options)
    assert list(store.rows("cases")) == []


def test_intake_works_on_each_database(store_url: str, taxonomy: Taxonomy, tmp_path: Path) -> None:
    text = "\U0001f600 " + "\u0142" * 70_000 + " \x00"
    rows = [*ROWS, REPORT | {"external_id": "T-4", "description": text}]
    path = write_csv(tmp_path / "reports.csv", rows)

    with CaseStore.open(store_url, lambda: NOON) as opened:
        first, again = take_in(opened, path, taxonomy), take_in(opened, path, taxonomy)
        stored = opened.report_by_ref("import", "T-4")
        assert stored is not None
        assert opened.case(stored.case_id).content.description == text.replace("\x00", "")

    assert (first.created, first.decided, first.dropped_characters) == (3, 1, 1)
    assert (again.known, again.decided_before) == (3, 1)


@pytest.mark.parametrize("hours", [1e12, float("nan")])
def test_hours_that_no_calendar_holds_are_refused_before_anything_is_read(taxonomy: Taxonomy, hours: float) -> None:
    options = IntakeOptions(gather_hours=hours, dry_run=True)
    with pytest.raises(InvalidInputError, match=r"'gather_hours' must be from 0 to 8,760 hours") as caught:
        load(None, "nowhere.csv", taxonomy=taxonomy, actor="test", options=options)
    assert caught.value.field == "gather_hours"


def test_rows_that_say_the_same_are_one_case_only_when_that_is_asked_for(
    store: CaseStore, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    rows = [
        {"external_id": str(number), "description": "The same words", "received_at": "2026-03-01T09:30:00Z"}
        for number in range(3)
    ]
    table = write_csv(tmp_path / "first.csv", rows)
    load(store, str(table), taxonomy=taxonomy, actor="test")
    assert store.queue_length() == 3
    again = write_csv(tmp_path / "second.csv", [{**row, "external_id": f"b{row['external_id']}"} for row in rows])
    load(store, str(again), taxonomy=taxonomy, actor="test", options=IntakeOptions(gather_hours=72))
    assert store.queue_length() == 4
