from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clean import clean_text
from features.spacing import with_letters_joined


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("f r e e   m o n e y", "free money"),
        ("T h i s is a s c a m", "This is a scam"),
        ("s e x", "sex"),
        ("f.r.e.e and s_c_a_m and c-o-p-y", "free and scam and copy"),
        ("i a m g o i n g t o k i l l y o u", "i am going to kill you"),
        ("q x z v", "qxzv"),
        ("a b c d e f g h", "abcdefgh"),
        ("P a v l o t h r e a t e n e d t o k i l l m e", "Pavlo threatened to kill me"),
        ("h e s e l l s m y x q z v r k c o u r s e", "he sells my xqzvrk course"),
        ("p \u0430 y p \u0430 l", "paypal"),
    ],
)
def test_a_spaced_out_word_is_joined(written: str, meant: str) -> None:
    assert clean_text(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "plan a b c",
        "I a m",
        "e.g. this, i.e. that, a.k.a. him, in the U.S.A. too",
        "vitamin A\nB\nC\nD",
        "grade A, B, C and D",
        "1 2 3 4 5",
        "\u6211 \u7231 \u4f60 \u4eec",
        "it's a B + C",
    ],
)
def test_single_letters_that_spell_nothing_out_stay(text: str) -> None:
    assert clean_text(text) == text


@settings(deadline=None, max_examples=500)
@given(st.text(st.sampled_from("abeimnostABs .-_  \n\u0435\u0430\u0336\u0301'1")))
def test_joining_twice_is_joining_once(text: str) -> None:
    once = with_letters_joined(text)
    assert with_letters_joined(once) == once
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
