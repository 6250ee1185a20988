from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from cases.errors import InvalidInputError
from features.assemble import assemble
from models.artifact import load_artifact
from models.assurance import Assurance
from models.category import CategoryClassifier
from models.judge import Judge
from models.padding import PaddingDetector
from models.search import assign_folds
from models.severity import SeverityClassifier
from models.shortlist import Shortlister
from models.tiers import Tiers
from tests.models.frames import frame, noise
from tests.serving.conftest import small_models
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]


@pytest.fixture(scope="module")
def judge(small_models: tuple[SmallModel, SmallModel]) -> Judge:
    return load_artifact(small_models[0].directory)


def test_probabilities_sum_to_one_and_cover_every_level(judge: Judge):
    [found] = judge.judge([assemble("Refund", "They refuse to give my money back for the course.")])
    assert sum(found.category.values()) == pytest.approx(1.0)
    assert sum(found.severity.values()) == pytest.approx(1.0)
    assert tuple(found.severity) == judge.taxonomy.levels
    assert max(found.category, key=found.category.__getitem__) == "refund_dispute"


def test_a_judgement_does_not_depend_on_its_batch_mates(judge: Judge):
    cases = [assemble("", f"Report number {n} about a copied lecture, please look.") for n in range(40)]
    together, alone = judge.judge(cases), judge.judge([cases[7]])[0]
    assert together[7].category == pytest.approx(alone.category, abs=1e-5)


def test_a_language_that_was_not_learnt_is_said_to_be(judge: Judge):
    texts = (
        "Der Dozent hat meinen Kurs Wort für Wort kopiert und verkauft ihn jetzt unter seinem Namen.",
        "The instructor copied my course word for word and sells it under his own name now.",
        "",
    )
    german, english, empty = judge.judge([assemble("", text) for text in texts])
    assert (german.language, german.language_supported) == ("de", False)
    assert (english.language, english.language_supported) == ("en", True)
    assert (empty.language, empty.language_supported) == ("", True)


class OfParagraphs(PaddingDetector):
    """Sets aside the paragraphs that begin so."""

    def set_aside(self, texts, encoder):
        del encoder
        return [tuple(match.span() for match in re.finditer(r"^Dear all.*$", text, re.MULTILINE)) for text in texts]


def with_padding(judge: Judge) -> Judge:
    k = len(judge.category.classes_)
    assurance = Assurance(
        Shortlister((0.9,), np.ones((1, k))), Tiers(np.ones(k), np.ones(k)), padding=OfParagraphs(np.zeros(1), 0.0)
    )
    return Judge(judge.category, judge.severity, judge.encoder, judge.taxonomy, judge.languages, assurance)


def test_padding_is_not_read_and_its_place_is_told(judge: Judge):
    point = "They refuse to give my money back for the course."
    greeting = "Dear all, the weather is lovely, and my course about tea has a new chapter on harassment at work."
    padded = assemble("", f"{greeting}\n\n{point}")
    plain, read = judge.judge([assemble("", point)])[0], with_padding(judge).judge([padded, assemble("", point)])
    assert [padded.text[start:end] for start, end in read[0].padding] == [greeting]
    # Where the processor computes in bfloat16 a batch's other texts show in the fourth digit.
    assert read[0].category == pytest.approx(plain.category, abs=2e-3)
    assert (read[1].padding, read[1].category) == ((), pytest.approx(plain.category, abs=2e-3))


def test_what_is_set_aside_can_make_a_case_no_milder(judge: Judge):
    grave = "Dear all, he says that he will kill her tonight and that he has a gun in his car."
    mild = "The captions of the lesson on tea are out of step."
    case = assemble("", f"{grave}\n\n{mild}")
    read, as_written, alone = (
        with_padding(judge).judge([case])[0],
        judge.judge([case])[0],
        judge.judge([assemble("", mild)])[0],
    )
    expected = [sum(level * p for level, p in found.severity.items()) for found in (read, as_written, alone)]
    assert expected[0] == pytest.approx(min(expected[1:]), abs=2e-3)
    assert read.padding


def test_another_encoder_is_refused(judge: Judge):
    class Other:
        hash, dimension = "other", 384

    with pytest.raises(ValueError, match="'encoder' must be"):
        judge.with_encoder(Other())  # type: ignore[arg-type]


def test_estimators_keep_scikit_learns_contract():
    model = CategoryClassifier(C=2.0, dense_weight=1.5)
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        model.predict_proba(frame(["a"], noise(1)))


def test_the_search_takes_words_where_only_words_tell():
    words = ["invoice card money"] * 40 + ["video sound picture"] * 40
    labels = ["pay"] * 40 + ["play"] * 40
    model = CategoryClassifier().fit(frame([f"{w} case{i % 9}" for i, w in enumerate(words)], noise(80)), labels)
    assert (model.lexical_weight_, model.dense_weight_) == (1.0, 0.0)
    assert (model.predict(frame(["money card", "sound video"], noise(2))) == ["pay", "play"]).all()


def test_the_search_takes_the_embedding_where_only_it_tells():
    labels = np.array(["a", "b"] * 60)
    vectors = noise(120) * 0.3
    vectors[:, 0] += np.where(labels == "a", 1.0, -1.0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(["red", "blue", "green", "grey", "pink"], 4)) for _ in labels]
    model = CategoryClassifier().fit(frame(texts, vectors), labels)
    assert model.dense_weight_ > 0
    assert model.cross_validation_.chosen.accuracy > 0.95
    words_alone = [t.accuracy for t in model.cross_validation_.trials if t.setting.dense_weight == 0]
    assert max(words_alone) < 0.7


def test_the_same_data_give_the_same_model_on_any_number_of_cores():
    rng = np.random.default_rng(2)
    texts = [" ".join(rng.choice(list("abcdefghij"), 6)) + " word" for _ in range(120)]
    labels = rng.choice(["x", "y", "z"], 120)
    models = [CategoryClassifier(n_jobs=jobs).fit(frame(texts, noise(120)), labels) for jobs in (1, 2)]
    assert models[0].cross_validation_.chosen == models[1].cross_validation_.chosen
    assert (models[0].weights_ == models[1].weights_).all()


def test_a_group_never_straddles_a_fold():
    codes = np.array([0, 1, 2] * 30)
    groups = [str(row // 3) for row in range(90)]
    folds = assign_folds(codes, groups, 5)
    assert all(len({folds[row] for row in range(90) if groups[row] == group}) == 1 for group in set(groups))
    assert len(set(folds.tolist())) == 5


def test_too_few_cases_say_so():
    with pytest.raises(InvalidInputError, match="must hold one label a row, of two kinds or more"):
        CategoryClassifier().fit(frame(["a", "b"], noise(2)), ["x", "x"])


@pytest.mark.parametrize("levels", [["high", "low"], [0, 1], [1.5, 2.0]])
def test_levels_must_be_whole_and_count_from_one(levels: list[object]):
    with pytest.raises(InvalidInputError, match="'y' must hold whole severity levels from 1"):
        SeverityClassifier().fit(frame(["a", "b"], noise(2)), levels)
