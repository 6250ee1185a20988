from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import InvalidInputError
from cases.taxonomy_costs import default_costs
from features.assemble import AssembledCase
from features.frame import feature_frame
from models.artifact import load_artifact, save_artifact
from models.category import CategoryClassifier
from models.judge import Judge
from models.severity import SeverityClassifier, shown_level, shown_severity
from tests.features.counting_encoder import CountingEncoder
from tests.serving.conftest import small_models
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]

COSTS = default_costs(4)

distributions = st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4).map(
    lambda raw: {level: value / sum(raw) for level, value in enumerate(raw, start=1)}
)


def on_a_scale(n: int = 160, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """More alarm words, more severe: one direction tells all levels apart."""
    rng = np.random.default_rng(seed)
    alarm = rng.integers(0, 7, n)
    levels = np.clip(4 - (alarm + rng.integers(-1, 2, n)) // 2, 1, 4)
    texts = ["danger " * int(count) + "course " * (7 - int(count)) for count in alarm]
    signals = [{"alarm": count / 7.0} for count in alarm.tolist()]
    cases = [AssembledCase(text, signal) for text, signal in zip(texts, signals, strict=True)]
    return feature_frame(cases, CountingEncoder()), levels


def by_topic(n: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    """Each level has a word of its own, and a case with the words of both ends is of either, never of the middle."""
    kind = np.arange(n) % 5
    levels = np.where(kind < 4, kind + 1, np.random.default_rng(0).choice([1, 4], n))
    words = ("threat", "weapon", "refund", "review", "threat review")
    cases = [AssembledCase(f"{words[k]} x{row % 9}") for row, k in enumerate(kind)]
    return feature_frame(cases, CountingEncoder()), levels


@pytest.fixture(scope="module")
def scaled() -> SeverityClassifier:
    return SeverityClassifier(n_jobs=1).fit(*on_a_scale())


def test_levels_that_are_a_scale_get_the_ordinal_form_by_its_score(scaled: SeverityClassifier):
    assert scaled.kind_ == "ordinal"
    assert scaled.rps_["ordinal"] < scaled.rps_["multinomial"]
    assert scaled.weights_.shape[1:] == (1,)
    assert scaled.intercepts_.shape == (3,)
    assert (np.diff(scaled.intercepts_) >= 0).all()


def test_levels_with_words_of_their_own_get_the_multinomial_form():
    frame, levels = by_topic()
    found = SeverityClassifier(n_jobs=1).fit(frame, levels)
    assert found.kind_ == "multinomial"
    assert found.rps_["multinomial"] < found.rps_["ordinal"]
    assert found.weights_.shape[1:] == found.intercepts_.shape == (4,)


def test_with_two_levels_there_is_but_one_form():
    frame, levels = by_topic(40)
    found = SeverityClassifier(C=5.0, n_jobs=1).fit(frame, np.where(levels > 2, 2, 1))
    assert found.kind_ == "multinomial"
    assert list(found.rps_) == ["multinomial"]


def test_the_ordinal_form_keeps_the_contract_of_the_head(scaled: SeverityClassifier):
    frame, levels = on_a_scale(seed=1)
    found = scaled.predict_proba(frame)
    assert found.shape == (160, 4)
    assert found.sum(axis=1) == pytest.approx(np.ones(160))
    assert all((scaled.predict_proba(frame.iloc[[row]])[0] == found[row]).all() for row in range(0, 160, 7))
    assert (scaled.predict(frame) == scaled.classes_[found.argmax(axis=1)]).all()
    assert np.abs(scaled.predict(frame) - levels).mean() < 0.6
    record = scaled.cross_validation_
    assert record.chosen in record.trials
    assert record.probabilities.shape == (160, 4)
    assert record.chosen.temperature == scaled.temperature_
    assert scaled.C_ == record.chosen.setting.C


def test_fitting_twice_gives_the_same_model(scaled: SeverityClassifier):
    again = SeverityClassifier(n_jobs=2).fit(*on_a_scale())
    assert again.kind_ == scaled.kind_
    assert (again.weights_ == scaled.weights_).all()
    assert (again.intercepts_ == scaled.intercepts_).all()


def test_an_ordinal_head_goes_through_the_artifact_and_answers_the_same(
    small_models: tuple[SmallModel, SmallModel], tmp_path: Path
):
    source = small_models[0].directory
    whole = load_artifact(source)
    plain, levels = on_a_scale()
    frame = feature_frame([AssembledCase(text) for text in plain["text"]], whole.encoder)
    category = CategoryClassifier(C=5.0, n_jobs=1).fit(frame, ["spam_promotion", "no_violation"] * 80)
    severity = SeverityClassifier(C=5.0, n_jobs=1).fit(frame, levels)
    assert severity.kind_ == "ordinal", "as the example is made for"
    judge = Judge(category, severity, whole.encoder, whole.taxonomy)
    sha256 = save_artifact(judge, tmp_path / "new", name="ordinal", encoder_dir=source / "encoder")
    loaded = load_artifact(tmp_path / "new", sha256)
    assert loaded.severity is not None
    assert loaded.severity.kind_ == "ordinal"
    assert not hasattr(loaded.severity, "rps_")
    cases = [AssembledCase(text) for text in plain["text"][:9]]
    assert loaded.judge(cases) == judge.judge(cases)


def test_the_shown_level_is_that_of_least_expected_cost():
    p = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    found = shown_level(p, COSTS)
    for row, level in zip(p, found, strict=True):
        dear = [sum(row[true] * COSTS[true][shown] for true in range(4)) for shown in range(4)]
        assert dear[level - 1] == pytest.approx(min(dear))


def test_of_equally_dear_levels_the_more_severe_is_shown():
    p = np.array([[1 / 3, 2 / 3, 0, 0], [0.1, 0.2, 0.3, 0.4]])
    assert shown_level(p, COSTS)[0] == 1, "a third of 2 against two thirds of 1"
    assert shown_level(p, tuple((0.0,) * 4 for _ in range(4))).tolist() == [1, 1]


def test_the_dearer_it_is_to_be_too_mild_the_more_severe_is_shown():
    p = np.random.default_rng(1).dirichlet(np.ones(4), 200)
    plain = tuple(tuple(float(abs(i - j)) for j in range(4)) for i in range(4))
    assert (shown_level(p, COSTS) <= shown_level(p, plain)).all()
    assert (shown_level(p, COSTS) < shown_level(p, plain)).any()


def test_a_certain_level_is_shown_as_it_is():
    assert shown_level(np.eye(4), COSTS).tolist() == [1, 2, 3, 4]


def test_costs_of_another_number_of_levels_are_refused():
    with pytest.raises(InvalidInputError, match=r"'costs' must be 4 x 4.*\(got shape \(3, 3\)\)"):
        shown_level(np.eye(4), default_costs(3))


@settings(max_examples=200, deadline=None)
@given(distributions, distributions, st.integers(0, 3))
def test_a_rule_raises_the_shown_level_by_as_much_as_it_says_and_never_lowers_it(
    severity: dict[int, float], bare: dict[int, float], levels: int
):
    def alone(of: dict[int, float]) -> int:
        return int(shown_level(np.array([list(of.values())]), COSTS)[0])

    found = shown_severity(severity, bare, levels, COSTS)
    assert found is not None
    assert found <= alone(severity)
    if levels:
        assert found <= max(1, alone(bare) - levels)
    else:
        assert found == alone(severity)


def test_more_raises_never_show_a_milder_level():
    rng = np.random.default_rng(2)
    for row in rng.dirichlet(np.ones(4), 50):
        severity = dict(enumerate(row.tolist(), start=1))
        shown = [shown_severity(severity, severity, levels, COSTS) for levels in range(4)]
        assert shown == sorted(shown, reverse=True)
        assert shown[3] == 1


def test_without_severity_no_level_is_shown():
    assert shown_severity({}, {}, 1, COSTS) is None
