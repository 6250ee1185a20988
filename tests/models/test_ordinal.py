from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from evaluation.metrics import rps
from models import ordinal
from models.blocks import count_frame
from models.ordinal import (
    cross_validate_ordinal,
    fit_ordinal,
    fit_temperature,
    log_probabilities,
    ranked_probability_scores,
)
from models.search import Grid
from tests.models.test_search import frame_of


@pytest.fixture
def to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits run until they stand still, so that only a wrong form can make a difference."""
    monkeypatch.setattr(ordinal, "_TOLERANCE", 1e-8)
    monkeypatch.setattr(ordinal, "_ITERATIONS", 5000)


def scale(n: int = 120, columns: int = 200, k: int = 4, seed: int = 0) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Sparse rows whose place grows with a hidden direction."""
    rng = np.random.default_rng(seed)
    rows = rng.random((n, columns)) * (rng.random((n, columns)) < 0.1)
    rows[:, 0] = rng.normal(size=n)
    noisy = rows[:, 0] + 0.4 * rng.normal(size=n)
    codes = np.searchsorted(np.quantile(noisy, np.arange(1, k) / k), noisy)
    return sparse.csr_matrix(rows, dtype=np.float32), codes


@pytest.mark.usefixtures("to_the_end")
@pytest.mark.parametrize("columns", [40, 200])
def test_with_two_levels_it_is_logistic_regression_in_both_forms(columns: int):
    design, codes = scale(columns=columns, k=2)
    model = fit_ordinal(design, codes, 2, 3.0)
    theirs = LogisticRegression(C=3.0, tol=1e-9, max_iter=5000).fit(design.astype(np.float64), codes)
    found = np.exp(log_probabilities(model.cumulative_logits(design), 1.0))
    assert found == pytest.approx(theirs.predict_proba(design), abs=1e-3)


@pytest.mark.usefixtures("to_the_end")
def test_it_minimises_the_all_threshold_loss_as_the_paper_writes_it():
    design, codes = scale(n=60, columns=6)
    x, C = design.toarray().astype(np.float64), 2.0

    def loss(point: np.ndarray) -> float:
        weights, thresholds = point[:6], point[6:]
        total = 0.5 * weights @ weights
        for row, code in zip(x, codes, strict=True):
            for place, threshold in enumerate(thresholds):
                sign = 1.0 if code <= place else -1.0
                total += C * np.log1p(np.exp(-sign * (row @ weights + threshold)))
        return float(total)

    theirs = minimize(loss, np.zeros(9), method="BFGS", options={"gtol": 1e-4}).x
    model = fit_ordinal(design, codes, 4, C)
    assert np.concatenate([model.weights[:, 0], model.thresholds]) == pytest.approx(theirs, abs=2e-3)


@pytest.mark.usefixtures("to_the_end")
def test_with_fewer_rows_than_columns_the_model_is_the_same_as_on_all_columns(monkeypatch: pytest.MonkeyPatch):
    design, codes = scale()
    small = fit_ordinal(design, codes, 4, 5.0)
    monkeypatch.setattr(ordinal, "SMALL_ROWS", 0)
    wide = fit_ordinal(design, codes, 4, 5.0)
    fresh, _ = scale(seed=1)
    assert small.cumulative_logits(fresh) == pytest.approx(wide.cumulative_logits(fresh), abs=0.01)


@pytest.mark.parametrize("absent", [0, 1, 3])
def test_a_level_without_an_example_is_unlikely_and_thresholds_still_rise(absent: int):
    design, codes = scale()
    kept = np.flatnonzero(codes != absent)
    model = fit_ordinal(design[kept], codes[kept], 4, 5.0)
    assert (np.diff(model.thresholds) >= 0).all()
    logs = log_probabilities(model.cumulative_logits(design[kept]), 1.0)
    assert np.isfinite(logs).all()
    assert np.exp(logs)[:, absent].max() < 0.05


def test_a_row_scores_the_same_whatever_shares_its_batch():
    design, codes = scale()
    model = fit_ordinal(design, codes, 4, 5.0)
    together = log_probabilities(model.cumulative_logits(design), 1.3)
    alone = [log_probabilities(model.cumulative_logits(design[row]), 1.3)[0] for row in range(len(codes))]
    assert (np.array(alone) == together).all(), "to the last bit"


