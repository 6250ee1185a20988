"""What the lint must find, and what it must leave alone: invented passages, each put into an ordinary letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from cases.letters.composing import draft_letter
from cases.letters.draft import Draft
from cases.letters.facts import Audience, LetterFacts
from cases.letters.lint.finding import Forbidden
from cases.letters.lint.run import lint
from cases.letters.statement.making import StatementFacts, make_statement, statement_letter
from tests.cases.letters.letters import WORDING, facts

CORPUS = Path(__file__).parent / "corpus"
BAD: dict[str, Any] = yaml.safe_load((CORPUS / "bad.yaml").read_text(encoding="utf-8"))
GOOD: dict[str, Any] = yaml.safe_load((CORPUS / "good.yaml").read_text(encoding="utf-8"))
FORBIDDEN = Forbidden(**{name: tuple(values) for name, values in BAD["forbidden"].items()})
KINDS = {"instructor": "course", "student": "review"}


def letter_with(text: str, to: str) -> tuple[Draft, LetterFacts]:
    """An ordinary letter to `to` with `text` as a paragraph of its own before the last two."""
    told = facts("intellectual_property", "copied_course_or_lecture", subject_kind=KINDS.get(to, "message"))
    if to == "statement":
        more = StatementFacts(puid="s-1", content_date=date(2026, 2, 3))
        draft = statement_letter(make_statement(told, more, WORDING), told, WORDING)
    else:
        draft = draft_letter(told, Audience(to), WORDING)
    parts = draft.body.split("\n\n")
    return replace(draft, body="\n\n".join([*parts[:-2], text, *parts[-2:]])), told


def test_the_corpus_is_large_enough_to_mean_something():
    assert len(BAD["drafts"]) >= 60
    assert len(GOOD["drafts"]) >= 60
    assert len({entry["text"] for entry in BAD["drafts"] + GOOD["drafts"]}) == len(BAD["drafts"]) + len(
        GOOD["drafts"]
    )


@pytest.mark.parametrize("entry", BAD["drafts"], ids=lambda entry: entry["text"][:50])
def test_a_bad_passage_gives_the_expected_finding_at_its_place(entry: dict[str, str]):
    draft, told = letter_with(entry["text"], entry["to"])
    found = [f for f in lint(draft, told, FORBIDDEN) if f.rule == entry["finds"]]
    start = draft.text.index(entry["text"])
    assert found
    assert all(start <= f.start < f.end <= start + len(entry["text"]) for f in found)
    assert all(f.why and f.suggestion for f in found)


@pytest.mark.parametrize("entry", GOOD["drafts"], ids=lambda entry: entry["text"][:50])
def test_a_good_passage_gives_no_finding(entry: dict[str, str]):
    draft, told = letter_with(entry["text"], entry["to"])
    assert lint(draft, told, FORBIDDEN) == ()
