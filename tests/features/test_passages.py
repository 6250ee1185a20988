from __future__ import annotations

from itertools import pairwise

import pytest

from features.passages import passage_spans, without

SENTENCE = "He asked for my number again and again."  # eight words


def passages(text: str, words: int = 50) -> list[str]:
    return [text[start:end] for start, end in passage_spans(text, words)]


def test_sentences_are_put_together_up_to_so_many_words():
    text = " ".join([SENTENCE] * 5)
    assert passages(text, 16) == [f"{SENTENCE} {SENTENCE}", f"{SENTENCE} {SENTENCE}", SENTENCE]
    assert passages(text, 40) == [text]


def test_an_empty_line_ends_a_passage_and_a_line_break_does_not():
    assert passages(f"{SENTENCE}\n\n{SENTENCE}") == [SENTENCE, SENTENCE]
    assert passages(f"{SENTENCE}\n{SENTENCE}") == [f"{SENTENCE}\n{SENTENCE}"]


def test_a_title_however_short_is_a_passage_of_its_own():
    assert passages(f"Help me\n\n{SENTENCE}") == ["Help me", SENTENCE]


def test_what_never_ends_is_cut_and_loses_nothing():
    text = " ".join(f"word{place}" for place in range(1000))
    found = passages(text)
    assert len(found) == 20
    assert " ".join(found) == text


def test_spans_are_in_order_and_hold_all_but_white_space():
    text = f"Title of it\n\n  {SENTENCE} {SENTENCE}\n\n\n\u2022 one item of a list\n\u2022 another item of it  "
    spans = passage_spans(text)
    assert spans == sorted(spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert without(text, spans).strip() == ""


@pytest.mark.parametrize("text", ["", " \n\n "])
def test_nothing_has_no_passage(text: str):
    assert passage_spans(text) == []


def test_what_is_left_out_leaves_the_rest_where_it_stood():
    text = f"Hello. {SENTENCE}"
    left = without(text, [(0, 6)])
    assert len(left) == len(text)
    assert left == f"       {SENTENCE}"
    assert without(text, []) == text
