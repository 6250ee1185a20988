"""A text as passages: paragraphs, or a few sentences of one, each short enough to be about one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from features.sentences import sentence_spans

Span = tuple[int, int]

# A passage ends before it would have more words. A sentence of more than twice as many is no sentence: it is cut.
PASSAGE_WORDS = 50

_WORD = re.compile(r"\S+")
_PARAGRAPH_END = re.compile(r"\n\s*\n")


def passage_spans(text: str, words: int = PASSAGE_WORDS) -> list[Span]:
    """Where each passage of a cleaned text stands: [start, end), in order, without white space at either end.

    Sentences are put together up to `words` words, never across an empty line. Passages hold all of the text but
    white space; there are none in a text without any character.

    Args:
        text: As `features.assemble` makes it.
        words: ≥ 1.
    """
    passages: list[Span] = []
    counted = 0
    for start, end in _pieces(text, words):
        size = _count(text, start, end)
        joins = bool(passages) and counted + size <= words and not _PARAGRAPH_END.search(text, passages[-1][1], start)
        if joins:
            passages[-1] = (passages[-1][0], end)
            counted += size
        else:
            passages.append((start, end))
            counted = size
    return passages


def without(text: str, spans: Sequence[Span]) -> str:
    """The text with spaces in the place of `spans`, so that what is left stands where it stood."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _pieces(text: str, words: int) -> Iterator[Span]:
    """Sentences; those of more than twice the words cut after so many."""
    for start, end in sentence_spans(text):
        if _count(text, start, end) <= 2 * words:
            yield start, end
            continue
        found = list(_WORD.finditer(text, start, end))
        for first in range(0, len(found), words):
            yield found[first].start(), found[min(first + words, len(found)) - 1].end()


def _count(text: str, start: int, end: int) -> int:
    return sum(1 for _ in _WORD.finditer(text, start, end))
