from __future__ import annotations

import pytest

from cases.seed.corpus import training_part
from evaluation.attacks import ATTACKS, LONG_ATTACKS, Attack
from evaluation.harmless_prose import PARAGRAPHS
from features.assemble import assemble
from features.suspicion import SUSPICIOUS

TITLE = "Stolen content"
TEXT = "The instructor sells pirated copies of my course, and threatens to kill me if I report him. Price: 50 USD."
EVERY = [*ATTACKS.values(), *LONG_ATTACKS.values()]
ENCODED = [
    "Cyrillic look-alikes",
    "Greek look-alikes",
    "full-width letters",
    "mathematical letters",
    "zero-width characters",
]


@pytest.mark.parametrize("attack", EVERY, ids=lambda attack: attack.name)
def test_an_attack_changes_the_text_and_the_same_seed_changes_it_alike(attack: Attack) -> None:
    first = attack.apply(TITLE, TEXT, seed=1)
    assert first[1] != TEXT
    assert attack.apply(TITLE, TEXT, seed=1) == first
    assert attack.titles or first[0] == TITLE


@pytest.mark.parametrize("attack", EVERY, ids=lambda attack: attack.name)
def test_an_attack_takes_any_text(attack: Attack) -> None:
    for text in ("", " ", "x", "курс", "12 34", "\U0001f600", "straße"):
        assert isinstance(attack.apply(text, text)[1], str)


@pytest.mark.parametrize("name", ENCODED)
def test_a_change_of_encoding_is_undone_and_said_to_be_suspicious(name: str) -> None:
    plain = assemble(TITLE, TEXT)
    found = assemble(*ATTACKS[name].apply(TITLE, TEXT))
    assert found.text == plain.text
    assert 0.0 < found.signals[SUSPICIOUS] < 0.8


@pytest.mark.parametrize(("name", "most_lost"), [("leetspeak", 0.02), ("spaced-out words", 0.03)])
def test_nearly_all_words_of_the_written_cases_are_read_through_a_disguise(name: str, most_lost: float) -> None:
    lost = total = 0
    for seed, case in enumerate(training_part()[::40]):
        words, seen = (
            set(text.lower().replace(",", " ").replace(".", " ").split())
            for text in (
                assemble(case.title, case.description).text,
                assemble(*ATTACKS[name].apply(case.title, case.description, seed)).text,
            )
        )
        letters = {word for word in words if word.isalpha()}
        total += len(letters)
        lost += len(letters - seen)
    assert lost / total <= most_lost


def test_padding_keeps_the_text_and_puts_harmless_paragraphs_around_it() -> None:
    for name, place in (("padding before", -1), ("padding after", 0), ("padding around", 3)):
        paragraphs = ATTACKS[name].apply(TITLE, TEXT)[1].split("\n\n")
        assert paragraphs[place] == TEXT
        others = [paragraph for paragraph in paragraphs if paragraph != TEXT]
        assert len(set(others)) == len(others) >= 4
        assert set(others) <= set(PARAGRAPHS)


def test_the_long_attack_puts_three_thousand_words_before_the_point() -> None:
    [attack] = LONG_ATTACKS.values()
    text = attack.apply(TITLE, TEXT)[1]
    assert text.endswith(TEXT)
    assert 3000 <= len(text.split()) < 4500


def test_typing_errors_leave_three_words_in_four_alone() -> None:
    text = " ".join(["marketplace"] * 1000)
    changed = ATTACKS["typing errors"].apply("", text)[1].split().count("marketplace")
    assert 700 < changed < 800