rising = st.lists(st.floats(-30, 30), min_size=1, max_size=6).map(sorted)


@given(rising, st.floats(0.1, 10))
def test_the_levels_probabilities_are_differences_of_the_cumulative_ones(row: list[float], temperature: float):
    found = np.exp(log_probabilities(np.array([row]), temperature))[0]
    cumulative = np.concatenate([[0.0], expit(np.array(row) / temperature), [1.0]])
    assert found == pytest.approx(np.diff(cumulative), abs=1e-8)
    assert found.sum() == pytest.approx(1.0)


def test_far_out_in_the_tails_logarithms_keep_their_digits():
    """P(y ≤ 1) and P(y ≤ 0) are both 1 to the last digit, and their difference is not 0."""
    [[_, between, _]] = log_probabilities(np.array([[50.0, 52.0]]), 1.0)
    assert between == pytest.approx(-50.0 + np.log(1 - np.exp(-2.0)), abs=1e-9)


def test_the_temperature_of_logits_that_were_overdone_is_how_far():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(20_000, 1)) * 2 + np.array([-2.0, 0.0, 2.0])
    # One draw against the cumulative probabilities: a row's place is how many of them lie below it.
    codes = (rng.random((20_000, 1)) > expit(true)).sum(axis=1)
    assert fit_temperature(true * 2.5, codes) == pytest.approx(2.5, rel=0.05)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_the_score_in_expectation_is_least_for_the_truth(seed: int, k: int):
    rng = np.random.default_rng(seed)
    truth, other = rng.dirichlet(np.ones(k), 2)
    codes = np.arange(k)
    right, wrong = (truth @ ranked_probability_scores(np.tile(said, (k, 1)), codes) for said in (truth, other))
    assert right <= wrong


def test_the_score_asks_how_far_off_the_probability_is():
    said = np.array([[1.0, 0.0, 0.0, 0.0]] * 4)
    assert ranked_probability_scores(said, np.arange(4)) == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_cross_validation_scores_each_row_by_a_model_that_has_not_seen_it():
    codes = np.random.default_rng(1).permutation(np.arange(120) % 3)
    counted = count_frame(frame_of(np.arange(120) % 3))
    folds = np.arange(120) // 3 % 4
    grid = Grid(((1.0, 1.0), (0.0, 1.0)), (1.0, 64.0))
    found = cross_validate_ordinal(counted, codes, 3, folds, grid, n_jobs=1)
    assert len(found.trials) == 4
    assert found.chosen.log_loss == min(trial.log_loss for trial in found.trials)
    assert found.chosen.log_loss > 1.0, "labels without any sign in the text cannot be known"
    truth = found.probabilities[np.arange(120), codes]
    assert -np.log(truth).mean() == pytest.approx(found.chosen.log_loss), "its probabilities are those measured"


def test_a_large_table_is_cross_validated_in_the_wide_form_with_the_same_answer(monkeypatch: pytest.MonkeyPatch):
    codes = np.arange(120) % 3
    counted, folds, grid = count_frame(frame_of(codes)), np.arange(120) // 3 % 4, Grid(((1.0, 1.0),), (4.0,))
    small = cross_validate_ordinal(counted, codes, 3, folds, grid, n_jobs=1)
    monkeypatch.setattr(ordinal, "SMALL_ROWS", 0)
    wide = cross_validate_ordinal(counted, codes, 3, folds, grid, n_jobs=1)
    assert wide.probabilities == pytest.approx(small.probabilities, abs=0.02)


def test_the_metric_is_the_mean_of_the_rows_scores():
    said = np.random.default_rng(0).dirichlet(np.ones(4), 30)
    truth = np.arange(30) % 4
    assert rps(truth, said) == pytest.approx(ranked_probability_scores(said, truth).mean())
    assert rps(truth, np.eye(4)[truth]) == 0.0
    assert rps(truth, np.eye(4)[(truth + 1) % 4]) > 0.4
