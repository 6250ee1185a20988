"""Personal data out of the text, before a model, a log or a cache can see it.

E-mail addresses, telephone numbers, payment cards, IBANs and IP addresses become plain words in brackets, as do the
queries and fragments of links, whose host and path stay: where a link leads is evidence. Order numbers, course ids,
dates and prices stay: a number goes only if its check digits hold, or if it is written as a telephone number is.

Each pattern starts at the boundary of a run and never gives back what it took (possessive quantifiers), so that the
whole is linear in the text's length, whatever the text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from features.check_digits import is_card, starting_iban

EMAIL = "[email]"
PHONE = "[phone]"
CARD = "[card]"
IBAN = "[iban]"
IP = "[ip]"
QUERY = "[query]"
FRAGMENT = "[fragment]"
LOGIN = "[login]"

_PLACEHOLDERS = re.compile(
    "|".join(re.escape(word) for word in (EMAIL, PHONE, CARD, IBAN, IP, QUERY, FRAGMENT, LOGIN))
)

_LINK = re.compile(
    r"""(?P<scheme>(?:https?|ftp)://)[^\s<>"]++"""
    # A bare host counts as a link when a path, query or fragment follows it.
    r"""|(?<![\w.@/-])(?:[\w-]++\.)++[a-z]{2,24}(?=[/?\#])[^\s<>"]*+""",
    re.IGNORECASE,
)
# Several addresses run together count as one.
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)++(?:[\w.%+-]*+@[\w-]++(?:\.[\w-]++)++)*+")

_IBAN_START = re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9])", re.IGNORECASE)

# As cards are written: in one, in fours, or as American Express (4-6-5) and Diners Club (4-6-4) print them. Not
# inside a path, a fraction or a longer code, where one number in ten passes the check by chance.
_CARD = re.compile(
    r"(?<![\w./])(?:\d{13,19}|\d{4}(?:[ .\u2010-\u2014-]\d{4}){3}(?:[ .\u2010-\u2014-]\d{1,3})?"
    r"|\d{4}[ .\u2010-\u2014-]\d{6}[ .\u2010-\u2014-]\d{4,5})(?!\w|\.\d)",
)

_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f:]{2,39}+(?:(?:\.\d{1,3}){3})?+(?!\w)", re.IGNORECASE)

_GAP = r"[ ./\u2010-\u2014()-]"
_PHONE = re.compile(
    # +44 (0)20 7946 0958; with 00 for + only when it is spaced, since 00… also starts many a reference number.
    rf"(?<![\w+])\+\d(?:{_GAP}{{0,3}}\d){{7,14}}(?!\d)"
    rf"|(?<![\w.,+\#/-])00[1-9]\d{{0,2}}{_GAP}{{1,2}}\d(?:{_GAP}{{0,2}}\d){{6,12}}(?!\d)"
    # (415) 555-0132, 1-415-555-0132
    r"|(?<![\w.,+\#/-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\w-])"
    # 020 7946 0958, 030/1234567, 06 12 34 56 78
    r"|(?<![\w.,+\#/-])(?:\(0[1-9]\d{0,3}\)|0[1-9]\d{0,3})(?:[ /\u2010-\u2014-]\d{2,8}){1,4}(?![\w-])",
)
# Any other form only after a word that announces a telephone number.
_ANNOUNCED = re.compile(
    r"\b(?:tele)?(?:phone|tel|mobile|cell|whats ?app|viber|signal|telegram|call(?:ed)?|ring|fax|sms|text(?:ed)?)\b"
    r"\W{0,4}(?:(?:me|us|him|her|them|back|at|on|is|was|no|nr|number|line)\b\W{0,3}){0,3}"
    rf"(?P<number>(?<!\d)\d(?:{_GAP}{{0,2}}\d){{6,14}})(?![\w-])",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{4})(?!\d)")
# What comes right before a number that identifies a thing, not a person.
_REFERENCE_BEFORE = re.compile(
    r"\b(?:order|invoice|ticket|case|ref(?:erence)?|course|transaction|payment|report|review|user|account|id|isbn|sku|"
    r"tracking|coupon)\b\W{0,3}(?:(?:id|no|nr|number)\b\W{0,3})?$",
    re.IGNORECASE,
)
_NUMBERING_BEFORE = re.compile(
    r"\b(?:version|ver|release|build|v|section|chapter|clause|paragraph|requirement|req|table|figure|step)s?\b\W{0,2}$",
    re.IGNORECASE,
)
_ADDRESS_BEFORE = re.compile(
    r"\b(?:ip|ipv4|address|host|server|from)\b\W{0,3}(?:(?:is|was|ip|address)\b\W{0,3})?$", re.IGNORECASE
)
_LOOK_BACK = 40

