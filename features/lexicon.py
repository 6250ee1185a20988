"""Common English words: what a disguised word must turn out to be before it is taken for a disguise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("english_words.txt")
_ENDINGS = ("s", "es", "d", "ed", "ing", "er", "ers", "ly")
# A shorter stem with an ending is as likely to be anything else.
_SHORTEST_STEM = 4


def is_word(word: str) -> bool:
    """Whether `word`, in small letters, is a common English word, be it with an ending such as -s or -ing."""
    known = _words()
    if word in known:
        return True
    stems = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
    return any(len(stem) >= _SHORTEST_STEM and stem in known for stem in stems)


@cache
def _words() -> frozenset[str]:
    lines = _FILE.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
