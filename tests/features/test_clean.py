# ruff: noqa: RUF001 - look-alike letters are what is tested
from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.clean import clean_text

ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=())) | st.text(
    # Where clean-up steps can undo one another: letters in two or three scripts, marks, blanks, decompositions.
    st.sampled_from(
        "paeоаеЮуйѕοανλ1 \t\n\r"
        "\u0301\u0306\u0336\u20dd\u0316\u0344\u0591\u200b\u2029\u1161\u1100¨ﬁ\ufdfaⅣ\ud83d\ude00"
    ),
)


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT)
@example("p\u0430\u030f\u0443")
@example("\u0344" * 9)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT)
def test_what_is_left_is_visible_and_encodes(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert cleaned == cleaned.strip()
    assert not set(cleaned) & set("\0\t\r\x0b\x1b\x85\u200b\u200d\u202e\u2066\ufeff\u00ad\u00a0\ufe0f\U000e0041")


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("re\u200bfu\u00adnd", "refund"),
        ("\u202edlos\u202c", "dlos"),
        ("a\0b\x07", "ab"),
        ("\ud800lone", "lone"),
        ("pair \ud83d\ude00", "pair 😀"),
        ("ｆｕｌｌ ①  ﬁne", "full 1 fine"),
        ("e\u0301", "é"),
        ("one\t two\u00a0 \u3000three ", "one two three"),
        ("one\r\ntwo\r\rthree\u2029four\n \n\n\nfive", "one\ntwo\n\nthree\n\nfour\n\nfive"),
        ("x" + "\u0301" * 50 + "y", "x" + "\u0301" * 8 + "y"),
    ],
)
def test_text_is_brought_to_one_form(written: str, cleaned: str) -> None:
    assert clean_text(written) == cleaned


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("P\u0430yP\u0430l", "PayPal"),
        ("\u0455\u0441\u0430m", "scam"),
        ("\u0391m\u0430zon", "Amazon"),
        ("п\u0070ивет", "привет"),
        ("κ\u0061λός", "καλός"),
        ("a \u0455\u0441\u0430m with a \u0441\u043e\u0440\u0443", "a scam with a copy"),
        ("s\u0336c\u0336a\u0336m\u0336 \u0430\u20dd", "scam a"),
    ],
)
def test_a_word_in_disguise_is_unmasked(written: str, meant: str) -> None:
    assert clean_text(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Преподаватель украл мой курс и продаёт его.",
        "сосо оса рура",
        "Ο καθηγητής έκλεψε το μάθημά μου.",
        "Він украв мої відео, ґанок",
        "Курс по JavaScript и Python, скидка 50%",
        "iPhoneом 5μm",
        "the α of a χ2 test",
        "не знаю, what he wants",
        "它是抄袭的 コース 한국어 हिन्दी فارسی",
    ],
)
def test_real_text_of_other_scripts_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "hostile",
    [
        "\u0301" * 500_000 + "\u0316" * 500_000,
        "aа" * 500_000,
        " " * 1_000_000,
        "\u200b\n" * 500_000,
        "\ud800" * 1_000_000,
        "a " * 500_000,
        "a.b" * 300_000,
        "a\u0336" * 500_000,
    ],
)
def test_a_million_hostile_characters_take_seconds_at_most(hostile: str) -> None:
    started = time.thread_time()
    clean_text(hostile)
    assert time.thread_time() - started < 10
