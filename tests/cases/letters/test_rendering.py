"""Facts into words: nothing in a fact is a placeholder; a mistake in a template is told with its file and line."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from cases.errors import InvalidInputError, LettersError
from cases.letters.composing import draft_letter
from cases.letters.facts import Audience, Redress
from cases.letters.lint.rules import load_rules
from cases.letters.statement.mapping import load_mapping
from cases.letters.wording_file import DEFAULT_LETTERS, load_wording
from tests.cases.letters.letters import DECIDED, WORDING, facts


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("$case_ref ${team} $$", "“$case_ref ${team} $$”"),
        ("{{ 7 * 7 }} {% x %}", "“{{ 7 * 7 }} {% x %}”"),
        ("<b>Bread</b> & butter", "“<b>Bread</b> & butter”"),
        ("Bread\n\nWith kind regards", "“Bread With kind regards”"),
        ("Bread\u202edaerb\u200b\x07", "“Bread daerb”"),
        ("x" * 500, "“" + "x" * 199 + "…”"),
    ],
)
def test_a_facts_text_is_never_taken_for_a_placeholder_or_for_lines_of_its_own(name: str, shown: str):
    draft = draft_letter(facts(subject_kind="course", subject_name=name), Audience.INSTRUCTOR, WORDING)
    assert shown in draft.body


def test_a_subject_line_is_one_line():
    draft = draft_letter(facts(subject_kind="a\nlisting"), Audience.USER, WORDING)
    assert len(draft.subject_line.splitlines()) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT_LETTERS, tmp_path / "letters"))


def changed(folder: Path, name: str, old: str, new: str) -> int:
    """Change the first `old` in a file; answers its line."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("frame.yaml", "about $item_full. This", "about $itemfull. This", "'$itemfull'"),
        ("findings.yaml", "listen: $support_lines", "listen: ${support_line}", "'$support_line'"),
        ("actions.yaml", "What happens now: $action.", "What happens now: $ action.", "a lone '$'"),
        ("frame.yaml", "role: instructor", "role: reporter", "must be one of instructor"),
        ("frame.yaml", "outcome: clear}", "outcome: fine}", "must be one of breach"),
        ("holds.yaml", "grooming: authorities", "grooming: police", "must be one of authorities"),
        ("sender.yaml", 'team: "Trust & Safety team"', "team: null", "must be non-empty text"),
        ("actions.yaml", "quiet: true", "quite: true", "'actions.no_action.quite'"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_file_and_line(
    folder: Path, name: str, old: str, new: str, says: str
):
    line = changed(folder, name, old, new)
    with pytest.raises(LettersError) as error:
        load_wording(folder)
    assert str(error.value).startswith(f"{name} line {line}: ")
    assert says in str(error.value)


def test_a_mistake_in_the_rules_or_the_mapping_is_told_with_its_file_and_line(folder: Path):
    line = changed(folder, "lint.yaml", '- "!+"', '- "(!+"')
    with pytest.raises(
        LettersError, match=rf"^lint\.yaml line {line}: 'rules\[\d+\]\.patterns\[0\]' must be a regular"
    ):
        load_rules(folder)
    line = changed(folder, "statement.yaml", "KEYWORD_HATE_SPEECH", "KEYWORD_HATE")
    with pytest.raises(LettersError, match=rf"^statement\.yaml line {line}: .* must be a keyword"):
        load_mapping(folder)


def test_another_word_makes_another_version(folder: Path):
    assert load_wording(folder).version == load_wording().version
    changed(folder, "actions.yaml", "We have closed your account.", "Your account is now closed.")
    assert load_wording(folder).version != load_wording().version
    changed(folder, "frame.yaml", "version: 1", "version: 2")
    assert load_wording(folder).version.startswith("2-")


def test_a_dollar_sign_is_written_as_two(folder: Path):
    changed(folder, "actions.yaml", "We have closed your account.", "We have closed your account of $$5.")
    assert "of $5." in draft_letter(facts(action="ban"), Audience.USER, load_wording(folder)).body


def test_six_months_from_the_day_on_which_they_are_told():
    assert Redress().complaint_until(date(2026, 3, 3)) == date(2026, 9, 3)
    assert Redress().complaint_until(date(2026, 8, 31)) == date(2027, 2, 28)
    assert Redress(complaint_months=12).complaint_until(date(2024, 2, 29)) == date(2025, 2, 28)
    with pytest.raises(InvalidInputError, match=r"'complaint_months' must be 6 or more \(got 5\)"):
        Redress(complaint_months=5)


def test_an_end_before_the_decision_is_refused():
    with pytest.raises(InvalidInputError, match=r"'ends_on' must be the day of the decision or later"):
        facts(ends_on=DECIDED.date() - timedelta(days=1))


def test_the_statement_is_not_drafted_as_a_letter_to_a_side():
    with pytest.raises(InvalidInputError, match=r"'audience' must be a side \(got 'statement'\)"):
        draft_letter(facts(), Audience.STATEMENT, WORDING)
