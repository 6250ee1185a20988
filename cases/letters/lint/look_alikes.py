"""A text as an eye would take it: case, accents, spacing, full-width and look-alike letters set aside, places kept.

Compatibility forms and accents go by Unicode normalisation (NFKD, UAX #15, https://www.unicode.org/reports/tr15/).
Letters of other scripts that look like Latin ones are the commonest of Cyrillic, Greek and Armenian, in the manner of
Unicode's confusables (UTS #39, https://www.unicode.org/reports/tr39/), of which they are a small part.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Lower case alone: texts are folded first. Digits that stand in for letters are tried apart, as `leet`.
_LOOKS_LIKE = str.maketrans(
    "авсԁеғнһіјкӏмопрԛѕтуѵԝхԍαβγεηικνορτυχωհոսցօքյɑɡıłøđßæœ",
    "abcdefhhijklmonpqstyvwxgabyenikvoptuxwhnugopjagilodbao",
)
# i, l and 1 look so much alike that they count as one.
_LEET = str.maketrans("013457@$i!|", "oleastaslll")


@dataclass(frozen=True, slots=True)
class Seen:
    """A text as an eye takes it.

    Attributes:
        letters: Letters and digits alone, folded.
        places: For each of them where it stands in the text.
        starts: Whether a word of the text begins there.
        ends: Whether a word of the text ends there.
    """

    letters: str
    places: tuple[int, ...]
    starts: tuple[bool, ...]
    ends: tuple[bool, ...]

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Where `length` letters from `start` stand in the text."""
        return self.places[start], self.places[start + length - 1] + 1


def seen(text: str, *, leet: bool = False) -> Seen:
    """`text` as an eye takes it.

    Args:
        text: Any.
        leet: Whether 0, 1, 3, 4, 5, 7, @, $, ! and | count as the letters that they are written for.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for folded in _one(character, leet=leet):
            letters.append(folded)
            places.append(place)
    return Seen(
        "".join(letters),
        tuple(places),
        tuple(_bound(text, place, -1) for place in places),
        tuple(_bound(text, place, 1) for place in places),
    )


def eye(text: str, *, leet: bool = False) -> str:
    """A short text folded letter by letter, its spaces and marks kept."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    plain = plain.translate(_LOOKS_LIKE)
    return plain.translate(_LEET) if leet else plain


@lru_cache(maxsize=4096)
def _one(character: str, *, leet: bool) -> str:
    """The letters and digits that one character is taken for."""
    return "".join(filter(str.isalnum, eye(character, leet=leet)))


def _bound(text: str, place: int, step: int) -> bool:
    """Whether no letter stands beside that place, marks that are not seen set aside."""
    beside = place + step
    while 0 <= beside < len(text) and unicodedata.category(text[beside]) in {"Cf", "Mn", "Me"}:
        beside += step
    return not (0 <= beside < len(text) and text[beside].isalnum())
