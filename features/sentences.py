"""A text's sentences, as the places where they stand.

A rule and no model: people who report write lists, chats and copied mails, on which models of edited prose do no
better. It decides what an explanation can point at, never what a judgement is.
"""

from __future__ import annotations

import re

# A shorter one ("Hello," or "Yes.") says too little to be weighed by itself.
MIN_WORDS = 3

# What may close behind a sentence's end. Possessive, as all runs here are: a run is read once, however long it is.
_CLOSERS = r"[\"'\u2019\u201d\u00bb)\]]*+"
# What may open one: a quote, a bracket (our placeholders begin with one), or a sign of lists.
_OPENERS = "\"'\u2018\u201c\u201e\u00ab\u00bf\u00a1([*\u2022-"
_END = re.compile(
    # A script without spaces needs none behind its full stop.
    rf"[\u3002\uff01\uff1f\uff0e]++{_CLOSERS}\s*+"
    rf"|(?<![.!?\u2026\u061f\u06d4\u0964])[.!?\u2026\u061f\u06d4\u0964]++{_CLOSERS}\s++(?=(?P<next>\S))"
    r"|\n\s*+",
)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['\u2019][^\W_]+)*")
_LAST_WORD = re.compile(r"(?:[^\W_]\.)*[^\W_]+\.$")
_ABBREVIATIONS = frozenset(
    "dr mr mrs ms prof st vs etc no nr inc ltd co approx dept est fig vol e.g i.e cf p pp ca resp incl".split(),  # noqa: SIM905
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence of a cleaned text stands: [start, end), in order, without white space at either end.

    A sentence ends at a line break (so each line of a list or of a chat is one), and at ".", "!", "?" or "…" that is
    followed by a space and by a capital, a digit, a quote or a bracket; in a text that begins no sentence with a
    capital, by any letter. One of fewer than `MIN_WORDS` words joins the next one, or the last one the one before.
    Spans do not overlap, and hold all of the text but white space; there are none in a text without any character.
    """
    ends = list(_END.finditer(text))
    careless = not any((match["next"] or "").isupper() for match in ends)
    pieces = []
    start = 0
    for match in ends:
        if _ends_here(text, match, careless=careless):
            pieces.append((start, match.end()))
            start = match.end()
    pieces.append((start, len(text)))
    return [span for span in (_trimmed(text, *piece) for piece in _joined(text, pieces)) if span[0] < span[1]]


def _ends_here(text: str, match: re.Match[str], *, careless: bool) -> bool:
    following = match["next"]
    if following is None or "\n" in match.group():
        return True
    if not (following.isdigit() or following in _OPENERS or not following.islower() or careless):
        return False
    before = _LAST_WORD.search(text, max(0, match.start() - 20), match.start() + 1)
    if before is None:
        return True
    word = before.group()[:-1]
    # A single capital is an initial ("J. Smith"), unless it is the pronoun.
    return word.lower() not in _ABBREVIATIONS and not (len(word) == 1 and word.isupper() and word != "I")


def _joined(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces with the short ones joined to what follows them; the last one, if short, to what goes before."""
    joined: list[tuple[int, int]] = []
    start, words = pieces[0][0], 0
    for piece_start, end in pieces:
        words += _words(text[piece_start:end])
        if words >= MIN_WORDS:
            joined.append((start, end))
            start, words = end, 0
    if start < len(text):
        first = joined.pop()[0] if joined else start
        joined.append((first, len(text)))
    return joined


def _words(piece: str) -> int:
    """How many words there are; counting stops at what is enough."""
    return sum(1 for _ in zip(range(MIN_WORDS), _WORD.finditer(piece), strict=False))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
