"""Digits and signs that stand for letters inside a word: "w0rld" says "world", "k!ll" says "kill".

Only where a common English word comes out. "B2B", "mp3", "h264", "covid19", versions, prices, codes and links stay as
they are: links and addresses whatever they hold, since where they lead is evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from math import prod

from features.lexicon import is_word

_LETTERS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "il"}
_SIGNS = "013457@$!"
# Each "1" and each "!" doubles the ways to read a word.
_MOST_READINGS = 16
_LONG, _LONGEST = 6, 24
# From so many disguised words on a text is written that way, and the doubtful ones ("7h47", "c455") are read too.
_HABIT = 2

_CHUNK = re.compile(r"\S+")
# A path, a query, a code with underscores, a host, an address, a person's name on some site.
_ADDRESS = re.compile(r"(?<!\w)@\w|[/\\_=&#]|[^\W_]\.[^\W_]|\w:\w|\w@[\w-]*\.\w")
_TOKEN = re.compile(r"(?<![\w@$!])[@!]*+(?P<word>[A-Za-z\d$][A-Za-z\d@$!]*+)(?!\w)")
# What may stand at a word's end by itself: "m3n" has its sign inside, "course5" and "mp3" end in a number.
_DOUBLED_END = re.compile(r"(?:00|33|44|\$\$)$")
_INSIDE = re.compile(rf"[a-z][{_SIGNS}]+[a-z]")
# "l10n" counts the letters left out between its first and its last; no such word leaves out 30 ("w33k", "f00d").
_NUMERONYM = re.compile(r"[a-z][12]\d[a-z]")
# The ones that would read as a word. Where signs are a habit, all others ("w17h", "l157") are likelier to be words.
_NUMERONYMS = frozenset({"a11y", "c14n", "l10n", "o11y", "p14n"})
# "700k", "11am" and "14mb" are an amount, a time and a size however the rest is written. Of units no more than these:
# "541d", "50ld" and "34ch" are words.
_MEASURE = re.compile(r"\d+(?:0[kmb]|[kmgt]b|ft|th)|(?:0?\d|1[0-2])[ap]m")


def with_letters_for_signs(text: str) -> str:
    """A cleaned text with such words in letters; the rest untouched. Applying it twice is applying it once."""
    if not any(sign in text for sign in _SIGNS):
        return text
    strict = _Reader(_is_telling)
    text = _CHUNK.sub(strict.chunk, text)
    return text if strict.words < _HABIT else _CHUNK.sub(_Reader(_may_be_one).chunk, text)


class _Reader:
    """Reads the words of which `doubtless` says that they may be in disguise, and counts them in `words`."""

    def __init__(self, doubtless: Callable[[str, int], bool]) -> None:
        self._doubtless = doubtless
        self.words = 0

    def chunk(self, match: re.Match[str]) -> str:
        chunk = match.group()
        if not any(sign in chunk for sign in _SIGNS) or _ADDRESS.search(chunk):
            return chunk
        return _TOKEN.sub(self._token, chunk)

    def _token(self, match: re.Match[str]) -> str:
        word = match["word"].rstrip("@!")
        letters = sum(map(str.isalpha, word))
        if len(word) > _LONGEST or letters in (0, len(word)) or not self._doubtless(word.lower(), letters):
            return match.group()
        meant = _meant(word.lower())
        if not meant:
            return match.group()
        self.words += 1
        if word.upper() == word:
            meant = meant.upper()
        spelt = "".join(old if old.isalpha() else new for old, new in zip(word, meant, strict=True))
        start = match.start("word") - match.start()
        return match.group()[:start] + spelt + match.group()[start + len(word) :]


def _is_telling(word: str, letters: int) -> bool:
    """Whether signs stand where numbers do not, and not so many as in a code."""
    most = 2 * letters if len(word) >= _LONG else letters
    if letters < 2 or len(word) - letters > most or _NUMERONYM.fullmatch(word):
        return False
    return bool(_INSIDE.search(word)) or word[0] == "$" or bool(_DOUBLED_END.search(word))


def _may_be_one(word: str, _letters: int) -> bool:
    return len(word) > 3 and word not in _NUMERONYMS and not _MEASURE.fullmatch(word)


def _meant(word: str) -> str:
    """The common word that `word`, in small letters, is a disguise of; "" where it is none."""
    ways = [_LETTERS.get(sign, sign) for sign in word]
    if prod(map(len, ways)) > _MOST_READINGS:
        return ""
    return next((found for found in map("".join, product(*ways)) if is_word(found)), "")
