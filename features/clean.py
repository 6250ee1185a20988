"""Text as it should have been written: one Unicode form, nothing invisible, no letters in disguise.

`clean_text` is idempotent and linear in the text's length. It changes how a text is written, never what it says:
real Russian or Greek stays Russian or Greek; only a word that mixes scripts is unmasked.
"""

# ruff: noqa: RUF001, RUF002 - telling look-alike letters apart is this module's task
from __future__ import annotations

import re
import unicodedata

# More marks than this on one letter is "Zalgo" decoration; no living script stacks as many. The limit also keeps
# normalisation linear: its canonical reordering is quadratic in the length of a run of marks.
MAX_MARKS = 8

# Not of the categories Cc, Cf and Cs, and nevertheless drawn as nothing (Unicode's Default_Ignorable_Code_Point).
_BLANKS = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)}
_BLANKS.update(range(0xE0000, 0xE1000))

_LINE_BREAKS = {0x0A: "\n", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n\n"}
# A tab is a control character that people mean, and the empty braille cell is used as a space that filters miss.
_SPACES = {0x09: " ", 0x2800: " "}


class _Visible(dict[int, str | None]):
    """A table for `str.translate` that decides on each code point when it first meets it."""

    def __missing__(self, code: int) -> str | None:
        dropped = (
            code in _BLANKS
            or code & 0xFFFE == 0xFFFE  # the noncharacters
            or unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"}
        )
        shown = None if dropped else chr(code)
        self[code] = shown
        return shown


_VISIBLE = _Visible({**_LINE_BREAKS, **_SPACES})


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


_MARKS = _class_of_marks()
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{{MAX_MARKS}}})[{_MARKS}]+")
_WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_LATIN = re.compile("[A-Za-z\u00c0-\u02af\u1e00-\u1eff]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
_FOREIGN = re.compile("[\u0370-\u052f\u1f00-\u1fff]")

# Letters that are drawn alike in common typefaces, foreign first (after Unicode's confusables.txt, letters only).
_TO_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХУҮԌԚԜЁЇаеёѕіїјорсухһԁԛԝгѵүӏ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳαικνορυϲγ",
    "ABESIJKMHOPCTXYYGQWËÏaeësiïjopcyxhdqwrvyl" + "ABEZHIKMNOPTYXCjaikvopucy",
)
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTXYaeopcyxSIJsij", "АВЕКМНОРСТХУаеорсухЅІЈѕіј")
_TO_GREEK = str.maketrans("ABEZHIKMNOPTYXovai", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναι")

_WHITE_SPACE = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """`text` in one form, without what cannot be seen.

    Lone surrogates, control characters (NUL among them), zero-width and bidirectional controls and other invisible
    characters are dropped; the rest is brought to Unicode's NFKC; decoration by more than `MAX_MARKS` combining marks
    is cut; look-alike letters are unmasked in words that mix Latin with Cyrillic or Greek; white space becomes one
    space, one line break, or one empty line between paragraphs.

    Args:
        text: Any string, of any length.

    Returns:
        A string that encodes to UTF-8, and that `clean_text` leaves as it is.
    """
    joined = _without_lone_surrogates(text.replace("\r\n", "\n"))
    shown = _TOO_MANY_MARKS.sub(r"\1", joined.translate(_VISIBLE))
    # Some marks come apart into two, hence the second cut.
    composed = _TOO_MANY_MARKS.sub(r"\1", unicodedata.normalize("NFKC", shown))
    if _LATIN.search(composed) and _FOREIGN.search(composed):
        composed = unicodedata.normalize("NFKC", _WORD.sub(_unmasked, composed))
    return _WHITE_SPACE.sub(_one_space, composed).strip()


def _without_lone_surrogates(text: str) -> str:
    """Surrogate pairs joined to the character they stand for, single ones dropped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


def _unmasked(match: re.Match[str]) -> str:
    """A word in one script where look-alikes alone made it mixed; any other word as it was.

    "pаypаl" with Cyrillic а becomes Latin, "пpивет" with a Latin p Cyrillic; "iPhone'ом" or "μm" stays as it was.
    """
    word = match.group()
    if not (_LATIN.search(word) and _FOREIGN.search(word)):
        return word
    if all(ord(letter) in _TO_LATIN for letter in _FOREIGN.findall(word)):
        return word.translate(_TO_LATIN)
    for table, other in ((_TO_CYRILLIC, _GREEK), (_TO_GREEK, _CYRILLIC)):
        if not other.search(word) and all(ord(letter) in table for letter in _LATIN.findall(word)):
            return word.translate(table)
    return word


def _one_space(match: re.Match[str]) -> str:
    breaks = match.group().count("\n")
    return ("\n" * min(breaks, 2)) or " "
