from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case

HEADER = "external_id,title,description,received_at,channel\n"
GOOD = "T-1,A title,The lecture is my book,2026-03-01T09:30:00Z,email\n"
WORDS = "Zoltan the student wrote this"


@pytest.fixture
def table(tmp_path: Path):
    def write(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(header + "".join(rows), encoding="utf-8")
        return path

    return write


def test_import_takes_reports_in_and_a_second_time_knows_them(run: Run, store: CaseStore, table):
    path = table(GOOD)
    outcome = run("import", path, "--source", "desk")
    assert outcome.code == 0
    assert "1 rows read, 1 accepted: 1 new, 0 known" in outcome.out
    assert store.report_by_ref("desk", "T-1") is not None
    assert "0 new, 1 known" in run("import", path, "--source", "desk").out


@pytest.mark.parametrize("hours", ["1e12", "8760.5", "inf", "nan", "-1", "-inf"])
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_hours_to_gather_within_that_cannot_be_are_refused_and_nothing_is_stored(
    run: Run, store: CaseStore, table, hours: str, dry: tuple[str, ...]
):
    outcome = run("import", table(GOOD), "--gather-hours", hours, *dry)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "'--gather-hours' must be from 0 to 8,760 hours (got " in outcome.err
    assert store.queue_length() == 0


def test_a_rejected_row_is_code_3_named_without_its_words_and_the_rest_is_kept(run: Run, store: CaseStore, table):
    outcome = run("import", table(GOOD, f"T-2,x,{WORDS},yesterday,email\n"))
    assert outcome.code == 3
    assert store.queue_length() == 1
    assert "received_at" in outcome.err
    assert "text of length 9" in outcome.err
    assert WORDS not in outcome.out + outcome.err
    assert "yesterday" not in outcome.out + outcome.err


@pytest.mark.usefixtures("store")
def test_rejected_rows_go_to_a_file(run: Run, table, tmp_path: Path):
    out = tmp_path / "rejected.csv"
    run("import", table(*(f"T-{n},x,text,when,email\n" for n in range(30))), "--rejected", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == [str(n) for n in range(2, 32)]
    assert {row["column"] for row in rows} == {"received_at"}


@pytest.mark.usefixtures("store")
def test_many_rejected_rows_are_cut_short_on_the_screen(run: Run, table):
    outcome = run("import", table(*(f"T-{n},x,text,when,email\n" for n in range(30))))
    assert "… and 10 more" in outcome.err


def test_a_dry_run_stores_nothing(run: Run, store: CaseStore, table):
    outcome = run("import", table(GOOD), "--dry-run")
    assert "1 would be stored (dry run)" in outcome.out
    assert store.queue_length() == 0


@pytest.mark.usefixtures("store")
def test_import_answers_json_alone_on_stdout(run: Run, table):
    outcome = run("import", table(GOOD, "T-2,x,,2026-03-01T09:30:00Z,email\n"), "--json")
    answer = json.loads(outcome.out)
    assert outcome.code == 3
    assert answer["schema"] == "caseload.import/1"
    assert (answer["read"], answer["created"], answer["rejected"]) == (2, 1, 1)
    assert answer["rejections"][0]["column"] == "description"


def test_columns_are_mapped_by_option_over_file(run: Run, store: CaseStore, table, tmp_path: Path):
    mapping = tmp_path / "map.yaml"
    mapping.write_text("external_id: nr\ndescription: nowhere\nreceived_at: at\n", encoding="utf-8")
    path = table("7,The text,2026-03-01 10:00\n", header="nr,body,at\n")
    outcome = run("import", path, "--mapping", mapping, "--map", "description=body", "--timezone", "Europe/Berlin")
    assert outcome.code == 0, outcome.err
    (case,) = store.queue(10)
    assert case.content.description == "The text"
    assert case.received_at.isoformat() == "2026-03-01T09:00:00+00:00"


def test_import_reads_a_query(run: Run, store: CaseStore, tmp_path: Path):
    path = tmp_path / "desk.db"
    with sqlite3.connect(path) as desk:
        desk.execute("CREATE TABLE tickets (id TEXT, body TEXT, at TEXT)")
        desk.execute("INSERT INTO tickets VALUES ('9', 'Words', '2026-03-01T09:30:00Z')")
    desk.close()
    outcome = run(
        "import",
        f"sqlite:///{path}",
        "--query",
        "SELECT id AS external_id, body AS description, at AS received_at FROM tickets",
    )
    assert outcome.code == 0, outcome.err
    assert store.report_by_ref("import", "9") is not None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.csv"], "'source' must be a file"),
        (["{table}", "--map", "description=Body"], "'map' must name columns of the source (got 'Body'"),
        (["{table}", "--map", "words=description"], "'map' must name a field"),
        (["{table}", "--mapping", "none.yaml"], "'mapping' must be a readable file"),
        (["{table}", "--timezone", "Mars/Base"], "'timezone' must be an IANA name"),
        (["{table}", "--query", "SELECT 1"], "'query' must come with a database's URL"),
        (["{table}", "--format", "pdf"], "'format' must be one of"),
        (["{table}", "--rejected", "/nowhere/x.csv"], "must be where a file can be written"),
    ],
)
def test_import_refuses_what_it_cannot_use(run: Run, store: CaseStore, table, arguments: list[str], says: str):
    path = table(GOOD)
    outcome = run("import", *(argument.format(table=path) for argument in arguments))
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.err.count("\n") == 1
    assert store.queue_length() == 0


