from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from cases.seed.corpus import training_part
from cases.taxonomy import inline_taxonomy
from cases.taxonomy_file import load_taxonomy
from features.assemble import assemble
from features.encoder import CompiledEncoder
from models.category import CategoryClassifier
from models.definitions import definition, definition_vectors
from models.dense import Definitions, DenseLinear, ShrinkageLda, TunedHead
from tests.models.frames import frame
from tests.serving.conftest import small_models
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]

D, CLASSES = 24, 5


def clusters(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(CLASSES, D))
    codes = rng.integers(0, CLASSES, rows)
    vectors = centres[codes] + rng.normal(size=(rows, D)) * 2.0
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), codes


def test_shrinkage_lda_gives_scikit_learns_posteriors():
    vectors, codes = clusters(300, 0)
    ours = ShrinkageLda().fit(vectors, codes, CLASSES).logits(vectors)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(vectors, codes)
    assert ours == pytest.approx(theirs.decision_function(vectors), abs=1e-4)


def test_with_few_rows_a_class_lda_beats_logistic_regression_on_the_same_embedding():
    vectors, codes = clusters(40, 1)
    others, truth = clusters(2000, 2)
    lda = (ShrinkageLda().fit(vectors, codes, CLASSES).logits(others).argmax(axis=1) == truth).mean()
    assert lda > LogisticRegression(C=1.0).fit(vectors, codes).score(others, truth)


def test_a_class_without_a_row_is_never_suggested():
    vectors, codes = clusters(200, 3)
    kept = codes != 2
    logits = ShrinkageLda().fit(vectors[kept], codes[kept], CLASSES).logits(vectors)
    assert not (logits.argmax(axis=1) == 2).any()


def test_two_classes_are_told_apart_like_many():
    vectors, codes = clusters(200, 4)
    kept = codes < 2
    found = ShrinkageLda().fit(vectors[kept], codes[kept], 2)
    assert found.weights.shape == (D, 2)
    assert (found.logits(vectors[kept]).argmax(axis=1) == codes[kept]).mean() > 0.7


def test_out_of_fold_logits_come_from_fits_without_the_fold():
    vectors, codes = clusters(90, 5)
    rows, folds = np.arange(90), np.arange(90) % 3
    found = ShrinkageLda().out_of_fold(vectors, codes, CLASSES, rows, folds)
    kept = folds != 1
    expected = ShrinkageLda().fit(vectors[kept], codes[kept], CLASSES).logits(vectors[~kept])
    assert found[~kept] == pytest.approx(expected)


def test_a_tuned_layer_answers_with_what_was_held_out_when_it_was_tuned():
    held_out = np.arange(12.0).reshape(4, 3)
    layer = DenseLinear(np.eye(3), np.zeros(3))
    member = TunedHead(layer, held_out)
    vectors = np.eye(3, dtype=np.float32)
    rows = np.array([3, 1])
    assert (member.out_of_fold(vectors, np.zeros(4), 3, rows, rows) == held_out[rows]).all()
    assert member.of_rows(rows).out_of_fold(vectors, np.zeros(2), 3, np.array([0]), rows).tolist() == [[9, 10, 11]]
    assert member.fit(vectors, np.zeros(3), 3) is layer


def test_a_pool_is_one_linear_model_that_says_what_its_members_say_together():
    vectors, codes = clusters(150, 6)
    texts = [f"word{code if place % 3 else 9} filler text{place % 7}" for place, code in enumerate(codes)]
    members = [ShrinkageLda(), Definitions(vectors[:CLASSES])]
    head = CategoryClassifier(C=4.0, lexical_weight=1.0, dense_weight=0.0).fit(
        frame(texts, vectors), [f"c{code}" for code in codes], members=members
    )
    assert head.pool_.get("lda", 0.0) > 0, "the embedding tells more than the words"
    alone = CategoryClassifier(C=4.0, lexical_weight=1.0, dense_weight=0.0).fit(
        frame(texts, vectors), [f"c{code}" for code in codes]
    )
    expected = head.pool_["joint"] * alone.decision_function(frame(texts, vectors)) * alone.temperature_
    for member in members:
        fitted = member.fit(vectors, codes, CLASSES).logits(vectors)
        expected = expected + head.pool_.get(member.name, 0.0) * fitted
    found = head.decision_function(frame(texts, vectors)) * head.temperature_
    assert found - found.mean(axis=1, keepdims=True) == pytest.approx(
        expected - expected.mean(axis=1, keepdims=True), abs=2e-2
    )


def test_a_definition_is_the_policys_own_words():
    category = load_taxonomy().category("privacy")
    assert definition(category).startswith("Privacy: doxxing, ")
    assert definition(inline_taxonomy(["card_arrival", "CardLost"], 0).category("card_arrival")) == "card arrival"
    assert definition(inline_taxonomy(["CardLost", "x"], 0).category("CardLost")) == "Card Lost"


@pytest.mark.slow
def test_definitions_alone_are_useful_before_anything_is_decided(small_models: tuple[SmallModel, SmallModel]):
    taxonomy = load_taxonomy()
    compiled = CompiledEncoder.load(small_models[0].directory / "encoder")
    labels = taxonomy.category_ids
    head = CategoryClassifier.from_definitions(labels, definition_vectors(taxonomy, labels, compiled))
    # Five of each category of the training part; by chance one in twenty would be right.
    found = [case for label in labels for case in [c for c in training_part() if c.rubric.category == label][:5]]
    vectors = compiled.encode([assemble(case.title, case.description).text for case in found])
    said = head.predict(frame([""] * len(found), vectors))
    assert (said == np.array([case.rubric.category for case in found])).mean() > 0.3
