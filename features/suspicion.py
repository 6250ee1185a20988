"""How much of a text is written so that a program reads something else than a person does.

It hints that somebody meant to get past a filter, and it is never proof: a signal for the model to weigh, and a model
that has learnt to belittle such cases must not bury them. `without_suspicion` gives the same case without the signal;
whoever ranks asks for both and takes the more urgent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from features.lookalikes import FOREIGN, LATIN, MARKS, OVERLAYS, unmasked

SUSPICIOUS = "suspicious_encoding"
"""The signal's name: the share, 0..1; absent where nothing is suspicious."""

_LETTER = f"{LATIN}{FOREIGN}"
_SOFT_HYPHEN = "\u00ad"
_OVERRIDES = re.compile("[\u202d\u202e]")
# Between two letters of a script that needs no joiners: emoji, Persian, Thai and Hebrew use them rightly.
_UNSEEN = "\u00ad\u034f\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
_INSIDE_WORD = re.compile(rf"(?<=[{_LETTER}])[{_UNSEEN}\uffa0\U000e0000-\U000e0fff]+(?=[{_LETTER}])")
# No orthography puts more than three marks on such a letter (polytonic Greek does that).
_MARKED = re.compile(rf"(?<=[{_LETTER}])[{MARKS}]+")
_OVERLAY = re.compile(f"[{OVERLAYS}]")
_MOST_MARKS = 3
# Two or more in a row: one is a symbol of mathematics. Bold, script, circled, squared, full-width Latin letters.
_STYLED = re.compile(
    "[\u24b6-\u24e9\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7cb\U0001f130-\U0001f149]{2,}",
)
# Where full-width letters are how Latin is written.
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"\w{2,}")
# A text beyond it is judged by its beginning.
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What of a text is in disguise.

    Attributes:
        share: Characters in disguise among all that are not white space, 0..1.
        kinds: Which disguises, sorted: "invisible", "marks", "mixed_script", "styled".
    """

    share: float = 0.0
    kinds: tuple[str, ...] = ()


def suspicious_encoding(text: str) -> Suspicion:
    """What of `text`, as it was sent, is in disguise.

    Counted are characters that are not seen inside a word (a soft hyphen only where no word is hyphenated), and
    controls that turn the direction of writing around; marks that no orthography puts on a letter, and strokes
    through it; look-alike letters of another script; two or more letters in a mathematical or other style. What real
    Russian, Persian, Vietnamese, Japanese, an emoji or a copied page holds is not.
    """
    text = text[:_LONGEST]
    if text.isascii():
        return Suspicion()
    found = {
        "invisible": _unseen(text),
        "marks": _decoration(text),
        "mixed_script": _look_alikes(text),
        "styled": 0 if _EAST_ASIAN.search(text) else sum(len(match) for match in _STYLED.findall(text)),
    }
    written = sum(not letter.isspace() for letter in text)
    kinds = tuple(sorted(kind for kind, characters in found.items() if characters))
    return Suspicion(min(1.0, sum(found.values()) / written), kinds) if kinds else Suspicion()


def without_suspicion(signals: Mapping[str, float]) -> dict[str, float]:
    """`signals` of an assembled case as they were if nothing in its text were suspicious."""
    return {name: value for name, value in signals.items() if name != SUSPICIOUS}


def _unseen(text: str) -> int:
    inside = sum(len(match.group()) for match in _INSIDE_WORD.finditer(text) if not _hyphenates(text, *match.span()))
    return inside + len(_OVERRIDES.findall(_INSIDE_WORD.sub("", text)))


def _hyphenates(text: str, start: int, end: int) -> bool:
    """Whether it is one soft hyphen where typesetters put them: two letters or more on either side."""
    around = (text[max(0, start - 2) : start], text[end : end + 2])
    return text[start:end] == _SOFT_HYPHEN and all(len(side) == 2 and side.isalpha() for side in around)


def _decoration(text: str) -> int:
    runs = _MARKED.findall(text)
    return sum(len(run) if len(run) > _MOST_MARKS else len(_OVERLAY.findall(run)) for run in runs)


def _look_alikes(text: str) -> int:
    visible = _INSIDE_WORD.sub("", text)
    plain = unmasked(visible)
    # A letter by itself is more often what is talked about: "the name has a Cyrillic \u0430".
    return sum(
        old != new
        for word in _WORD.finditer(visible)
        for old, new in zip(word.group(), plain[word.start() : word.end()], strict=True)
    )
