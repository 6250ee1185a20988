"""Words with their letters spaced out, put together again: "f r e e", "f.r.e.e", "f_r_e_e"."""

from __future__ import annotations

import re

from features.lexicon import is_word
from features.lookalikes import FOREIGN, LATIN, MARKS, TO_LATIN

# So many single letters in a row are a word spaced out whatever it says; three are, if they say one ("s e x").
_ENOUGH = 4
# Longer runs are joined without looking for their words.
_LONGEST_SPLIT, _LONGEST_WORD = 400, 20
# In a run of so many letters there are words, even if one of them is a name: it costs as many words as this, and more
# than half a word a letter, so that nothing is taken for a name that can be split into words.
_PHRASE, _UNKNOWN, _UNKNOWN_LETTER = 12, 1.5, 0.6

_LETTER = rf"[{LATIN}{FOREIGN}]"
_NOT_AFTER, _NOT_BEFORE = rf"(?<![\w{MARKS}'\u2019])", rf"(?![\w{MARKS}'\u2019])"
_SPACED = re.compile(rf"{_NOT_AFTER}{_LETTER}(?:[^\S\n]++{_LETTER}{_NOT_BEFORE}){{2,}}")
_POINTED = re.compile(
    rf"(?<![\w{MARKS}.*-]){_LETTER}([._*-]){_LETTER}(?:\1{_LETTER}){{2,}}(?![^\W_]|[{MARKS}]|\1[^\W_])"
)
_GAP = re.compile(r"\s+")


def with_letters_joined(text: str) -> str:
    """A text in NFKC, its white space as it was written, with spaced-out words joined.

    Letters of Latin, Greek and Cyrillic only. Within a run of single letters a gap that is wider than the smallest is
    a gap between words; where all gaps are alike, the run is cut into common English words if it can be. Applying it
    twice is applying it once.
    """
    text = _POINTED.sub(lambda match: match.group().replace(match.group(1), ""), text)
    # The gaps of a first round's letters may only be told from one another in a second; a third changes nothing.
    while (joined := _SPACED.sub(_joined, text)) != text:
        text = joined
    return text


def _joined(match: re.Match[str]) -> str:
    run = match.group()
    gaps = _GAP.findall(run)
    letters = _GAP.sub("", run)
    if len(letters) < _ENOUGH:
        return letters if is_word(_plain(letters)) else run
    smallest = min(map(len, gaps))
    words = [letters[0]]
    for gap, letter in zip(gaps, letters[1:], strict=True):
        if len(gap) > smallest:
            words.append(letter)
        else:
            words[-1] += letter
    return " ".join(_split(words[0])) if len(words) == 1 else " ".join(words)


def _split(letters: str) -> list[str]:
    """`letters` as the fewest common words; whole where it is one, or is short and not made of them."""
    plain = _plain(letters)
    if is_word(plain) or len(plain) > _LONGEST_SPLIT or len(plain) != len(letters):
        return [letters]
    # By length of what is split so far: what its words cost, and where the last one begins.
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    for end in range(1, len(plain) + 1):
        ways = [
            (best[start][0] + cost, start)
            for start in range(max(0, end - _LONGEST_WORD), end)
            if start in best and (cost := _cost(plain, start, end, best[start][1])) is not None
        ]
        if ways:
            best[end] = min(ways)
    if len(plain) not in best:
        return [letters]
    words: list[str] = []
    end = len(plain)
    while end:
        start = best[end][1]
        words.insert(0, letters[start:end])
        end = start
    return words


def _cost(plain: str, start: int, end: int, before: int) -> float | None:
    """1 for a common word, more for what is none, such as a name; None where it may not stand alone."""
    if _may_stand(plain, start, end, before):
        return 1.0
    # A short run that is not made of words is a code, and stays one.
    length = end - start
    return _UNKNOWN + _UNKNOWN_LETTER * length if length > 1 and len(plain) >= _PHRASE else None


def _may_stand(plain: str, start: int, end: int, before: int) -> bool:
    if end - start > 1:
        return is_word(plain[start:end])
    # No two single letters in a row: they would be another run to be joined.
    return plain[start] in "ai" and (start == 0 or start - before > 1)


def _plain(letters: str) -> str:
    return letters.translate(TO_LATIN).lower()
