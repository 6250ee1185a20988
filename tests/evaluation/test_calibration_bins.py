from __future__ import annotations

import numpy as np
import pytest

from evaluation.calibration_bins import calibration_bins, calibration_verdict
from evaluation.judged import Judged
from evaluation.metrics import ece, ece_if_perfect


def calibrated(seed: int, n: int = 400, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k) * 0.4, n)
    return np.array([rng.choice(k, p=row) for row in p]), p


def test_the_bins_hold_each_row_once_and_make_up_the_calibration_error(judged: Judged):
    bins = calibration_bins(judged.confidence, judged.right)
    n = len(judged.truth)
    assert sum(each.n for each in bins) == n
    made_up = sum(each.n * abs(each.right.value - each.confidence) for each in bins) / n
    assert made_up == pytest.approx(ece(judged.truth, judged.probabilities))
    assert all(each.low <= each.confidence <= each.high for each in bins)


def test_certainty_is_in_the_last_bin():
    (only,) = calibration_bins(np.array([1.0, 1.0]), np.array([True, False]))
    assert (only.high, only.n, only.right.value) == (1.0, 2, 0.5)


def test_a_calibrated_model_is_ok_about_as_often_as_it_should_be():
    verdicts = [calibration_verdict(*calibrated(seed)) for seed in range(60)]
    assert 0.87 <= np.mean([verdict.ok for verdict in verdicts]) <= 1.0


def test_a_model_that_is_too_sure_is_not_ok():
    truth, p = calibrated(1)
    sharpened = p**3 / (p**3).sum(axis=1, keepdims=True)
    assert not calibration_verdict(truth, sharpened).ok


def test_an_error_that_nobody_notices_is_ok_however_many_rows_show_it():
    p = np.tile([0.8, 0.2], (100_000, 1))
    truth = (np.arange(100_000) % 1000 >= 785).astype(int)
    verdict = calibration_verdict(truth, p)
    assert verdict.ece == pytest.approx(0.015)
    assert verdict.if_perfect < 0.002
    assert verdict.allowed == 0.02
    assert verdict.ok


def test_what_chance_leaves_has_quantiles():
    p = calibrated(2)[1]
    low, middle, high = (ece_if_perfect(p, quantile=q) for q in (0.05, 0.5, 0.95))
    assert low < middle < high
    assert middle == ece_if_perfect(p), "the median, if nothing is said"
