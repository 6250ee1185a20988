"""`caseload erase` and `caseload retain`: a preview unless told otherwise, and `--finish` afterwards."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.erasure import ErasureKind, Place
from cases.record import CaseStatus
from cases.store import CaseStore
from tests.cases.store.builders import decide, file_one
from tests.cli.conftest import Run, home, run, store
from tests.privacy.canaries import Canaries, files_under, hits, rows_with
from tests.privacy.persons import file_theirs

__all__ = ["home", "run", "store"]


def url_of(store: CaseStore) -> str:
    return store._db.engine.url.render_as_string(hide_password=False)  # noqa: SLF001 - to read all tables


def test_a_preview_changes_nothing_and_yes_erases(run: Run, store: CaseStore, home: Path, canaries: Canaries) -> None:
    case, other = file_theirs(store, canaries), file_one(store, 9)
    home.mkdir()
    export = home / "cases.csv"
    assert run("export", "cases", "-o", export).code == 0
    assert run("export", "cases", "-o", home / "cases.jsonl").code == 0
    # Somebody's own file, and none of ours.
    (home / "notes.csv").write_text("id,title\n1,what we do about refunds\n")
    elsewhere = home.parent / "cases.csv"
    assert run("export", "cases", "-o", elsewhere).code == 0
    told = run("erase", "--reporter", canaries.reporter)
    assert told.code == 0
    assert "1  texts" in told.out
    assert f"would be removed: {export}" in told.out
    assert store.case(case.id).content.description

    done = run("erase", "--reporter", canaries.reporter, "--yes", "--as", "root", "--json")

    answer = json.loads(done.out)
    assert (done.code, answer["schema"], answer["erased"], answer["pending"]) == (0, "caseload.erasure/1", True, [])
    assert answer["counts"] == {
        "cases": 1, "contents": 1, "identities": 1, "fingerprints": 1, "reports": 1, "exports": 2,
    }  # fmt: skip
    assert store.erasure(answer["erasure_id"]).by == "root"
    assert rows_with(canaries, url_of(store)) == []
    assert hits(canaries, files_under(home)) == []
    assert [path.name for path in home.glob("*.csv")] == ["notes.csv"]
    assert store.case(other.id).status is CaseStatus.OPEN
    # Out of reach, as docs/privacy.md says.
    assert hits(canaries, [elsewhere]) != []


def test_a_name_can_be_read_from_stdin_so_that_no_shell_keeps_it(
    run: Run, store: CaseStore, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = file_theirs(store, canaries)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{canaries.reporter}\n"))
    assert run("erase", "--reporter", "-", "--yes").code == 0
    assert store.case(case.id).status is CaseStatus.ERASED


def test_a_case_a_subject_and_a_report_are_found_by_their_names(
    run: Run, store: CaseStore, canaries: Canaries
) -> None:
    cases = [
        file_theirs(store, canaries, 1),
        file_theirs(store, canaries, 2, subject_kind="user", subject_ref=f"{canaries.subject}:1"),
        file_theirs(store, canaries, 3, external_id=f"{canaries.external_id}:3"),
    ]
    for arguments in (
        ("--case", cases[0].id),
        ("--subject", f"user:{canaries.subject}:1"),
        ("--report", f"helpdesk:{canaries.external_id}:3"),
    ):
        assert run("erase", *arguments, "--yes").code == 0
    assert {store.case(case.id).status for case in cases} == {CaseStatus.ERASED}
    assert rows_with(canaries, url_of(store)) == []


def test_nothing_to_erase_is_said(run: Run, store: CaseStore) -> None:
    file_one(store)
    assert run("erase", "--reporter", "nobody").out == "nothing would be erased\n"
    assert run("erase", "--reporter", "nobody", "--yes").out == "nothing was there to erase\n"
    assert (run("erase").code, run("erase", "--case", "x", "--finish").code) == (2, 2)


def test_what_was_begun_elsewhere_is_finished(run: Run, store: CaseStore, canaries: Canaries) -> None:
    case = file_theirs(store, canaries)
    begun = store.begin_erasure(ErasureKind.REPORTER, by="admin", case_ids=[case.id])
    assert begun.pending == tuple(Place)
    answer = json.loads(run("erase", "--finish", "--json").out)
    assert (answer["finished"], answer["left"]) == (1, 0)
    assert store.erasure(begun.id).finished_at is not None


def test_an_away_tracker_leaves_the_rows_erased_and_says_what_to_do(
    run: Run, store: CaseStore, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = file_theirs(store, canaries)
    monkeypatch.setenv("CASELOAD_TRACKING_URI", "http://127.0.0.1:1")
    outcome = run("erase", "--case", case.id, "--yes")
    assert outcome.code == 1
    assert "yet to be reached: tracker; run `caseload erase --finish`" in outcome.err
    assert rows_with(canaries, url_of(store)) == []


def test_retention_counts_from_the_decision_and_leaves_the_undecided(
    run: Run, store: CaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided, waiting = file_one(store, 1, reporter="r"), file_one(store, 2, reporter="r")
    decide(store, decided.id, note="n")
    assert "nothing is ever due" in run("retain").out
    monkeypatch.setenv("CASELOAD_RETAIN_DAYS_IDENTITY", "1")
    told = json.loads(run("retain", "--json").out)
    assert (told["erased"], told["counts"]) == (False, {"identities": 2, "cases": 2})
    monkeypatch.setenv("CASELOAD_RETAIN_DAYS_TEXT", "30")
    assert json.loads(run("retain", "--yes", "--json").out)["counts"] == {"identities": 2, "cases": 2}
    monkeypatch.setattr("cases.clock.utc_now", lambda: datetime.now(UTC) + timedelta(days=31))
    done = json.loads(run("retain", "--yes", "--json").out)
    assert (done["counts"]["contents"], done["counts"]["notes"], done["pending"]) == (1, 1, [])
    assert [store.case(case.id).content.description for case in (decided, waiting)] == ["", "description 2"]
    assert store.unfinished_erasures() == []
