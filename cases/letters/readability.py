"""How hard a text is to read: the Flesch-Kincaid grade, with syllables counted by rule.

grade = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
(J. P. Kincaid et al., "Derivation of New Readability Formulas for Navy Enlisted Personnel", Research Branch Report
8-75, 1975). Syllables are groups of vowels, a silent e left out: an estimate. The grade measures length and nothing
else; a text can be short and unkind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")  # noqa: RUF001  an apostrophe as printers set it
# A blank line ends a sentence too, and a line of its own (a signature).
_END = re.compile(r"[.!?…:]+[\"”’)\]]*(?=\s|$)|\n+")  # noqa: RUF001  closing quotes as printers set them
_VOWELS = re.compile(r"[aeiouyäöüéèêáàâíóúæøå]+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The places (start, end) of the sentences of a text that have a word in them."""
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        piece = text[start:end]
        if _WORD.search(piece):
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end


def words_in(text: str) -> list[str]:
    """The words of a text, numbers not among them."""
    return _WORD.findall(text)


def syllables(word: str) -> int:
    """How many syllables a word has by rule, ≥ 1."""
    lower = word.lower()
    groups = len(_VOWELS.findall(lower))
    silent_e = lower.endswith("e") and not lower.endswith(("le", "ee", "ye", "oe"))
    silent_ed = lower.endswith("ed") and not lower.endswith(("ted", "ded", "eed"))
    groups -= silent_e or silent_ed
    return max(groups, 1)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of a text: years of school; 0 for a text without words."""
    found = words_in(text)
    if not found:
        return 0.0
    spoken = sum(map(syllables, found))
    return 0.39 * len(found) / max(sum(1 for _ in sentences(text)), 1) + 11.8 * spoken / len(found) - 15.59
