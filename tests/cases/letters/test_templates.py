"""The shipped templates: every category, clause, action, reason and reader of the default policy; a foreign one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from cases.letters.composing import GAP, draft_letter, outcome_of, usual_role
from cases.letters.draft import Draft
from cases.letters.facts import Audience, AutomatedDecision, Hold, LetterFacts
from cases.letters.lint.run import blocks, lint
from cases.letters.readability import grade
from cases.letters.wording import Outcome
from cases.letters.wording_file import DEFAULT_LETTERS
from tests.cases.letters.letters import DECIDED, SHIPPED, TAXONOMY, WORDING, facts

SIDES = (Audience.INSTRUCTOR, Audience.STUDENT, Audience.USER, Audience.REPORTER)
KIND = {
    Audience.INSTRUCTOR: "course",
    Audience.STUDENT: "review",
    Audience.USER: "user",
    Audience.REPORTER: "message",
}
CLAUSES = [(c.id, clause) for c in TAXONOMY.categories for clause in ("", *(s.id for s in c.sub_policies))]
ACTIONS = [action.id for action in TAXONOMY.actions]


def drafted(category: str, clause: str, action: str, side: Audience, **told: object) -> tuple[Draft, LetterFacts]:
    given = {"subject_kind": KIND[side], "subject_name": "Bread for beginners", "hold_cleared": True, **told}
    the_facts = facts(category, clause, action, **given)
    return draft_letter(the_facts, side, WORDING), the_facts


def every_letter() -> Iterator[tuple[Draft, LetterFacts]]:
    for (category, clause), action, side in product(CLAUSES, ACTIONS, SIDES):
        yield drafted(category, clause, action, side)


def test_every_category_and_action_has_words_of_its_own():
    assert set(WORDING.findings.categories) == set(TAXONOMY.category_ids)
    assert set(WORDING.actions) == set(ACTIONS)
    assert set(WORDING.frame.reasons) == {reason.id for reason in TAXONOMY.reasons}
    for category in TAXONOMY.categories:
        told = set(WORDING.findings.categories[category.id].sub_policies)
        clauses = {clause.id for clause in category.sub_policies}
        # Of a case in which no rule was broken, the category's words say what there is to say.
        assert told == clauses if category.violation else told <= clauses


def test_every_letter_is_written_or_withheld_with_a_reason_and_is_easy_to_read():
    bodies: set[str] = set()
    for draft, _ in every_letter():
        assert bool(draft.body) == bool(draft.subject_line) == (not draft.withheld)
        assert "$" not in draft.text
        bodies.add(draft.body)
    bodies.discard("")
    assert len(bodies) > 1000
    # Greeting and signature are short lines that would make it look easier than it is.
    assert max(grade("\n\n".join(body.split("\n\n")[1:-1])) for body in bodies) <= 9


@pytest.mark.parametrize("side", SIDES)
def test_no_shipped_letter_gives_a_finding(side: Audience):
    # Letters are put together from paragraphs: each clause with one action, each action with one clause, is all.
    pairs = {*((c, "ban") for c in CLAUSES), *((c, "no_action") for c in CLAUSES)}
    pairs |= {(("hate", "slurs"), action) for action in ACTIONS}
    for (category, clause), action in sorted(pairs):
        draft, told = drafted(category, clause, action, side)
        assert lint(draft, told) == (), draft.template_id


@pytest.mark.parametrize("reason", [reason.id for reason in TAXONOMY.reasons])
def test_no_reason_and_no_circumstance_gives_a_finding(reason: str):
    for side, action, decided in product(SIDES, ("refund", "suspend"), AutomatedDecision):
        told: dict[str, object] = {
            "automated_detection": True,
            "automated_decision": decided,
            "territories": ("DE", "FR"),
        }
        told |= {"ends_on": DECIDED.date(), "from_notice": side is Audience.REPORTER}
        draft, the_facts = drafted("refund_dispute", "chargeback_quarrel", action, side, reason=reason, **told)
        assert lint(draft, the_facts) == (), draft.template_id


def test_what_the_owner_must_fill_in_shows_as_a_gap_and_blocks_the_letter():
    the_facts = facts("self_harm", "a_user_at_risk", "no_action", "within_policy", subject_kind="user")
    draft = draft_letter(the_facts, Audience.USER, SHIPPED)
    assert GAP.format("support lines") in draft.body
    found = lint(draft, the_facts)
    assert {f.rule for f in found} == {"unfilled"}
    assert blocks(found)


def test_no_template_holds_a_telephone_number():
    for path in DEFAULT_LETTERS.glob("*.yaml"):
        assert not re.search(r"\d[\d\s().-]{4,}\d", re.sub(r"#.*|\d{4}/\d+", "", path.read_text(encoding="utf-8"))), (
            path
        )


@pytest.mark.parametrize("clause", ["sexualised_or_exploitative_content_of_mi", "grooming"])
def test_the_affected_side_of_a_report_to_the_authorities_is_told_nothing_until_it_is_cleared(clause: str):
    held = facts("child_safety", clause, "ban", subject_kind="user")
    draft = draft_letter(held, Audience.USER, WORDING)
    assert draft.text.strip() == ""
    assert "No message is to be sent" in draft.withheld
    assert lint(draft, held) == ()
    assert draft_letter(held, Audience.REPORTER, WORDING).body
    assert draft_letter(replace(held, hold_cleared=True), Audience.USER, WORDING).body


@pytest.mark.parametrize("hold", Hold)
def test_a_hold_that_somebody_knows_of_withholds_any_letter_to_the_affected_side(hold: Hold):
    draft = draft_letter(facts(hold=hold), Audience.USER, WORDING)
    assert draft.withheld == WORDING.holds.reasons[hold]
    to_reporter = draft_letter(facts(hold=hold), Audience.REPORTER, WORDING)
    assert bool(to_reporter.withheld) == (hold is Hold.NON_DISCLOSURE_ORDER)


def test_somebody_at_risk_gets_a_letter_that_does_not_speak_of_rules():
    told = facts("self_harm", "a_farewell_message", "no_action", "within_policy", subject_kind="user")
    draft = draft_letter(told, Audience.USER, WORDING)
    assert "You have done nothing wrong" in draft.body
    assert WORDING.sender.support_lines in draft.body
    assert "rule" not in draft.body
    reporter = draft_letter(told, Audience.REPORTER, WORDING)
    assert "goes against our rules" not in reporter.body


def test_where_nothing_changes_the_affected_side_is_not_told_that_somebody_reported_it():
    told = facts("no_violation", "fair_criticism", "no_action", "within_policy", subject_kind="review")
    assert "reported" in draft_letter(told, Audience.STUDENT, WORDING).withheld


def test_where_nobody_reported_there_is_no_letter_to_a_reporter():
    assert draft_letter(facts(from_notice=False), Audience.REPORTER, WORDING).withheld


@pytest.mark.parametrize(
    ("category", "clause", "reason", "outcome", "says"),
    [
        ("no_violation", "fair_criticism", "within_policy", Outcome.CLEAR, "criticism"),
        ("no_violation", "", "within_policy", Outcome.CLEAR, "did not find"),
        ("no_violation", "too_little_to_act_upon", "within_policy", Outcome.UNPROVEN, "could not find enough"),
        ("hate", "slurs", "not_enough_evidence", Outcome.UNPROVEN, "could not find enough"),
        ("hate", "slurs", "within_policy", Outcome.CLEAR, "did not find"),
        ("hate", "slurs", "duplicate", Outcome.DUPLICATE, "before"),
        ("hate", "slurs", "clear_breach", Outcome.BREACH, "goes against our rules on hate"),
    ],
)
def test_the_reporter_is_told_what_came_of_it(category: str, clause: str, reason: str, outcome: Outcome, says: str):
    told = facts(category, clause, "no_action", reason)
    assert outcome_of(told, WORDING) is outcome
    assert says in draft_letter(told, Audience.REPORTER, WORDING).body


def test_no_letter_says_that_something_was_found_where_nothing_was():
    draft = draft_letter(facts("hate", "slurs", "warn", "not_enough_evidence"), Audience.USER, WORDING)
    assert "We found" not in draft.body


def test_the_reporter_is_not_told_what_happens_to_another_persons_account():
    for action in ("warn", "strike", "suspend", "ban", "restrict_feature", "withhold_payment"):
        body = draft_letter(facts("hate", "slurs", action), Audience.REPORTER, WORDING).body
        assert not re.search(r"suspended|closed|strike|warning|turned off", body), action


def test_the_roles_of_a_refund_are_told_apart():
    told = facts("refund_dispute", "refund_wrongly_denied", "refund", subject_kind="payment")
    assert "We are paying you back" in draft_letter(told, Audience.STUDENT, WORDING).body
    assert "to the person who made it" in draft_letter(told, Audience.INSTRUCTOR, WORDING).body


def test_the_role_follows_the_kind_of_the_subject():
    assert [usual_role(kind, WORDING) for kind in ("course", "review", "user", "listing", "")] == [
        Audience.INSTRUCTOR,
        Audience.STUDENT,
        *(Audience.USER, Audience.USER, Audience.USER),
    ]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", ["listing", ""])
def test_a_foreign_policy_gets_neutral_words_and_never_an_error(side: Audience, kind: str):
    foreign = LetterFacts(
        case_ref="A-9",
        category="counterfeit",
        category_name="Counterfeit goods",
        sub_policy="fake_brand",
        sub_policy_name="fake brand",
        action="freeze",
        action_name="Freeze the listing",
        reason="brand_says_so",
        reason_text="The brand confirmed it",
        decided_at=DECIDED,
        adverse=True,
        restriction="visibility",
        subject_kind=kind,
        subject_name="Watch",
    )
    draft = draft_letter(foreign, side, WORDING)
    assert draft.body
    assert lint(draft, foreign) == ()
    assert "ounterfeit goods" in draft.body
    assert draft_letter(replace(foreign, adverse=False, violation=False), side, WORDING).withheld == (
        "" if side is Audience.REPORTER else WORDING.holds.nothing_changes
    )


def test_a_draft_names_the_words_it_is_made_of():
    draft = draft_letter(facts("harassment", "stalking", "ban"), Audience.USER, WORDING)
    assert draft.template_id == "user/harassment.stalking/ban"
    assert re.fullmatch(r"1-[0-9a-f]{8}", draft.template_version)
    assert draft.language == "en"
