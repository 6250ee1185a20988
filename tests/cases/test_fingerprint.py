from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.fingerprint import LEAST_WORDS, NEAR_BITS, Fingerprint, fingerprint, simhash

WORDS = [f"word{number}" for number in range(3_000)]


def text(count: int, seed: int = 0) -> list[str]:
    return random.Random(seed).choices(WORDS, k=count)  # noqa: S311 - a test's text


def of(words: list[str]) -> Fingerprint:
    return fingerprint("", " ".join(words))


def slow_simhash(words: list[str]) -> int:
    """Charikar's definition, a bit at a time."""
    shingles = {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}
    hashes = [int.from_bytes(hashlib.blake2b(s.encode(), digest_size=8).digest(), "little") for s in shingles]
    votes = [sum(1 if value >> bit & 1 else -1 for value in hashes) for bit in range(64)]
    return sum(1 << bit for bit, vote in enumerate(votes) if vote > 0)


@given(st.lists(st.text(alphabet="abcäß", min_size=1, max_size=4), min_size=3, max_size=80))
def test_the_simhash_is_the_majority_of_the_shingles_hashes(words: list[str]) -> None:
    assert simhash(words) == slow_simhash(words)


def test_case_width_and_spacing_make_no_difference() -> None:
    plain = fingerprint("Copied course", "This lecture is my book, read aloud.")
    wide = "this lecture\nis my  book, read ＡＬＯＵＤ."  # noqa: RUF001 - on purpose
    assert fingerprint("COPIED  course", wide).is_near(plain)
    for other in ("This lecture is your book, read aloud.", "This lecture is my book, read aloud!"):
        assert fingerprint("Copied course", other).digest != plain.digest


def test_a_short_text_is_like_the_same_text_alone() -> None:
    short = text(LEAST_WORDS - 1)
    assert of(short).simhash is None
    assert of(short).bands == ()
    assert of(short).is_near(of(short))
    assert not of(short).is_near(of([*short[:-1], "other"]))
    assert not of(short).is_near(of(text(LEAST_WORDS)))
    assert of(text(LEAST_WORDS)).simhash is not None


def share_near(words: int, changed: int, texts: int = 100) -> float:
    """Of how many texts of so many words another with some of them changed is near."""
    near = 0
    for seed in range(texts):
        one = text(words, seed)
        other = list(one)
        for place in random.Random(seed).sample(range(words), changed):  # noqa: S311 - a test's text
            other[place] = f"other{place}"
        near += of(one).is_near(of(other))
    return near / texts


def test_the_longer_the_text_the_less_a_changed_word_counts() -> None:
    assert share_near(40, 1) <= 0.12
    assert share_near(60, 2) <= 0.08
    assert 0.4 <= share_near(200, 1) <= 0.7
    assert share_near(800, 1) >= 0.85
    assert share_near(100, 20) == 0.0


def test_texts_that_share_nothing_are_never_near() -> None:
    prints = [of(text(100, seed)) for seed in range(60)]
    assert not any(one.is_near(other) for one in prints for other in prints if one is not other)


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=NEAR_BITS))
def test_whatever_is_near_agrees_in_a_band(value: int, flipped: set[int]) -> None:
    other = value
    for bit in flipped:
        other ^= 1 << bit
    one, two = Fingerprint("a", value), Fingerprint("b", other)
    assert one.is_near(two)
    assert any(a == b for a, b in zip(one.bands, two.bands, strict=True))
    assert sum(band << (16 * place) for place, band in enumerate(one.bands)) == value


@pytest.mark.parametrize("said", ["!!!", "👍 👍", "\ud800", ""])
def test_a_text_without_words_is_like_itself_alone(said: str) -> None:
    assert fingerprint("", said).is_near(fingerprint("", said))
    assert not fingerprint("", said).is_near(fingerprint("", "???"))
