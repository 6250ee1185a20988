"""A text as passages: paragraphs, or a few sentences of one, each short enough to be about one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from features.sentences import sentence_spans

Span = tuple[int, int]

# A passage ends before it would have more words. A sentence of more than twice as many is no sentence: it is cut.
PASSAGE_WORDS = 50

_WORD = re.compile(r"\S+")
_EMPTY_LINE = re.compile(r"\n\s*\n")


def passage_spans(text: str, words: int = PASSAGE_WORDS) -> list[Span]:
    """Where each passage of a cleaned text stands: [start, end), in order, without white space at either end.

    Sentences are put together up to `words` words, never across an empty line. Passages hold all of the text but
    white space; there are none in a text without any character.

    Args:
        text: As `features.assemble` makes it.
        words: ≥ 1.
    """
    return [span for paragraph in _paragraphs(text) for span in _grouped(text, paragraph, words)]


def without(text: str, spans: Sequence[Span]) -> str:
    """The text with spaces in the place of `spans`, so that what is left stands where it stood."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for match in _EMPTY_LINE.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _grouped(text: str, paragraph: Span, words: int) -> list[Span]:
    """The paragraph's pieces, neighbours put together up to `words` words."""
    passages: list[Span] = []
    counted = 0
    for start, end in _pieces(text, paragraph, words):
        size = _count(text, start, end)
        if passages and counted + size <= words:
            passages[-1] = (passages[-1][0], end)
            counted += size
        else:
            passages.append((start, end))
            counted = size
    return passages


def _pieces(text: str, paragraph: Span, words: int) -> Iterator[Span]:
    """Sentences; those of more than twice the words cut after so many."""
    first = paragraph[0]
    for start, end in sentence_spans(text[slice(*paragraph)]):
        if _count(text, first + start, first + end) <= 2 * words:
            yield first + start, first + end
            continue
        found = list(_WORD.finditer(text, first + start, first + end))
        for place in range(0, len(found), words):
            yield found[place].start(), found[min(place + words, len(found)) - 1].end()


def _count(text: str, start: int, end: int) -> int:
    return sum(1 for _ in _WORD.finditer(text, start, end))
