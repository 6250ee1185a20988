from __future__ import annotations

import json
from typing import Any

import pytest

from cases.decision import Suggestion, Verdict
from cases.record import Case, CaseStatus, Lease
from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case, score_case

VERDICT = {"category": "harassment", "severity": 2, "action": "warn", "reason": "clear_breach"}


@pytest.fixture
def claimed(store: CaseStore) -> tuple[Case, Lease]:
    case = file_case(store, 1)
    score_case(store, case)
    return store.claim(case.id, "mei", 60)


def line(claimed: tuple[Case, Lease], **changes: Any) -> list[Any]:
    case, lease = claimed
    given = {"as": lease.holder, "token": lease.token, **VERDICT, **changes}
    options = [part for name, value in given.items() if value is not None for part in (f"--{name}", value)]
    return ["decide", case.id, *options]


def test_a_decision_by_options_is_stored_with_what_was_suggested(run: Run, store: CaseStore, claimed):
    outcome = run(*line(claimed, category="hate", note="as agreed"))
    assert outcome.code == 0, outcome.err
    assert "decided: hate, severity 2, warn, clear_breach; suggestion accepted (number 2)" in outcome.out
    (decision,) = store.decisions(claimed[0].id)
    assert (decision.decided_by, decision.suggestion, decision.suggested_rank) == ("mei", Suggestion.ACCEPTED, 2)
    assert store.note(decision.id) == "as agreed"


@pytest.mark.usefixtures("store")
def test_a_decision_answers_json(run: Run, claimed):
    outcome = run(*line(claimed, category="privacy", other="hate"), "--sub-policy", "doxxing", "--json")
    answer = json.loads(outcome.out)
    assert answer["schema"] == "caseload.decide/1"
    assert (answer["category"], answer["sub_policy"], answer["other_categories"]) == ("privacy", "doxxing", ["hate"])
    assert (answer["suggestion"], answer["suggested_rank"]) == ("accepted", 3)


def test_a_decision_that_looked_at_no_suggestion_says_so(run: Run, store: CaseStore, claimed):
    run(*line(claimed), "--unaided")
    assert store.decisions(claimed[0].id)[0].suggestion is Suggestion.UNAIDED


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        (
            {"category": "rudeness"},
            2,
            "'category' must be one of version 1 of the taxonomy (got another word, of 8 characters)",
        ),
        ({"severity": 9}, 2, "'severity' must be one of"),
        ({"severity": 0}, 2, "'severity' must be one of"),
        ({"action": "shout"}, 2, "'action' must be one of"),
        ({"reason": None}, 2, "'--reason' must be given with --token"),
        ({"token": None}, 2, "'--token' must come with --category, --severity, --action, --reason"),
        ({"token": 7}, 1, "claim"),
        ({"as": "kwame"}, 1, "claim"),
    ],
)
def test_a_decision_that_cannot_be_taken_leaves_the_case_undecided(
    run: Run, store: CaseStore, claimed, changes: dict[str, Any], code: int, says: str
):
    outcome = run(*line(claimed, **changes))
    assert outcome.code == code
    assert says in outcome.err
    assert outcome.err.count("\n") == 1
    assert store.decisions(claimed[0].id) == ()


def test_a_case_is_decided_once(run: Run, store: CaseStore, claimed):
    run(*line(claimed))
    outcome = run(*line(claimed))
    assert outcome.code == 1
    assert "decided" in outcome.err
    assert len(store.decisions(claimed[0].id)) == 1


@pytest.fixture
def waiting(store: CaseStore) -> Case:
    case = file_case(store, 1)
    score_case(store, case)
    return case


def test_questions_lead_to_a_decision_that_accepts_the_second_suggestion(run: Run, store: CaseStore, waiting, answer):
    answer("2", "1", "", "warn", "clear_breach", "my note")
    outcome = run("decide", "--as", "mei")
    assert outcome.code == 0, outcome.err
    assert "He writes to her every night." in outcome.out
    (decision,) = store.decisions(waiting.id)
    verdict = decision.verdict
    assert (verdict.category, verdict.sub_policy, verdict.severity) == ("hate", "slurs", 2)
    assert (verdict.action, verdict.reason) == ("warn", "clear_breach")
    assert (decision.suggestion, decision.suggested_rank) == (Suggestion.ACCEPTED, 2)
    assert store.note(decision.id) == "my note"
    assert decision.handling_seconds is not None


