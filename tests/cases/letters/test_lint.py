"""The lint's edges; `test_lint_corpus.py` has what it finds and leaves alone."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from cases.letters.composing import draft_letter
from cases.letters.facts import Audience, Hold
from cases.letters.lint.finding import Finding, Forbidden, Level
from cases.letters.lint.run import blocks, lint
from cases.letters.readability import grade, sentences, syllables
from tests.cases.letters.letters import WORDING, facts


def findings(text: str, **forbidden: tuple[str, ...]) -> tuple[Finding, ...]:
    told = facts()
    draft = draft_letter(told, Audience.USER, WORDING)
    return lint(replace(draft, body=f"{text}\n\n{draft.body}"), told, Forbidden(**forbidden))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Will Young", "We will look at it, and you may be young."),
        ("May Brown", "It was on 3 May 2026, in the brown house."),
        ("Grace Hope", "There is hope. Grace is a fine word for the first of a sentence."),
        ("Ann Lee", "The announcement stands, and the fleet sailed."),
        ("Al Bo", "We also looked at the label."),
        ("Rose Art", "The price rose, and the art is fine."),
        ("info@post.example", "The info is on the page."),
        ("student_1", "A student 12 years old."),
        ("@may", "It may be so."),
        ("+49 30 1234567", "Between 1 and 3 April 2026 there were 1,234 of them."),
        ("", "Nothing at all."),
        ("Kim Court", "You can go to a court."),
        ("Ana Kind Body", "The body is independent, and we are kind."),
    ],
)
def test_words_that_are_names_as_well_are_left_alone(name: str, text: str):
    assert findings(text, reporters=(name,)) == ()


@pytest.mark.parametrize("text", ["We spoke with Grace.", "We spoke with grace hope.", "Please ask Hope about it."])
def test_a_name_that_is_a_word_is_found_where_it_is_used_as_a_name(text: str):
    assert {f.rule for f in findings(text, reporters=("Grace Hope",))} == {"reporter_identity"}


def test_a_name_in_the_title_of_the_case_is_the_titles():
    told = facts(subject_kind="course", subject_name="Bread with Maria")
    draft = draft_letter(told, Audience.INSTRUCTOR, WORDING)
    assert lint(draft, told, Forbidden(reporters=("Maria Kowalczyk",))) == ()


def test_a_finding_and_what_is_forbidden_show_nobody():
    forbidden = Forbidden(reporters=("Maria Kowalczyk",), reports=("He heard the church bell",), staff=("Tobias",))
    found = findings("Maria Kowalczyk and Tobias.", reporters=forbidden.reporters, staff=forbidden.staff)
    assert {f.rule for f in found} == {"reporter_identity", "staff_name"}
    shown = repr(forbidden) + repr(found)
    assert not [name for name in ("Maria", "Kowalczyk", "bell", "Tobias") if name in shown]


def test_a_letter_that_says_nothing_of_redress_is_blocked_three_times():
    told = facts()
    draft = replace(draft_letter(told, Audience.USER, WORDING), body="We have taken it down.")
    found = [f for f in lint(draft, told) if f.rule == "missing_redress"]
    assert len(found) == 3
    assert all(f.start == f.end == len(draft.text) for f in found)
    assert blocks(tuple(found))


def test_redress_is_not_asked_of_a_letter_about_nothing_adverse():
    told = facts(action="educate")
    draft = replace(draft_letter(told, Audience.USER, WORDING), body="Please keep the rule in mind.")
    assert lint(draft, told) == ()


def test_a_withheld_letter_that_was_written_all_the_same_is_blocked():
    told = facts(hold=Hold.AUTHORITIES)
    draft = replace(draft_letter(told, Audience.USER, WORDING), body="Hello")
    assert [f.rule for f in lint(draft, told)] == ["withheld"]
    assert blocks(lint(draft, told))


def test_warnings_do_not_block():
    found = findings("Please read the rules!")
    assert [f.level for f in found] == [Level.WARNING]
    assert not blocks(found)


def test_a_letter_that_is_hard_to_read_is_remarked_on():
    hard = "Notification regarding organisational considerations necessitates comprehensive documentation. "
    told = facts(action="educate")
    draft = replace(draft_letter(told, Audience.USER, WORDING), body=hard * 3)
    assert [f.rule for f in lint(draft, told)] == ["hard_to_read"]


def test_findings_come_in_the_order_of_the_text_and_once_for_a_place():
    found = findings("Maria Kowalczyk wrote! And again!", reporters=("Maria Kowalczyk", "maria kowalczyk"))
    assert [f.rule for f in found] == ["reporter_identity", "exclamation", "exclamation"]


@pytest.mark.parametrize("piece", ["a", "a-", "a student ", "[[", "“", "1 ", "your the one "])
def test_a_long_text_of_one_kind_is_read_in_a_few_seconds(piece: str):
    began = time.monotonic()
    findings(piece * (20_000 // len(piece)), reporters=("Maria Kowalczyk",), reports=("He heard the church bell",))
    # Half a second on a slow machine; a pattern that tries every pair of places takes half a minute.
    assert time.monotonic() - began < 10


def test_the_grade_is_the_published_formula():
    # 12 words, 2 sentences, 12 syllables: 0.39 * 6 + 11.8 * 1 - 15.59
    assert grade("The cat sat on the mat. The dog sat on the log.") == pytest.approx(-1.45)
    assert grade("") == 0
    assert [syllables(word) for word in ("made", "table", "wanted", "closed", "decision", "I")] == [1, 2, 2, 1, 3, 1]
    assert len(list(sentences("One. Two? “Three.” Four\n\nFive 5.5 five"))) == 5
