"""Slips of the hand, made on purpose: an encoder that has read them while it was tuned reads past them later.

People in a hurry mistype, and a word piece that was never met says nothing. What is drawn here is what keyboards do:
a letter left out, doubled, swapped with the next or taken from the neighbouring key, a space too much.
"""

from __future__ import annotations

import re

import numpy as np

# Of a text that is mistyped, the share of its words that are; short ones are seldom mistyped and hard to know again.
SHARE = 0.15
_WORD = re.compile(r"[^\W\d_]{4,}")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    letter: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _ROWS
    for place, letter in enumerate(row)
}


def mistyped(text: str, random: np.random.Generator, share: float = SHARE) -> str:
    """The text with a slip in so many of its words of four letters and more; equal draws give equal answers.

    Args:
        text: Any.
        random: Drawn from once for each word, and for each slip.
        share: 0..1.
    """

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        return _slip(word, random) if random.random() < share else word

    return _WORD.sub(slip, text)


def _slip(word: str, random: np.random.Generator) -> str:
    place = int(random.integers(1, len(word) - 1))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    kind = int(random.integers(5))
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter * 2 + after
    if kind == 2:
        return before + after[0] + letter + after[1:]
    if kind == 3:
        beside = _BESIDE.get(letter.lower(), letter)
        return before + beside[int(random.integers(len(beside)))] + after
    return f"{before} {letter}{after}"
