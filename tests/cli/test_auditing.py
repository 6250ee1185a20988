from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture
def database(store: CaseStore) -> Path:
    for number in range(3):
        file_case(store, number)
    return Path(str(store._db.engine.url.database))  # noqa: SLF001 - to do what only somebody beside the store does


def spoil(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


def answered(run: Run, *arguments: Any, code: int = 0) -> dict[str, Any]:
    outcome = run(*arguments, "--json")
    assert outcome.code == code
    found: dict[str, Any] = json.loads(outcome.out)
    return found


@pytest.mark.usefixtures("database")
def test_events_are_sealed_and_the_chain_holds(run: Run):
    first = answered(run, "audit", "seal")
    assert (first["schema"], first["seals"], first["seal"], first["events"]) == ("caseload.audit-seal/1", 1, 1, 3)
    assert answered(run, "audit", "seal")["seals"] == 0
    head = answered(run, "audit", "head")
    assert (head["schema"], head["seal"], head["events"]) == ("caseload.audit-head/1", 1, 3)
    assert head["head"] == first["head"]
    found = answered(run, "audit", "verify")
    assert found == {
        "schema": "caseload.audit-verify/1", "holds": True, "seals": 1, "sealed": 3, "unsealed": 0, "unkeyed": 1,
        "head": head["head"], "wrong": None,
    }  # fmt: skip


@pytest.mark.usefixtures("database")
def test_people_read_the_same(run: Run):
    assert "nothing yet; run `caseload audit seal`" in run("audit", "head").out
    assert "unsealed  3 events" in run("audit", "verify").out
    assert "new seals: 1; 3 events are sealed" in run("audit", "seal").out
    assert "events  3" in run("audit", "head").out
    assert "seals     1 hold, 1 made without a key" in run("audit", "verify").out


def test_what_is_wrong_is_named_and_ends_with_1(run: Run, database: Path):
    run("audit", "seal")
    spoil(database, "DELETE FROM events WHERE seq = 2")
    outcome = run("audit", "verify")
    assert outcome.code == 1
    assert "seals     0 hold" in outcome.out
    assert "unsealed" not in outcome.out
    assert outcome.err.strip() == "caseload: event_removed: event 2, which seal 1 took in, is not there"
    wrong = answered(run, "audit", "verify", code=1)["wrong"]
    assert (wrong["what"], wrong["seal"], wrong["event"]) == ("event_removed", 1, 2)


def test_a_head_that_was_kept_must_be_in_the_chain(run: Run, database: Path, store: CaseStore, tmp_path: Path):
    run("audit", "seal")
    kept = tmp_path / "head.json"
    kept.write_text(run("audit", "head", "--json").out)
    file_case(store, 9)
    run("audit", "seal")
    assert run("audit", "verify", "--head", kept).code == 0
    spoil(database, "DELETE FROM seals")
    assert run("audit", "verify").code == 0
    assert answered(run, "audit", "verify", "--head", kept, code=1)["wrong"]["what"] == "cut_off"
    run("audit", "seal")
    assert answered(run, "audit", "verify", "--head", kept, code=1)["wrong"]["what"] == "rewritten"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "content", ["", "[]", '{"schema": "caseload.audit-head/1"}', '{"schema": "caseload.queue/1"}', "é"]
)
def test_a_file_that_is_no_head_is_refused(run: Run, tmp_path: Path, content: str):
    kept = tmp_path / "head.json"
    kept.write_text(content, encoding="latin-1")
    outcome = run("audit", "verify", "--head", kept)
    assert (outcome.code, outcome.out) == (2, "")
    assert "'--head' must be a file that `caseload audit head --json` wrote (got head.json" in outcome.err


@pytest.mark.usefixtures("database")
def test_a_head_that_is_not_there_is_said(run: Run, tmp_path: Path):
    outcome = run("audit", "verify", "--head", tmp_path / "none.json")
    assert outcome.code == 1
    assert "none.json' must be usable" in outcome.err


@pytest.mark.usefixtures("database")
def test_with_a_key_nothing_goes_on_without_it(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_AUDIT_KEY", KEY)
    run("audit", "seal")
    assert answered(run, "audit", "verify")["unkeyed"] == 0
    monkeypatch.setenv("CASELOAD_AUDIT_KEY", OTHER_KEY)
    assert answered(run, "audit", "verify", code=1)["wrong"]["what"] == "wrong_key"
    monkeypatch.delenv("CASELOAD_AUDIT_KEY")
    outcome = run("audit", "seal")
    assert outcome.code == 2
    assert "'CASELOAD_AUDIT_KEY' must be the key that seal 1 was made with (got none)" in outcome.err


@pytest.mark.usefixtures("database")
def test_a_chain_from_before_the_key_is_not_taken_for_one_with_it(run: Run, monkeypatch: pytest.MonkeyPatch):
    run("audit", "seal")
    monkeypatch.setenv("CASELOAD_AUDIT_KEY", KEY)
    assert answered(run, "audit", "verify", code=1)["wrong"]["what"] == "not_keyed"
    assert answered(run, "audit", "seal")["seals"] == 1
    assert answered(run, "audit", "verify")["unkeyed"] == 1


def test_a_key_that_is_none_is_refused_and_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_AUDIT_KEY", "hunter2hunter2")
    outcome = run("--debug", "audit", "seal")
    assert outcome.code == 2
    assert (
        "'CASELOAD_AUDIT_KEY' must be valid (Value error, it must be base64 of at least 32 random bytes"
        in outcome.err
    )
    assert "hunter2" not in outcome.err
