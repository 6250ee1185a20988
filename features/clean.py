"""Text as it should have been written: one Unicode form, nothing invisible, no letters in disguise.

`clean_text` is idempotent and linear in the text's length. It changes how a text is written, never what it says:
real Russian or Greek stays Russian or Greek; a disguise is taken off (`features.lookalikes`, `features.spacing`).
Signs that stand for letters are another matter (`features.leet`): they are read after redaction, which needs digits.
"""

from __future__ import annotations

import re
import unicodedata

from features.lookalikes import MARKS, unmasked, without_overlays
from features.spacing import with_letters_joined

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

_TOO_MANY_MARKS = re.compile(f"([{MARKS}]{{{MAX_MARKS}}})[{MARKS}]+")

_WHITE_SPACE = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """`text` in one form, without what cannot be seen.

    Lone surrogates, control characters (NUL among them), zero-width and bidirectional controls and other invisible
    characters are dropped; the rest is brought to Unicode's NFKC; decoration by more than `MAX_MARKS` combining marks
    is cut, strokes through letters are dropped, spaced-out words are joined; look-alike letters are unmasked in words
    that mix Latin with Cyrillic or Greek, or stand in Latin text; white space becomes one space, one line break, or
    one empty line between paragraphs.

    Args:
        text: Any string, of any length.

    Returns:
        A string that encodes to UTF-8, and that `clean_text` leaves as it is.
    """
    whole = _without_lone_surrogates(text.replace("\r\n", "\n"))
    shown = _TOO_MANY_MARKS.sub(r"\1", whole.translate(_VISIBLE))
    # Some marks come apart into two, hence the second cut.
    composed = _TOO_MANY_MARKS.sub(r"\1", unicodedata.normalize("NFKC", shown))
    struck = unicodedata.normalize("NFKC", without_overlays(composed))
    joined = unmasked(with_letters_joined(struck))
    return _WHITE_SPACE.sub(_one_space, unicodedata.normalize("NFKC", joined)).strip()


def _without_lone_surrogates(text: str) -> str:
    """Surrogate pairs joined to the character they stand for, single ones dropped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


def _one_space(match: re.Match[str]) -> str:
    breaks = match.group().count("\n")
    return ("\n" * min(breaks, 2)) or " "
