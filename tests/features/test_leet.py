from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.seed.corpus import training_part
from features.assemble import assemble
from features.clean import clean_text
from features.leet import with_letters_for_signs
from features.redact import redact


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("w0rld h3llo", "world hello"),
        ("K!LL him", "KILL him"),
        ("a Sc@m, a $cam!", "a Scam, a scam!"),
        ("fr33 f00d", "free food"),
        ("s3x", "sex"),
        ("p1r473d", "pirated"),
        ("1n57ruc70r", "instructor"),
        ("upl0ading c0urses", "uploading courses"),
        ("w3ll-kn0wn", "well-known"),
        ("7h47 4g3n7 s0ld d474, l457 w33k", "that agent sold data, last week"),
        ("This is a sc@m. It st@nds.", "This is a scam. It stands."),
        (
            "He m@de 700k on 4 May at 11am selling p1rated c0urses, a 14mb file",
            "He made 700k on 4 May at 11am selling pirated courses, a 14mb file",
        ),
        ("I lost 100k to a sc4m and a fr4ud", "I lost 100k to a scam and a fraud"),
        ("He 541d 34ch p1r4t3d c0urs3 is 50ld w17h a l157", "He said each pirated course is sold with a list"),
        ("A sc4m and a fr4ud, l10n and a11y and p14n", "A scam and a fraud, l10n and a11y and p14n"),
    ],
)
def test_signs_inside_a_word_are_read_as_letters(written: str, meant: str) -> None:
    assert with_letters_for_signs(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "B2B mp3 h264 covid19 COVID-19 3D 4K 100k p2p e2e x86 S3 2FA H1B",
        "v1.2.3 and version 10.0.1b3",
        "$5.00 $500 US$ 5\u20ac 1,000",
        "3rd 1st 10ft 5pin 7pm 5th",
        "course5 lesson5 module1 top10 web3 SAVE50 CRS-0451 R2D2",
        "log4j a11y i18n k8s sha256sum",
        "l10n c14n p14n g11n t9n",
        "https://example.com/c0urse?x=w0rld and c0urses.example.com",
        "w0rld@example.com, @w0rldwide, user@host",
        "the end!",
        "\u043a\u043e\u0434 w0rld\u0435",
    ],
)
def test_codes_versions_money_names_and_links_stay(text: str) -> None:
    assert with_letters_for_signs(text) == text


@given(st.text(st.sampled_from("acehilmostw013457@$!8 .-/B")))
def test_reading_signs_twice_is_reading_them_once(text: str) -> None:
    once = with_letters_for_signs(text)
    assert with_letters_for_signs(once) == once


def test_hardly_a_written_case_is_read_otherwise() -> None:
    texts = [redact(clean_text(case.description)) for case in training_part()[::5]]
    assert sum(with_letters_for_signs(text) != text for text in texts) <= len(texts) / 200


def test_personal_data_is_redacted_as_it_was_written() -> None:
    assert assemble("", "Ask m1ke@example.com for the w0rld").text == "Ask [email] for the world"


@pytest.mark.parametrize("hostile", ["0a" * 500_000, "a1" * 10 + "a ", "$" * 1_000_000, "i1l " * 250_000])
def test_a_million_hostile_characters_take_seconds_at_most(hostile: str) -> None:
    started = time.thread_time()
    with_letters_for_signs(hostile * (1_000_000 // len(hostile)))
    assert time.thread_time() - started < 10
