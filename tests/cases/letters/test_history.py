from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cases.errors import ConflictError, InvalidInputError
from cases.letters.composing import draft_letter
from cases.letters.facts import Audience, Hold
from cases.letters.history import DraftHistory, DraftVersion, changed_share
from tests.cases.letters.letters import WORDING, facts

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
DRAFT = draft_letter(facts(), Audience.USER, WORDING)
BEGUN = DraftHistory.begin(DRAFT, "ada", lambda: NOON)


def edited(history: DraftHistory, body: str, *, seen: int = 1, minutes: int = 5) -> DraftHistory:
    later = NOON + timedelta(minutes=minutes)
    return history.edit(DRAFT.subject_line, body, author="bo", clock=lambda: later, seen=seen)


def test_an_edit_adds_a_version_and_leaves_those_before_it():
    history = edited(BEGUN, DRAFT.body + "\n\nThe message is that of 3 March.")
    assert history.versions[0] == BEGUN.latest
    latest = history.latest
    assert (latest.number, latest.author, latest.at) == (2, "bo", NOON + timedelta(minutes=5))
    assert 0 < latest.changed < 0.1
    assert latest.draft.template_id == DRAFT.template_id


def test_the_share_of_changed_words_is_that_from_the_template_and_not_from_the_last_version():
    away = edited(BEGUN, "Something else altogether.")
    back = edited(away, DRAFT.body, seen=2)
    assert away.latest.changed > 0.9
    assert back.latest.changed == 0


def test_the_share_counts_words():
    assert changed_share("a b c d", "a b c d") == 0
    assert changed_share("a b c d", "a x c d") == 0.25
    assert changed_share("a b", "a b c d") == 0.5
    assert changed_share("a b", "") == 1
    assert changed_share("", "") == 0


def test_nothing_changed_is_no_version():
    assert edited(BEGUN, DRAFT.body) is BEGUN


def test_an_edit_of_an_older_version_is_refused():
    history = edited(BEGUN, DRAFT.body + " More.")
    with pytest.raises(ConflictError, match=r"'seen' must be the latest version, 2 \(got 1\)"):
        edited(history, DRAFT.body + " Other.", seen=1)


def test_a_withheld_letter_cannot_be_written_by_editing_it():
    held = DraftHistory.begin(draft_letter(facts(hold=Hold.AUTHORITIES), Audience.USER, WORDING), "ada", lambda: NOON)
    with pytest.raises(InvalidInputError, match=r"'draft' must be one that may be sent"):
        edited(held, "Hello")


@pytest.mark.parametrize(
    ("subject_line", "body", "author", "name"),
    [
        (" ", "x", "bo", "subject_line"),
        ("x\ny", "x", "bo", "subject_line"),
        ("x", "", "bo", "body"),
        ("x", "x", " ", "author"),
    ],
)
def test_what_is_empty_or_of_several_lines_is_refused(subject_line: str, body: str, author: str, name: str):
    with pytest.raises(InvalidInputError, match=rf"^'{name}' must be ") as error:
        BEGUN.edit(subject_line, body, author=author, clock=lambda: NOON, seen=1)
    assert error.value.field == name


def test_a_version_survives_json():
    for version in edited(BEGUN, DRAFT.body + " More.").versions:
        assert DraftVersion.from_dict(json.loads(json.dumps(version.as_dict()))) == version
