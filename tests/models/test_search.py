from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cases.errors import InvalidInputError
from features.assemble import AssembledCase
from features.frame import feature_frame
from models import search
from models.blocks import CountedFrame, count_frame
from models.search import Grid, Setting, assign_folds, cross_validate
from models.severity import SeverityClassifier
from tests.features.counting_encoder import CountingEncoder

WORDS = ("refund", "copied", "threat")
SMALL = Grid(mixes=((1.0, 0.0), (1.0, 1.0)), strengths=(1.0, 16.0))


def frame_of(codes: np.ndarray, noise: float = 0.3) -> pd.DataFrame:
    """Texts that name their class, except a share of them."""
    rng = np.random.default_rng(0)
    shown = np.where(rng.random(len(codes)) < noise, rng.integers(0, len(WORDS), len(codes)), codes)
    cases = [AssembledCase(f"{WORDS[code]} number {row % 17}") for row, code in enumerate(shown)]
    return feature_frame(cases, CountingEncoder())


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.arange(120) % 3


@pytest.fixture(scope="module")
def counted(codes: np.ndarray) -> CountedFrame:
    return count_frame(frame_of(codes))


def test_each_row_is_judged_by_a_model_that_has_not_seen_it(counted: CountedFrame, codes: np.ndarray):
    """Labels without any sign in the text: a model that saw them would know them by heart."""
    unrelated = np.random.default_rng(1).permutation(codes)
    found = cross_validate(counted, unrelated, 3, grid=Grid(((1.0, 1.0),), (64.0,)))
    assert found.probabilities.shape == (120, 3)
    assert (found.probabilities.argmax(axis=1) == unrelated).mean() < 0.55
    assert found.chosen.log_loss == pytest.approx(np.log(3), abs=0.1), "the temperature makes it say that it guesses"


def test_every_setting_is_tried_and_the_chosen_is_within_an_error_of_the_best(
    counted: CountedFrame, codes: np.ndarray
):
    found = cross_validate(counted, codes, 3, grid=SMALL)
    assert {trial.setting for trial in found.trials} == {
        Setting(*mix, strength) for mix in SMALL.mixes for strength in SMALL.strengths
    }
    assert found.chosen in found.trials
    assert found.chosen.log_loss - min(trial.log_loss for trial in found.trials) < 0.05
    truth = found.probabilities[np.arange(120), codes]
    assert -np.log(truth).mean() == pytest.approx(found.chosen.log_loss), "its probabilities are those measured"


def test_a_large_table_is_searched_on_a_part_and_settled_on_all_of_it(
    counted: CountedFrame, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "most_rows", lambda _classes: 60)
    found = cross_validate(counted, codes, 3, grid=SMALL)
    assert [trial.rows for trial in found.trials] == [60] * 4 + [120] * 2
    assert found.chosen.rows == len(found.logits) == 120
    assert len({(trial.setting.lexical_weight, trial.setting.dense_weight) for trial in found.trials[4:]}) == 2


def test_a_huge_table_is_settled_on_its_first_share_of_each_class(
    counted: CountedFrame, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "MOST_ROWS", 90)
    found = cross_validate(counted, codes, 3, grid=SMALL)
    assert len(found.rows) == len(found.logits) == 90
    assert np.bincount(codes[found.rows]).tolist() == [30, 30, 30]
    assert (np.diff(found.rows) > 0).all()


def test_near_duplicates_in_one_group_earn_no_credit():
    """Each case three times, its label a coin: only who has seen its twin can know it."""
    rng = np.random.default_rng(2)
    cases = [AssembledCase(f"case {rng.integers(10**9)} of {rng.integers(10**9)}") for _ in range(60)] * 3
    labels, twins = np.tile(rng.integers(0, 2, 60), 3), np.tile(np.arange(60), 3).tolist()
    counted = count_frame(feature_frame(cases, CountingEncoder()))
    grid = Grid(((1.0, 0.0),), (16.0,))
    assert cross_validate(counted, labels, 2, grid=grid).chosen.accuracy > 0.95
    assert cross_validate(counted, labels, 2, groups=twins, grid=grid).chosen.accuracy < 0.7


def test_a_class_of_one_row_neither_breaks_the_search_nor_counts_in_it(counted: CountedFrame, codes: np.ndarray):
    labels = codes.copy()
    labels[5] = 3
    found = cross_validate(counted, labels, 4, grid=SMALL)
    assert np.isfinite(found.logits).all()
    others = np.delete(np.arange(120), 5)
    right = found.probabilities.argmax(axis=1)[others] == labels[others]
    assert found.chosen.accuracy == right.mean(), "no setting could have known the one row"


def test_a_fold_whose_training_rows_are_all_alike_is_survived():
    labels = [2, 2, 2, 2, 2, 1]
    frame = frame_of(np.array([0, 0, 0, 0, 0, 1]), noise=0.0)
    found = SeverityClassifier(n_jobs=1).fit(frame, labels)
    assert found.predict_proba(frame).sum(axis=1) == pytest.approx(np.ones(6))


@pytest.mark.parametrize(
    ("codes", "groups", "said"),
    [
        ([0, 0, 1, 1], ["a", "a", "a", "a"], "got 4 rows in 1 groups"),
        ([0, 1, 2], None, "got 3 rows in 3 groups"),
    ],
)
def test_a_table_that_cannot_be_cross_validated_says_so(codes: list[int], groups: list[str] | None, said: str):
    with pytest.raises(InvalidInputError, match=said):
        assign_folds(np.array(codes), groups, 5)
