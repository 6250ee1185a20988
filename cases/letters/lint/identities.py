"""Where a text tells who somebody is: a name or its parts, initials, an e-mail address, a telephone number, an id."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from cases.letters.lint.look_alikes import Seen, eye, seen

Span = tuple[int, int]

# The end of a telephone number that tells whose it is, whatever code stands before it.
_PHONE_END = 7
# Shorter parts of a name are words of many other names, too.
_SHORTEST_PART = 3
_SHORTEST_LOCAL_PART = 4
# Between two digits of one number: no more than this many spaces, dots, dashes, slashes or brackets.
_PHONE_GAP = 3

_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_TITLES = {"mr", "mrs", "ms", "mx", "dr", "prof", "professor", "sir", "miss", "herr", "frau", "mme"}
_SENTENCE_END = re.compile(r"(?:^|[.!?:…][\"”’)\]]*\s+|\n\s*)[\"“‘(\[]*$")  # noqa: RUF001  quotes as printers set them


def disclosures(text: str, identities: Iterable[str], everyday: frozenset[str]) -> Iterator[Span]:
    """Each place of `text` that one of `identities` shows in, in any case, spacing or look-alike letters.

    Args:
        text: The draft's.
        identities: As the record has them: "Maria Jones", "maria.jones@example.org", "+49 30 1234567", "@maria_j".
        everyday: Words that are names as well ("will", "grace"), lower case: such a one counts where it has a capital
            and stands within a sentence.
    """
    given = [identity.strip() for identity in identities if identity.strip()]
    if not given:
        return
    plain, leet = seen(text), seen(text, leet=True)
    for told in given:
        if _EMAIL.match(told):
            yield from _email(plain, leet, told, text, everyday)
        elif _is_phone(told):
            yield from _phone(text, told)
        elif told.startswith("@") or any(c.isdigit() for c in told) or "_" in told:
            yield from _code(plain, leet, told, text, everyday)
        else:
            yield from _name(plain, leet, told, text, everyday)


def whole(text: str, needle: str) -> Iterator[Span]:
    """Each place of `text` where `needle` stands as words of its own, in any case, spacing or look-alike letters."""
    yield from _bounded(seen(text), seen(needle).letters)


def _email(plain: Seen, leet: Seen, email: str, text: str, everyday: frozenset[str]) -> Iterator[Span]:
    local, _, domain = email.partition("@")
    spelled = (email, f"{local} at {domain}", f"{local} at {domain.replace('.', ' dot ')}")
    for form in spelled:
        yield from _bounded(plain, seen(form).letters)
        yield from _bounded(leet, seen(form.replace("@", ""), leet=True).letters)
    name = local.partition("+")[0]
    if len(seen(name).letters) > _SHORTEST_LOCAL_PART:
        yield from _mentions(plain, leet, name, text, everyday)
    for part in re.split(r"[._\-]+", name):
        if part.isalpha() and len(part) >= _SHORTEST_LOCAL_PART:
            yield from _mentions(plain, leet, part, text, everyday)


def _code(plain: Seen, leet: Seen, code: str, text: str, everyday: frozenset[str]) -> Iterator[Span]:
    bare = code.lstrip("@")
    if len(seen(bare).letters) < _SHORTEST_PART:
        return
    if eye(bare) in everyday:
        yield from (m.span() for m in re.finditer(rf"@{re.escape(bare)}(?!\w)", text, re.IGNORECASE))
        return
    # A code's digits are digits: written as letters, "user-17" would be found in words.
    yield from _bounded(plain, seen(bare).letters)
    if not any(c.isdigit() for c in bare):
        yield from _bounded(leet, seen(bare, leet=True).letters)


def _name(plain: Seen, leet: Seen, name: str, text: str, everyday: frozenset[str]) -> Iterator[Span]:
    parts = [part for part in re.split(r"[\s,]+", name) if part.strip(".") and eye(part.strip(".")) not in _TITLES]
    if len(parts) > 1:
        for order in (parts, parts[::-1]):
            found = {
                *_bounded(plain, seen(" ".join(order)).letters),
                *_bounded(leet, seen(" ".join(order), leet=True).letters),
            }
            # The end of one sentence and the beginning of the next are no name.
            yield from (span for span in sorted(found) if not re.search(r"[a-z][.!?]\s", text[slice(*span)]))
        yield from _initials(text, parts)
    for part in parts:
        for piece in {part, *re.split(r"[-–]", part)}:  # noqa: RUF001  a dash within a name
            # A name in a script without spaces is short, and no word of an English letter.
            if len(piece) >= _SHORTEST_PART or not eye(piece).isascii():
                yield from _mentions(plain, leet, piece, text, everyday)


def _mentions(plain: Seen, leet: Seen, word: str, text: str, everyday: frozenset[str]) -> Iterator[Span]:
    ambiguous = eye(word) in everyday
    found = {*_bounded(plain, seen(word).letters), *_bounded(leet, seen(word, leet=True).letters)}
    for start, end in sorted(found):
        if not ambiguous or _as_a_name(text, start, end):
            yield start, end


def _as_a_name(text: str, start: int, end: int) -> bool:
    """Whether an everyday word stands there as a name: with a capital, within a sentence, by no number (3 May)."""
    if not text[start].isupper() or text[start:end].isupper() or _SENTENCE_END.search(text[:start]):
        return False
    beside = text[max(0, start - 2) : start] + text[end : end + 2]
    return not any(c.isdigit() for c in beside)


def _initials(text: str, parts: list[str]) -> Iterator[Span]:
    letters = [part[0].upper() for part in parts]
    # Two letters without dots are the short form of too much else (IT, EU, US).
    dots = r"\.\s?" if len(letters) == 2 else r"\.?\s?"
    pattern = dots.join(map(re.escape, letters)) + (r"\." if len(letters) == 2 else r"\.?")
    yield from (match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text))


def _is_phone(told: str) -> bool:
    digits = sum(c.isdigit() for c in told)
    return digits >= _PHONE_END and all(c.isdigit() or c in " +().-/ " for c in told)


def _phone(text: str, phone: str) -> Iterator[Span]:
    end = "".join(_digit(c) for c in phone)[-_PHONE_END:]
    digits: str = ""
    places: list[int] = []
    for place, character in enumerate(text):
        digit = _digit(character)
        if not digit:
            continue
        between = text[places[-1] + 1 : place] if places else ""
        if places and (len(between) > _PHONE_GAP or re.search(r"[^\s().\-/]", between)):
            digits, places = "", []
        digits, places = digits + digit, [*places, place]
        if digits.endswith(end):
            yield places[0], place + 1


def _digit(character: str) -> str:
    value = unicodedata.digit(character, None)
    return "" if value is None else str(value)


def _bounded(stream: Seen, needle: str) -> Iterator[Span]:
    """Where `needle` stands in the letters, between bounds of words."""
    at = stream.letters.find(needle) if needle else -1
    while at >= 0:
        last = at + len(needle) - 1
        if stream.starts[at] and stream.ends[last]:
            yield stream.span(at, len(needle))
        at = stream.letters.find(needle, at + 1)
