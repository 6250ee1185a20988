"""Letters in disguise: look-alikes of another script, and what is drawn through or around a letter."""

# ruff: noqa: RUF001, RUF002 - telling look-alike letters apart is this module's task
from __future__ import annotations

import re
import unicodedata

LATIN = "A-Za-z\u00c0-\u02af\u1e00-\u1eff"
FOREIGN = "\u0370-\u052f\u1f00-\u1fff"
"""Greek and Cyrillic, the scripts that share most letters' looks with Latin. Both are insides of a regex class."""


def _class_of_marks() -> str:
    """The inside of a regular expression's class that holds each combining mark (categories Mn, Mc, Me)."""
    ranges: list[tuple[int, int]] = []
    # Beyond these planes there are only the variation selectors, which are dropped as blanks.
    for code in range(0x300, 0x20000):
        if unicodedata.category(chr(code))[0] != "M":
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


MARKS = _class_of_marks()
# Strokes through a letter, and circles and boxes around it.
OVERLAYS = "\u0334-\u0338\u0488\u0489\u20d2\u20d3\u20d8-\u20da\u20dd-\u20e0\u20e2-\u20e6"

_WORD = re.compile(rf"(?:[^\W_]|[{MARKS}])+")
_LATIN = re.compile(f"[{LATIN}]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
_FOREIGN = re.compile(f"[{FOREIGN}]")
_STRUCK = re.compile(rf"(?<=[{LATIN}{FOREIGN}])[{MARKS}]*[{OVERLAYS}][{MARKS}]*")
_OVERLAY = re.compile(f"[{OVERLAYS}]+")

# Letters that are drawn alike in common typefaces, foreign first (after Unicode's confusables.txt, letters only).
TO_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХУҮԌԚԜЁЇаеёѕіїјорсухһԁԛԝгѵүӏ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳαικνορυϲγ",
    "ABESIJKMHOPCTXYYGQWËÏaeësiïjopcyxhdqwrvyl" + "ABEZHIKMNOPTYXCjaikvopucy",
)
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTXYaeopcyxSIJsij", "АВЕКМНОРСТХУаеорсухЅІЈѕіј")
_TO_GREEK = str.maketrans("ABEZHIKMNOPTYXovai", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναι")


def without_overlays(text: str) -> str:
    """Latin, Greek and Cyrillic letters without strokes through and boxes around them: "s̶c̶a̶m̶" says "scam"."""
    return _STRUCK.sub(lambda match: _OVERLAY.sub("", match.group()), text)


def unmasked(text: str) -> str:
    """A text in NFKC with the look-alikes replaced, letter for letter.

    A word that mixes Latin with Greek or Cyrillic comes to be in one script, where look-alikes alone made it mixed.
    A word of nothing but look-alikes is unmasked as well, where the text is Latin for the most part and holds no
    letter that Greek or Cyrillic alone has: "ѕсаm with а сору". Any other word stays as it was.
    """
    if not (_LATIN.search(text) and _FOREIGN.search(text)):
        return text
    text = _WORD.sub(_in_one_script, text)
    foreign = _FOREIGN.findall(text)
    if not all(ord(letter) in TO_LATIN for letter in foreign) or len(foreign) >= len(_LATIN.findall(text)):
        return text
    return _WORD.sub(_in_latin, text)


def _in_one_script(match: re.Match[str]) -> str:
    """A word in one script where look-alikes alone made it mixed; any other word as it was.

    "pаypаl" with Cyrillic а becomes Latin, "пpивет" with a Latin p Cyrillic; "iPhone'ом" or "μm" stays as it was.
    """
    word = match.group()
    if not (_LATIN.search(word) and _FOREIGN.search(word)):
        return word
    if all(ord(letter) in TO_LATIN for letter in _FOREIGN.findall(word)):
        return word.translate(TO_LATIN)
    for table, other in ((_TO_CYRILLIC, _GREEK), (_TO_GREEK, _CYRILLIC)):
        if not other.search(word) and all(ord(letter) in table for letter in _LATIN.findall(word)):
            return word.translate(table)
    return word


def _in_latin(match: re.Match[str]) -> str:
    """A word of look-alikes in Latin, unless it is a single Greek letter: a symbol, as a rule ("α", "χ²")."""
    word = match.group()
    return word if len(_GREEK.findall(word)) == 1 and not _CYRILLIC.search(word) else word.translate(TO_LATIN)
