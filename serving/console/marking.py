"""Marking, in a case's own text, the sentences that carried the suggestion.

The model reads a cleaned and redacted text, in which an explanation's places are. People read what was sent. A
sentence is marked where it stands word for word in both; one that cleaning changed is not guessed at, and the page
says how many were not found.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.explanation import Explanation

# A sentence that moves the odds by less says nothing.
_LEAST_SHARE = 0.15
_MOST = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text.

    Attributes:
        text: As it was sent.
        weight: 0 for none, 1 to 3 for a sentence that carried the suggestion, 3 the most.
    """

    text: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """A text in pieces.

    Attributes:
        pieces: In order; together they are the text.
        missed: How many sentences that carried the suggestion do not stand in it word for word.
    """

    pieces: tuple[Piece, ...]
    missed: int = 0


def carrying(why: Explanation, read: str) -> list[tuple[str, int]]:
    """The sentences that carried the suggestion, as the model read them, and their weights; in the text's order.

    Args:
        why: The explanation.
        read: The text that its places are in.
    """
    strongest = sorted((s for s in why.sentences if s.share >= _LEAST_SHARE), key=lambda s: -s.share)[:_MOST]
    weights = {(s.start, s.end): _MOST - place for place, s in enumerate(strongest)}
    return [(read[start:end].strip(), weights[start, end]) for start, end in sorted(weights)]


def marked(text: str, sentences: Sequence[tuple[str, int]]) -> Marked:
    """`text` with the sentences marked that stand in it; white space may differ."""
    found = []
    missed = 0
    for sentence, weight in sentences:
        words = sentence.split()
        place = re.search(r"\s+".join(map(re.escape, words)), text) if words else None
        if place is None:
            missed += 1
        else:
            found.append((place.start(), place.end(), weight))
    pieces: list[Piece] = []
    reached = 0
    for start, end, weight in sorted(found):
        if start < reached:
            continue
        pieces += [Piece(text[reached:start]), Piece(text[start:end], weight)]
        reached = end
    pieces.append(Piece(text[reached:]))
    return Marked(tuple(piece for piece in pieces if piece.text), missed)


def in_both(title: str, description: str, sentences: Sequence[tuple[str, int]]) -> tuple[Marked, Marked]:
    """The title and the description, marked; a sentence that is in either was not missed."""
    told = marked(title, sentences), marked(description, sentences)
    missed = sum(
        not any(piece.weight == weight for piece in itertools.chain(told[0].pieces, told[1].pieces))
        for _, weight in sentences
    )
    return Marked(told[0].pieces, missed), Marked(told[1].pieces, missed)