def test_export_writes_a_file_and_states_its_rows(run: Run, store: CaseStore, tmp_path: Path):
    file_case(store, 1, text="=1+1")
    out = tmp_path / "cases.csv"
    outcome = run("export", "cases", "-o", out)
    assert "1 rows, 1 texts guarded against being run as a formula" in outcome.out
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["description"] == "'=1+1"


def test_export_answers_json(run: Run, store: CaseStore, tmp_path: Path):
    file_case(store, 1)
    answer = json.loads(run("export", "cases", "-o", tmp_path / "cases.parquet", "--json").out)
    assert (answer["schema"], answer["rows"], answer["guarded_cells"]) == ("caseload.export/1", 1, 0)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["people", "-o", "x.csv"], "'name' must be one of cases, decisions, scores"),
        (["cases", "-o", "x.pdf"], "'format' must be one of"),
        (["cases", "-o", "nowhere/x.csv"], "'path' must be in a folder that exists"),
    ],
)
def test_export_refuses_what_it_cannot_write(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], says: str
):
    monkeypatch.chdir(tmp_path)
    outcome = run("export", *arguments)
    assert outcome.code == 2
    assert says in outcome.err


def test_a_view_is_shown_or_written(run: Run, store: CaseStore, tmp_path: Path):
    assert "no rows yet" in run("view", "overturns").out
    file_case(store, 1)
    (decided, lease), out = store.claim_next("mei", 60) or pytest.fail("nothing to claim"), tmp_path / "overturns.csv"
    run("decide", decided.id, "--as", "mei", "--token", lease.token, "--category", "hate", "--severity", 2,
        "--action", "warn", "--reason", "clear_breach")  # fmt: skip
    shown = run("view", "overturns").out
    assert "overturned_share" in shown
    assert "hate" in shown
    assert "1 rows" in run("view", "overturns", "-o", out).out
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [(row["category"], row["decisions"]) for row in csv.DictReader(file)] == [("hate", "1")]


@pytest.mark.usefixtures("store")
def test_an_unknown_view_is_refused_with_those_there_are(run: Run):
    outcome = run("view", "everything")
    assert outcome.code == 2
    assert "volume_by_category_week, overturns, first_touch_sla" in outcome.err


@pytest.mark.usefixtures("store")
def test_the_seed_can_be_imported(run: Run, tmp_path: Path):
    outcome = run("seed", tmp_path / "seed")
    assert "rows of past cases" in outcome.out
    assert run("import", tmp_path / "seed" / "incoming.csv", "--dry-run").code == 0
