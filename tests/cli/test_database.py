from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case


def test_upgrade_makes_the_database_and_says_when_there_is_nothing_to_do(run: Run, home: Path):
    assert "empty → 0016" in run("db", "upgrade").out
    assert (home / "cases.db").is_file()
    assert "at 0016 already" in run("db", "upgrade").out


def test_upgrade_registers_the_policys_deadlines(run: Run, home: Path):
    run("db", "upgrade")
    with CaseStore.open(f"sqlite:///{home / 'cases.db'}") as store:
        assert store.view("first_touch_sla") == []


def test_status_says_what_is_missing_and_ends_with_1(run: Run):
    outcome = run("db", "status", "--json")
    assert outcome.code == 1
    answer = json.loads(outcome.out)
    assert (answer["schema"], answer["ready"], answer["revision"]) == ("caseload.db-status/1", False, None)
    assert "run `caseload db upgrade`" in outcome.err


def test_status_counts_what_waits_and_names_the_champion(run: Run, store: CaseStore):
    file_case(store, 1)
    store.promote_champion("caseload-default", "3", "a" * 64, by="test")
    answer = json.loads(run("db", "status", "--json").out)
    assert (answer["ready"], answer["undecided"], answer["champion"]) == (True, 1, "caseload-default/3")
    assert "undecided  1" in run("db", "status").out


def test_downgrade_asks_first_and_does_nothing_without_a_yes(run: Run, store: CaseStore, answer):
    case = file_case(store, 1)
    answer("n")
    outcome = run("db", "downgrade", "base")
    assert outcome.code == 130
    assert store.case(case.id) == case


def test_downgrade_where_nobody_answers_does_nothing(run: Run, store: CaseStore, answer):
    answer()
    assert run("db", "downgrade", "base").code != 0
    assert store.queue_length() == 0


@pytest.mark.usefixtures("store")
def test_downgrade_to_base_and_up_again(run: Run):
    assert "now at empty" in run("db", "downgrade", "base", "--yes").out
    assert run("queue").code == 1
    assert run("db", "upgrade").code == 0
    assert "the queue is empty" in run("queue").out


def test_an_unknown_revision_is_refused(run: Run, store: CaseStore):
    outcome = run("db", "downgrade", "nonsense", "--yes")
    assert outcome.code == 2
    assert "'revision' must be one of this version's migrations" in outcome.err
    assert store.queue_length() == 0


def test_a_row_that_refers_to_none_stops_a_migration_and_nothing_is_changed(run: Run, home: Path):
    run("db", "upgrade")
    with closing(sqlite3.connect(home / "cases.db")) as connection, connection:
        # Python's own SQLite does not look after references, as other programs that write to the file may not.
        connection.execute("INSERT INTO report_identities VALUES ('none', 'u-1')")
    before = json.loads(run("db", "status", "--json").out)["revision"]
    outcome = run("db", "downgrade", "0003", "--yes")
    assert (outcome.code, outcome.out) == (1, "")
    assert "references whole (got 1 astray, the first in report_identities); nothing was changed" in outcome.err
    assert outcome.err.count("\n") == 1
    assert json.loads(run("db", "status", "--json").out)["revision"] == before