def test_an_answer_that_the_policy_does_not_know_is_asked_again(run: Run, store: CaseStore, waiting, answer):
    answer("4", "rudeness", "spam_promotion", "", "9", "4", "nonsense", "3", "1", "")
    outcome = run("decide", "--as", "mei")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("that is none of them") == 4
    (decision,) = store.decisions(waiting.id)
    assert (decision.verdict.category, decision.verdict.severity) == ("spam_promotion", 4)
    assert decision.suggestion is Suggestion.OVERRIDDEN


def test_all_categories_can_be_listed_and_chosen_by_number(run: Run, store: CaseStore, waiting, answer):
    answer("?", "1", "", "", "no_action", "within_policy", "")
    assert run("decide", "--as", "mei").code == 0
    assert store.decisions(waiting.id)[0].verdict.category == "intellectual_property"


def test_a_decision_where_the_model_abstained_remembers_that_nothing_was_offered(run: Run, store: CaseStore, answer):
    case = file_case(store, 1)
    score_case(store, case, tier="abstain")
    answer("harassment", "", "2", "warn", "clear_breach", "")
    outcome = run("decide", case.id[-8:], "--as", "mei")
    assert outcome.code == 0, outcome.err
    (decision,) = store.decisions(case.id)
    assert decision.suggestion is Suggestion.UNAIDED
    assert decision.suggested_rank is None


def test_an_unscored_case_is_decided_unaided(run: Run, store: CaseStore, answer):
    case = file_case(store, 1)
    answer("hate", "", "2", "warn", "clear_breach", "")
    outcome = run("decide", case.id[-8:], "--as", "mei")
    assert outcome.code == 0, outcome.err
    assert "no suggestion: not scored yet" in outcome.out
    assert store.decisions(case.id)[0].suggestion is Suggestion.UNAIDED


@pytest.mark.parametrize(("number", "overturns"), [("1", False), ("2", True)])
def test_of_an_appeal_the_outcome_is_asked_once_the_case_has_been_shown(
    run: Run, store: CaseStore, claimed, answer, number: str, overturns: bool
):
    case, lease = claimed
    first = store.decide(case.id, Verdict(**VERDICT), holder=lease.holder, token=lease.token)
    store.appeal(case.id, by="u-1")
    answer("1", "", "2", "warn", "clear_breach", "", number)
    outcome = run("decide", "--as", "bob")
    assert outcome.code == 0, outcome.err
    shown = ["He writes to her every night.", "its decision is to be upheld or overturned"]
    asked = ["note (Enter for none)", "1  uphold: ", "2  overturn: ", "outcome of the appeal: "]
    assert [outcome.out.count(line) for line in (*shown, *asked)] == [1] * 6
    assert sorted((*shown, *asked), key=outcome.out.index) == [*shown, *asked]
    review = store.decisions(case.id)[-1]
    assert (review.decided_by, review.reviews, review.overturns) == ("bob", first.id, overturns)


def test_leaving_the_questions_gives_the_case_back(run: Run, store: CaseStore, waiting, answer):
    answer("1")
    outcome = run("decide", "--as", "mei")
    assert outcome.code == 130
    assert "the case is back in the queue" in outcome.err
    assert store.case(waiting.id).status is CaseStatus.OPEN
    assert store.decisions(waiting.id) == ()


def test_ctrl_c_gives_the_case_back(run: Run, store: CaseStore, waiting, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.prompt", interrupt)
    outcome = run("decide", "--as", "mei")
    assert outcome.code == 130
    assert store.case(waiting.id).status is CaseStatus.OPEN


def test_each_answer_prolongs_the_lease(run: Run, store: CaseStore, waiting, answer):
    answer("1", "", "", "warn", "clear_breach", "")
    run("decide", "--as", "mei")
    assert [event.kind.value for event in store.events(waiting.id)].count("renewed") == 6


def test_questions_and_json_do_not_go_together(run: Run, store: CaseStore, waiting):
    outcome = run("decide", "--as", "mei", "--json")
    assert outcome.code == 2
    assert "'--json' must come with --token" in outcome.err
    assert store.case(waiting.id).status is CaseStatus.OPEN
