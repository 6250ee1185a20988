# ruff: noqa: RUF001 - look-alike letters are what is tested
from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.seed.corpus import training_part
from features.assemble import assemble
from features.suspicion import SUSPICIOUS, Suspicion, suspicious_encoding, without_suspicion


@pytest.mark.parametrize(
    ("text", "kind", "characters", "of"),
    [
        ("re\u200bfund", "invisible", 1, 7),
        ("r\u00adefund", "invisible", 1, 7),
        ("\u202edlos\u202c", "invisible", 1, 6),
        ("p\u0430yp\u0430l", "mixed_script", 2, 6),
        ("a \u0455\u0441\u0430m with a \u0441\u043e\u0440\u0443", "mixed_script", 7, 14),
        ("s\u0336c\u0336a\u0336m\u0336", "marks", 4, 8),
        ("z\u0300\u0301\u0302\u0303algo", "marks", 4, 9),
        ("\U0001d42c\U0001d41c\U0001d41a\U0001d426 it", "styled", 4, 6),
        ("ｓｃａｍ it", "styled", 4, 6),
    ],
)
def test_a_disguise_is_named_and_measured_by_its_characters(text: str, kind: str, characters: int, of: int) -> None:
    assert suspicious_encoding(text) == Suspicion(characters / of, (kind,))


def test_several_disguises_are_all_named_in_order() -> None:
    found = suspicious_encoding("p\u0430ypal, sc\u200bam, s\u0336")
    assert found.kinds == ("invisible", "marks", "mixed_script")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "He copied my course, word for word; price $50 (w0rld).",
        "Преподаватель украл мой курс по JavaScript и Python.",
        "Ο καθηγητής έκλεψε το μάθημά μου, ᾧ",
        "Việt Nam: tiê\u0301ng Viê\u0323t",
        "فارسی می\u200cخواهم",
        "שלום\u200f hello",
        "日本語のコース ＰＤＦ を買いました",
        "family 👨\u200d👩\u200d👧 and a heart ❤\ufe0f",
        "\ufeffa byte order mark at the start",
        "com\u00admu\u00adni\u00adcation from a copied page",
        "Let 𝑥 be real; iPhoneом 5μm and a χ² test",
        "the name has a Cyrillic \u0430 in it",
    ],
)
def test_what_is_rightly_written_is_not_suspicious(text: str) -> None:
    assert suspicious_encoding(text) == Suspicion()


@given(
    st.text(st.characters(categories=None, exclude_categories=()) | st.sampled_from("aаοp\u200b\u0336\u00ad\u202e"))
)
def test_the_share_is_between_zero_and_one_and_zero_without_a_kind(text: str) -> None:
    found = suspicious_encoding(text)
    assert 0.0 <= found.share <= 1.0
    assert (found.share > 0.0) == bool(found.kinds)


@pytest.mark.parametrize(
    "hostile", ["a\u200b" * 500_000, "a" + "\u0336" * 1_000_000, "aа" * 500_000, "\u202e" * 1_000_000]
)
def test_a_million_hostile_characters_take_a_second_at_most(hostile: str) -> None:
    started = time.thread_time()
    suspicious_encoding(hostile)
    assert time.thread_time() - started < 3


def test_hardly_a_written_case_is_suspicious() -> None:
    texts = [f"{case.title}\n\n{case.description}" for case in training_part()]
    assert sum(suspicious_encoding(text).share > 0.0 for text in texts) <= len(texts) / 200


def test_the_signal_joins_the_others_and_can_be_taken_away() -> None:
    case = assemble("p\u0430ypal", "refund", channel="email", attributes={"reach": 10})
    assert case.text == "paypal\n\nrefund"
    assert case.signals[SUSPICIOUS] == pytest.approx(1 / 12)
    assert list(case.signals) == sorted(case.signals)
    assert without_suspicion(case.signals) == {name: case.signals[name] for name in ("channel=email", "log_reach")}


def test_the_signal_is_absent_where_nothing_is_suspicious_and_cannot_be_claimed() -> None:
    assert assemble("paypal", "refund", attributes={SUSPICIOUS: True}).signals == {}
