from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from cases.errors import ArtifactError
from features.encoder import Progress, Vectors
from features.passages import without
from models.padding import LONG_WORDS, MAX_PASSAGES, PaddingDetector

EVIDENCE = " ".join(["He demands money from her and threatens to post the pictures."] * 4)
HARMLESS = " ".join(["The weather was pleasant and we had tea in the garden with a view."] * 3)
DIMENSION = 6


class TwoKinds:
    """An encoder to which money is evidence, "perhaps" leans a little to padding, and all else is padding."""

    hash, dimension = "t" * 64, DIMENSION

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        del progress
        self.asked += texts
        first = [1.0 if "money" in text else -0.1 if "perhaps" in text else -1.0 for text in texts]
        found = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        found[:, 0], found[:, 1] = first, np.sqrt(1 - np.square(first))
        return found


def case_of(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def vectors(n: int, sign: float, seed: int, noise: float = 0.3) -> Vectors:
    found = np.random.default_rng(seed).normal(scale=noise, size=(n, DIMENSION))
    found[:, 0] += sign
    units: Vectors = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return units


@pytest.fixture(scope="module")
def detector() -> PaddingDetector:
    found = PaddingDetector.fit(vectors(200, 1.0, 0), list(range(200)), vectors(100, -1.0, 1))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def plain() -> PaddingDetector:
    """Log-odds are ten times a vector's first component."""
    return PaddingDetector(np.eye(DIMENSION)[0] * 10, 0.0)


def test_what_was_learnt_tells_other_passages_apart(detector: PaddingDetector):
    assert (detector.log_odds(vectors(200, 1.0, 6)) > 0).mean() > 0.95
    assert (detector.log_odds(vectors(200, -1.0, 7)) < 0).mean() > 0.95


def test_padding_of_a_long_case_is_set_aside_and_the_point_is_not(plain: PaddingDetector):
    text = case_of(HARMLESS, HARMLESS, EVIDENCE, HARMLESS)
    [spans] = plain.set_aside([text], TwoKinds())
    assert [text[start:end] for start, end in spans] == [HARMLESS] * 3


def test_a_short_case_is_read_whole_and_costs_nothing(plain: PaddingDetector):
    encoder = TwoKinds()
    text = case_of(EVIDENCE, HARMLESS)
    assert len(text.split()) <= LONG_WORDS
    assert plain.set_aside([text, "", "hello"], encoder) == [(), (), ()]
    assert encoder.asked == []


def test_the_likeliest_evidence_is_read_however_unlikely_and_a_title_is_none(plain: PaddingDetector):
    doubtful = "It was perhaps on a Tuesday that all of this was first talked about by us here."
    text = case_of("My money", *[HARMLESS] * 3, doubtful, *[HARMLESS] * 3)
    [spans] = plain.set_aside([text], TwoKinds())
    left = without(text, spans).split("\n\n")
    assert [part for part in left if part.strip()] == ["My money", doubtful]


def test_of_a_case_that_is_nothing_but_padding_something_is_read(plain: PaddingDetector):
    [spans] = plain.set_aside([case_of(*[HARMLESS] * 5)], TwoKinds())
    assert len(spans) == 4


def test_a_case_does_not_depend_on_its_batch_mates(plain: PaddingDetector):
    texts = [case_of(*[HARMLESS] * 5), case_of(EVIDENCE, HARMLESS, EVIDENCE, HARMLESS), EVIDENCE]
    together = plain.set_aside(texts, TwoKinds())
    assert together == [plain.set_aside([text], TwoKinds())[0] for text in texts]
    assert len(together[1]) == 2


def test_the_more_of_a_case_is_padding_the_less_one_more_passage_must_show(plain: PaddingDetector):
    doubtful = "It was perhaps on a Tuesday that all of this was first talked about by us here."
    few, many = case_of(*[EVIDENCE] * 3, doubtful), case_of(EVIDENCE, *[HARMLESS] * 8, doubtful)
    found = plain.set_aside([few, many], TwoKinds())
    assert found[0] == ()
    assert many[slice(*found[1][-1])] == doubtful
    assert len(found[1]) == 9


def test_however_long_a_case_is_its_cost_is_bounded(plain: PaddingDetector):
    encoder = TwoKinds()
    [spans] = plain.set_aside([case_of(EVIDENCE, *[HARMLESS] * 300)], encoder)
    assert len(encoder.asked) == MAX_PASSAGES
    # The second passage goes with the first, to which it is nearer than to the next that was looked at.
    assert 295 <= len(spans) < 300


def test_nothing_is_learnt_where_the_kinds_cannot_be_told_apart_or_are_too_few():
    same = vectors(300, 0.0, 2, noise=1.0)
    assert PaddingDetector.fit(same[:200], list(range(200)), same[200:]) is None
    assert PaddingDetector.fit(vectors(49, 1.0, 3), list(range(49)), vectors(100, -1.0, 4)) is None


def test_stored_and_read_back_it_says_the_same(detector: PaddingDetector):
    again = PaddingDetector.from_store(*detector.to_store())
    asked = vectors(20, 0.0, 5)
    assert again.log_odds(asked).tolist() == detector.log_odds(asked).tolist()


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"weights": np.zeros((2, 2)), "intercept": np.zeros(1)},
        {"weights": np.zeros(3), "intercept": np.zeros(2)},
        {"weights": np.array([0.0, np.nan]), "intercept": np.zeros(1)},
    ],
)
def test_what_does_not_fit_together_is_refused(arrays: dict):
    with pytest.raises(ArtifactError, match="'padding' must be"):
        PaddingDetector.from_store(arrays, {})