# A placeholder's brackets can set free a number that was glued to what they replace. Few rounds, so that no text can
# make it slow by needing one more each time.
_ROUNDS = 4

_Checked = Callable[[str, re.Match[str]], tuple[int, int] | None]


def redact(text: str) -> str:
    """`text`, as `clean_text` leaves it, with personal data replaced by words in brackets.

    Linear in the text's length, and idempotent on anything but text made to defeat it.
    """
    for _ in range(_ROUNDS):
        redacted = _redact_once(text)
        if redacted == text:
            break
        text = redacted
    return text


def _redact_once(text: str) -> str:
    text = _LINK.sub(_without_query, text)
    text = _EMAIL.sub(EMAIL, text)
    if not any(map(str.isdigit, text)) and ":" not in text:
        return text
    text = _replace(_IBAN_START, text, _iban_at, IBAN)
    text = _replace(_CARD, text, _card_at, CARD)
    text = _replace(_IPV6, text, _ipv6_at, IP)
    text = _replace(_IPV4, text, _ipv4_at, IP)
    text = _replace(_PHONE, text, _phone_at, PHONE)
    return _replace(_ANNOUNCED, text, _announced_phone_at, PHONE)


def without_placeholders(text: str) -> str:
    """`text` without the words that `redact` puts in, which are English whatever the text is."""
    return _PLACEHOLDERS.sub(" ", text)


def _replace(pattern: re.Pattern[str], text: str, check: _Checked, placeholder: str) -> str:
    """Each match that `check` confirms, and no more of it than `check` says, replaced.

    After a match that fails its check the search goes on one character later, so that a number behind a look-alike is
    still found; matches are short, which keeps it linear.
    """
    pieces: list[str] = []
    done = position = 0
    while match := pattern.search(text, position):
        span = check(text, match)
        if span is None:
            position = match.start() + 1
            continue
        pieces += (text[done : span[0]], placeholder)
        done = position = span[1]
    return "".join([*pieces, text[done:]])


def _without_query(match: re.Match[str]) -> str:
    """A link's scheme, host and path; what follows, and who is named before the host, as placeholders."""
    whole = match.group()
    link = whole.rstrip(".,;:!?)'}")  # of the sentence, not of the link
    tail = whole[len(link) :]
    before_fragment, hash_mark, fragment = link.partition("#")
    address, question_mark, query = before_fragment.partition("?")
    scheme = match.group("scheme") or ""
    host, slash, path = address[len(scheme) :].partition("/")
    if "@" in host and scheme:
        host = f"{LOGIN}@{host.rpartition('@')[2]}"
    return "".join(
        (
            f"{scheme}{host}{slash}{path}",
            question_mark,
            QUERY if query else "",
            hash_mark,
            FRAGMENT if fragment else "",
            tail,
        ),
    )


def _iban_at(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    length = starting_iban(text[match.start() : match.start() + 70])
    return (match.start(), match.start() + length) if length else None


def _card_at(_text: str, match: re.Match[str]) -> tuple[int, int] | None:
    return match.span() if is_card("".join(filter(str.isdigit, match.group()))) else None


def _ipv4_at(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    found = match.group()
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    if not _is_address(found) or _NUMBERING_BEFORE.search(before):
        return None
    # "6.2.1.7" is a section or a version far more often than a host, unless the text says so or the network is 10.
    numbers = [int(part) for part in found.split(".")]
    if max(numbers) < 32 and numbers[0] != 10 and not _ADDRESS_BEFORE.search(before):
        return None
    return match.span()


def _ipv6_at(_text: str, match: re.Match[str]) -> tuple[int, int] | None:
    found = match.group()
    if found.endswith(":") and not found.endswith("::"):
        found = found[:-1]
    groups = [group for group in found.split(":") if group]
    # "12::30" is a time mistyped, "a::b" is code, and "::" alone is punctuation; all are valid addresses.
    telling = found.count(":") > 2 or found.startswith("::") or any(len(group) > 2 for group in groups)
    if ":" not in found or not telling or not any(map(str.isdigit, found)) or not _is_address(found):
        return None
    return match.start(), match.start() + len(found)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone_at(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    found = match.group()
    digits = sum(map(str.isdigit, found))
    if _DATE.search(found) or not 8 <= digits <= 15:
        return None
    if not found.startswith("+") and _names_a_thing(text, match.start()):
        return None
    return match.span()


def _announced_phone_at(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    found = match.group("number")
    return None if _DATE.search(found) or _names_a_thing(text, match.start("number")) else match.span("number")


def _names_a_thing(text: str, start: int) -> bool:
    """Whether what stands before `start` says that a reference number follows."""
    return _REFERENCE_BEFORE.search(text[max(0, start - _LOOK_BACK) : start]) is not None
