from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.redact import redact, without_placeholders


@pytest.mark.parametrize(
    ("written", "redacted"),
    [
        ("write to jane.doe+spam@mail.example.co.uk.", "write to [email]."),
        ("mailto:иван@почта.рф, ok", "mailto:[email], ok"),
        ("+44 (0)20 7946 0958 or +14155550132", "[phone] or [phone]"),
        ("(415) 555-0132, 415.555.0132, 1-415-555-0132", "[phone], [phone], [phone]"),
        ("020 7946 0958; 06 12 34 56 78; 030/1234567; 0044 20 7946 0958", "[phone]; [phone]; [phone]; [phone]"),
        ("Call me at 4155550132 or WhatsApp: 07700900123", "Call me at [phone] or WhatsApp: [phone]"),
        ("4111 1111 1111 1111, 5555-5555-5555-4444 and 378282246310005", "[card], [card] and [card]"),
        ("3782 822463 10005 | 4111111111111111", "[card] | [card]"),
        ("card #4111111111111111", "card #[card]"),
        ("1234 4111 1111 1111 1111", "1234 [card]"),
        ("GB82 WEST 1234 5698 7654 32 AND de89370400440532013000", "[iban] AND [iban]"),
        ("from 192.168.0.1, 2001:db8::8a2e:370:7334 and ::1.", "from [ip], [ip] and [ip]."),
        ("host 1.2.3.4, 10.1.2.3, 8.8.8.63", "host [ip], [ip], [ip]"),
        ("::ffff:192.0.2.128 fe80::1: down", "[ip] [ip]: down"),
        (
            "see https://shop.example/c/42?user=7&mail=a@b.co#top.",
            "see https://shop.example/c/42?[query]#[fragment].",
        ),
        ("(https://me:secret@host.example/x#y)", "(https://[login]@host.example/x#[fragment])"),
        ("shop.example/watch?v=1 www.shop.example?ref=me", "shop.example/watch?[query] www.shop.example?[query]"),
    ],
)
def test_personal_data_becomes_a_word_in_brackets(written: str, redacted: str) -> None:
    assert redact(written) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "order 4155550132, order no. 415-555-0132, order #112-3456789-1234567",
        "invoice 020 7946 0958, transaction 9876543210123456",
        "on 2026-01-05 10:30:45, 05-03-2026 14:22, 5.3.2026, 01/02/2026",
        "called 3 times, call 2024-01-05 10:30, call on 12.03.2026",
        "2024-01-02 2024-01-03",
        "$1,234,567.89, 1.234.567,89 EUR, 250 000 views",
        "course 5551234567, id 1234567, coupon AB12CDEF3456GHIJ",
        "4111111111111112 has a wrong check digit, so has GB83 WEST 1234 5698 7654 32",
        "1234567812345670 passes Luhn's sum but no issuer starts with 12",
        "version 10.2.3.4, 1.2.3, 999.1.2.3, std::cout, 12::30, a::b, :: 10:30:45",
        "section 5.4.3.9, 3.2.4.1 of the SRS, Requirement 10.7.1.6",
        "ci.example/task/6466255107391488, 824.6421183672817, e07279c87b5e4111111111111111a47",
        "Did you see https://shop.example/c/42/reviews? yes/no, and/or?",
        "user@localhost, @handle, 5 @ 3.50",
        "isbn 978-3-16-148410-0",
    ],
)
def test_what_names_a_thing_or_an_amount_stays(text: str) -> None:
    assert redact(text) == text


PIECES = ["https://", "call ", "[email]", "::", "GB82", "4111 1111", "x.co/", "a@b.co", "020 ", "+44"]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*"0123456789+-. ()/:@?#[]abcGBDE\n,%=", *PIECES])).map("".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_placeholders_can_be_taken_out_again() -> None:
    assert without_placeholders(redact("Mir schrieb a@b.de von 10.0.0.1")).split() == ["Mir", "schrieb", "von"]


# Each makes one of the patterns begin over and over, and never end.
HOSTILE = [
    "a",
    "1 ",
    "a@",
    "a.",
    "+1 ",
    "+1(((",
    "(0",
    "021-",
    "a.co/,",
    "a.co?#",
    ":",
    "::1 ",
    "https://",
    "4",
    "@",
    "a-",
]
HOSTILE += ["4111 ", "GB82 ", "1.1.1.1 ", "call me at ", "order no 021 3333333 ", "[email]"]


def seconds_to_redact(text: str) -> float:
    started = time.thread_time()
    redact(text)
    return time.thread_time() - started


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_no_faster_than_a_hostile_text(unit: str) -> None:
    # A quadratic search would take minutes over this length, not tenths of a second.
    assert seconds_to_redact(unit * (100_000 // len(unit))) < 3


def test_a_megabyte_of_all_kinds_of_hostile_text_takes_seconds_at_most() -> None:
    share = 1_000_000 // len(HOSTILE)
    assert seconds_to_redact("".join(unit * (share // len(unit) + 1) for unit in HOSTILE)) < 10
