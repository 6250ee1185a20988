# ruff: noqa: RUF001 - letters of other scripts are what is tested
from __future__ import annotations

import time

import numpy as np
import pytest

from features.sentences import sentence_spans
from models.occurrences import TermReader
from models.terms import TermBlock

TEXTS = (
    "The instructor copied my course. A b c! He sells it, he SELLS it on.\nRefund: no. 12 days ago I paid.",
    "this is a short one",
    "copied-course e-mail o'clock a,b;c ((refund))",
    "İstanbul'da kursu çaldılar. ΌΣΟΣ και ο. Преподаватель украл мой курс.",
    "この講師は盗んでいます。返金してください！ABC盗。",
    "a a a. b b b! " * 20,
    "",
)


def blocks() -> list[TermBlock]:
    found = [TermBlock("word", 1, 2), TermBlock("word", 1, 3), TermBlock("char_wb", 3, 5), TermBlock("char_wb", 2, 4)]
    return [block.fit(block.count(TEXTS)) for block in found]


@pytest.fixture(params=range(4))
def block(request: pytest.FixtureRequest) -> TermBlock:
    return blocks()[request.param]


@pytest.mark.parametrize("text", TEXTS)
def test_rows_without_a_span_are_what_the_block_says_of_the_text_without_it(block: TermBlock, text: str) -> None:
    places = np.random.default_rng(0).integers(0, len(text) + 1, (30, 2))
    spans = [*sentence_spans(text), *((int(min(pair)), int(max(pair))) for pair in places)]
    variants = [text, *(f"{text[:start]} {text[end:]}" for start, end in spans)]
    found, expected = TermReader(block).rows_without(text, spans), block.transform(variants)
    np.testing.assert_allclose(found.toarray(), expected.toarray(), atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("text", TEXTS)
def test_what_each_known_term_contributes_is_found_in_the_text(block: TermBlock, text: str) -> None:
    row = block.transform([text]).toarray()[0]
    reader = TermReader(block)
    contributions = {place: float(row[place]) for place in np.flatnonzero(row).tolist()}
    credit = reader.credits(text, contributions)
    assert credit.shape == (len(text),)
    assert credit.sum() == pytest.approx(sum(contributions.values()))
    assert all(abs(value) < 1e-12 for value, letter in zip(credit, text, strict=True) if letter.isspace())


def test_a_term_is_shared_by_its_occurrences_and_there_by_its_words_characters() -> None:
    words = TermBlock("word", 1, 2).fit(TermBlock("word", 1, 2).count(["so bad, bad course"]))
    bad, bad_course = (words.terms_.index(term) for term in ("bad", "bad course"))
    credit = TermReader(words).credits("so bad, bad course", {bad: 6.0, bad_course: 9.0})
    np.testing.assert_allclose(credit, [0, 0, 0, 1, 1, 1, 0, 0, 2, 2, 2, 0, 1, 1, 1, 1, 1, 1], atol=1e-12)


def test_a_block_without_a_term_says_nothing() -> None:
    empty = TermBlock().fit(TermBlock().count(["", "."]))
    reader = TermReader(empty)
    assert reader.rows_without("some text here", [(0, 4)]).shape == (2, 0)
    assert not reader.credits("some text here", {}).any()


@pytest.mark.parametrize("piece", ["a a a. ", "word after word. ", "盗んでいます。", ". ", "x"])
def test_the_cost_is_the_texts_length_whatever_it_is_made_of(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    spans = [(start, start + 1000) for start in range(0, 100_000 - 1000, 1000)]
    readers = [TermReader(block) for block in blocks()[::2]]
    started = time.thread_time()
    for reader in readers:
        reader.rows_without(text, spans)
    assert time.thread_time() - started < 5
