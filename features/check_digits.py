"""Numbers that prove themselves by their check digits: payment cards and IBANs."""

from __future__ import annotations

import re

# Lengths by country after SWIFT's IBAN registry (ISO 13616).
_IBAN_REGISTRY = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28
EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26
IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28
NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25
SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
_IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBAN_REGISTRY.split()}
_IBAN = {
    length: re.compile(rf"[A-Z]{{2}}\d{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}(?![A-Z0-9])", re.IGNORECASE | re.ASCII)
    for length in set(_IBAN_LENGTHS.values())
}

# First digits (from, to) and lengths that issuers use (ISO/IEC 7812 ranges of the large schemes).
_CARD_RANGES = (
    (2200, 2204, {16}),
    (2221, 2720, {16}),
    (3000, 3059, {14, 16}),
    (3400, 3499, {15}),
    (3528, 3589, {16}),
    (3600, 3699, {14}),
    (3700, 3799, {15}),
    (3800, 3999, {14, 16}),
    (4000, 4999, {13, 16, 19}),
    (5000, 5099, set(range(13, 20))),
    (5100, 5599, {16}),
    (5600, 5899, set(range(13, 20))),
    (6000, 6999, set(range(13, 20))),
)


def starting_iban(text: str) -> int:
    """How many characters of `text` the IBAN takes that it starts with; 0 if it starts with none.

    Groups may be parted by single spaces or hyphens. The country's length and the remainder must hold: the number,
    its first four characters moved to the end and letters read as 10..35, is 1 modulo 97 (ISO 7064).
    """
    length = _IBAN_LENGTHS.get(text[:2].upper())
    match = _IBAN[length].match(text) if length else None
    if match is None:
        return 0
    compact = re.sub("[ -]", "", match.group()).upper()
    number = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
    return match.end() if int(number) % 97 == 1 else 0


def is_card(digits: str) -> bool:
    """Whether `digits` is a payment card's number: an issuer's range and length, and Luhn's sum (ISO/IEC 7812-1)."""
    head = int(digits[:4])
    if not any(first <= head <= last and len(digits) in lengths for first, last, lengths in _CARD_RANGES):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
