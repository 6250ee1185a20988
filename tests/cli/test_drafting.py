from __future__ import annotations

import json
from pathlib import Path

import pytest

from cases.decision import Verdict
from cases.ids import CaseId
from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case

TEXT = "Every night he writes to me, and he knows the church bell of my village."
STALKING = Verdict("harassment", 2, "suspend", "clear_breach", "stalking")


def decided(store: CaseStore, verdict: Verdict = STALKING) -> CaseId:
    case = file_case(store, 1, text=TEXT)
    claimed = store.claim(case.id, "ada", 60)
    assert claimed is not None
    store.decide(case.id, verdict, holder="ada", token=claimed[1].token)
    return case.id


def test_the_words_are_shown_and_what_is_still_to_be_filled_in_is_said(run: Run, store: CaseStore):
    outcome = run("draft", decided(store), "--audience", "subject")
    assert outcome.code == 0, outcome.err
    assert "We have suspended your account." in outcome.out
    assert "error: Something is still to be filled in." in outcome.out
    assert "church" not in outcome.out
    assert "ada" not in outcome.out.split()


def test_the_statement_comes_with_its_record(run: Run, store: CaseStore):
    case_id = decided(store)
    outcome = run("draft", case_id, "--audience", "statement", "--content-date", "2026-02-03", "--json")
    answer = json.loads(outcome.out)
    assert (answer["schema"], answer["case_id"], answer["audience"]) == ("caseload.draft/1", case_id, "statement")
    assert answer["transparency_record"]["decision_account"] == "DECISION_ACCOUNT_SUSPENDED"
    assert answer["transparency_record"]["category"] == "STATEMENT_CATEGORY_CYBER_VIOLENCE"
    assert {finding["rule"] for finding in answer["findings"]} == {"unfilled"}


def test_the_reporter_gets_a_letter_of_their_own(run: Run, store: CaseStore):
    answer = json.loads(run("draft", decided(store), "--audience", "reporter", "--json").out)
    assert "Thank you for writing to us" in answer["body"]
    assert answer["transparency_record"] is None


def test_where_no_message_is_to_be_sent_it_says_so(run: Run, store: CaseStore):
    case_id = decided(store, Verdict("child_safety", 1, "ban", "clear_breach", "grooming"))
    outcome = run("draft", case_id, "--audience", "subject")
    assert outcome.out.startswith("No message is to be sent to the affected side for now.")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("statement",), "'--content-date' must be given with --audience statement"),
        (("everybody",), "--audience"),
    ],
)
def test_what_is_missing_or_wrong_is_said(run: Run, store: CaseStore, options: tuple[str, ...], says: str):
    outcome = run("draft", decided(store), "--audience", *options)
    assert outcome.code == 2
    assert says in outcome.err


def test_an_undecided_case_has_no_letter(run: Run, store: CaseStore):
    outcome = run("draft", file_case(store, 1).id, "--audience", "subject")
    assert outcome.code == 1
    assert "'CASE' must be decided" in outcome.err


def test_the_owners_own_words_are_used(run: Run, store: CaseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_LETTERS", str(tmp_path / "nowhere"))
    outcome = run("draft", decided(store), "--audience", "subject")
    assert outcome.code == 2
    assert "'letters' must be a readable file" in outcome.err
    assert "set CASELOAD_LETTERS to one" in outcome.err
