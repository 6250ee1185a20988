"""Ways in which a text is disguised, by people who mean to get past a filter and by people in a hurry.

Each attack is a pure function of a text and a seed. Some change how letters are encoded, some how words are spelt,
some bury the point among harmless words. What they change is drawn by the seed; how much is the attack's own.
"""

# ruff: noqa: RUF001, S311 - look-alike letters are the attack; nothing here is a secret
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evaluation.harmless_prose import PARAGRAPHS

_LOOK_ALIKES = str.maketrans("ABEIJKMHOPCTXYaeijopcyxshdqwv", "АВЕІЈКМНОРСТХУаеіјорсухѕһԁԛԝѵ")
_GREEK = str.maketrans("ABEZHIKMNOPTYXovaiku", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονаικυ".replace("а", "α"))
_LEET = str.maketrans("oOiIeEaAsStT", "001133445577")
_UNSEEN = "\u200b\u200c\u200d\u2060\u00ad"
_WORD = re.compile(r"[^\W\d_]{4,}")
_SHARE = 0.5  # of the words of four letters and more
_TYPO_SHARE = 0.25
_LONG = 3000  # words

Change = Callable[[str, random.Random], str]


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to disguise a case's text.

    Attributes:
        name: As a report shows it.
        change: What it does to a text.
        titles: Whether it is done to the title too; padding is done to the description alone.
    """

    name: str
    change: Change
    titles: bool = True

    def apply(self, title: str, description: str, seed: int = 0) -> tuple[str, str]:
        """Title and description in disguise; equal arguments give equal answers."""
        rng = random.Random(f"{seed} {self.name}")
        return (self.change(title, rng) if self.titles else title), self.change(description, rng)


def look_alikes(text: str, rng: random.Random) -> str:
    """Cyrillic letters for the Latin ones that they look like, in half of the words."""
    return _in_words(text, rng, lambda word: word.translate(_LOOK_ALIKES))


def greek_look_alikes(text: str, rng: random.Random) -> str:
    """Greek letters for the Latin ones that they look like, in half of the words."""
    return _in_words(text, rng, lambda word: word.translate(_GREEK))


def full_width(text: str, rng: random.Random) -> str:
    """Full-width letters in half of the words."""
    return _in_words(text, rng, lambda word: _moved(word, 0xFF21, 0xFF41))


def mathematical(text: str, rng: random.Random) -> str:
    """Bold mathematical letters in half of the words, as "fancy text" sites make them."""
    return _in_words(text, rng, lambda word: _moved(word, 0x1D400, 0x1D41A))


def unseen_characters(text: str, rng: random.Random) -> str:
    """One character that is not seen inside each of half of the words."""

    def split(word: str) -> str:
        place = rng.randrange(1, len(word))
        return word[:place] + rng.choice(_UNSEEN) + word[place:]

    return _in_words(text, rng, split)


def leetspeak(text: str, rng: random.Random) -> str:
    """Digits for the letters that they look like, in half of the words."""
    return _in_words(text, rng, lambda word: word.translate(_LEET))


def typing_errors(text: str, rng: random.Random) -> str:
    """A letter left out, doubled or swapped with the next, in a quarter of the words."""

    def slip(word: str) -> str:
        place = rng.randrange(1, len(word) - 1)
        here, following = word[place], word[place + 1]
        return word[:place] + rng.choice(("", here * 2 + following, following + here)) + word[place + 2 :]

    return _in_words(text, rng, slip, _TYPO_SHARE)


def upper_case(text: str, _rng: random.Random) -> str:
    """All in capitals."""
    return text.upper()


def lower_case(text: str, _rng: random.Random) -> str:
    """All in small letters."""
    return text.lower()


def alternating_case(text: str, _rng: random.Random) -> str:
    """Capitals and small letters in turn."""
    return "".join(letter.upper() if place % 2 else letter.lower() for place, letter in enumerate(text))


def spaced_out(text: str, rng: random.Random) -> str:
    """Half of the words with a space between their letters, and wider ones around them."""
    return _in_words(text, rng, lambda word: f"  {' '.join(word)}  ")


def all_spaced_out(text: str, _rng: random.Random) -> str:
    """A single space between any two letters, words run together."""
    return " ".join("".join(text.split()))


def padded_before(text: str, rng: random.Random) -> str:
    """Four harmless paragraphs, then the text."""
    return "\n\n".join([*_harmless(rng, 4), text])


def padded_after(text: str, rng: random.Random) -> str:
    """The text, then four harmless paragraphs."""
    return "\n\n".join([text, *_harmless(rng, 4)])


def padded_around(text: str, rng: random.Random) -> str:
    """The text between three harmless paragraphs and three more."""
    drawn = _harmless(rng, 6)
    return "\n\n".join([*drawn[:3], text, *drawn[3:]])


def point_at_the_end(text: str, rng: random.Random) -> str:
    """Some 3,000 harmless words, then the text."""
    paragraphs: list[str] = []
    while sum(len(paragraph.split()) for paragraph in paragraphs) < _LONG:
        paragraphs += _harmless(rng, len(PARAGRAPHS))
    return "\n\n".join([*paragraphs, text])


def _named(attacks: Iterable[Attack]) -> Mapping[str, Attack]:
    return MappingProxyType({attack.name: attack for attack in attacks})


ATTACKS = _named(
    (
        Attack("Cyrillic look-alikes", look_alikes),
        Attack("Greek look-alikes", greek_look_alikes),
        Attack("full-width letters", full_width),
        Attack("mathematical letters", mathematical),
        Attack("zero-width characters", unseen_characters),
        Attack("leetspeak", leetspeak),
        Attack("typing errors", typing_errors),
        Attack("upper case", upper_case),
        Attack("lower case", lower_case),
        Attack("alternating case", alternating_case),
        Attack("spaced-out words", spaced_out),
        Attack("every letter spaced out", all_spaced_out),
        Attack("padding before", padded_before, titles=False),
        Attack("padding after", padded_after, titles=False),
        Attack("padding around", padded_around, titles=False),
    )
)
"""By name, in the order of a report."""

LONG_ATTACKS = _named((Attack("3,000 words before the point", point_at_the_end, titles=False),))
"""Those whose texts are so long that a report may try them on fewer rows."""


def _in_words(text: str, rng: random.Random, change: Callable[[str], str], share: float = _SHARE) -> str:
    """`text` with `change` done to a drawn share of its words of four letters and more."""
    return _WORD.sub(lambda match: change(match.group()) if rng.random() < share else match.group(), text)


def _moved(word: str, capital_a: int, small_a: int) -> str:
    """ASCII letters moved to the alphabet that begins there."""
    return "".join(
        letter if not letter.isascii() else chr(ord(letter) + (capital_a - 65 if letter.isupper() else small_a - 97))
        for letter in word
    )


def _harmless(rng: random.Random, count: int) -> list[str]:
    return rng.sample(PARAGRAPHS, count)
