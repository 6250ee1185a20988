from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from models.calibration import fit_temperature, probabilities, row_losses


def calibrated(n: int = 4000, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the truth's own distribution."""
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2.0, size=(n, k))
    drawn = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return logits, np.minimum(drawn, k - 1)


@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
def test_the_temperature_undoes_a_known_factor(factor: float):
    logits, codes = calibrated()
    assert fit_temperature(logits * factor, codes) == pytest.approx(factor, rel=0.06)


def test_no_other_temperature_is_likelier():
    logits, codes = calibrated(300)
    best = fit_temperature(logits * 3, codes)
    at_best = row_losses(logits * 3, codes, best).mean()
    assert all(row_losses(logits * 3, codes, best * by).mean() >= at_best for by in (0.9, 0.99, 1.01, 1.1))


def test_it_is_bounded_where_every_row_is_right():
    temperature = fit_temperature(np.eye(3) * 50, np.arange(3))
    assert np.exp(-3) <= temperature <= np.exp(3)


def test_huge_logits_stay_a_distribution_and_keep_their_order():
    found = probabilities(np.array([[1e4, 0.0, -1e4], [3.0, 2.0, 1.0]]), 0.5)
    assert found.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-15)
    assert (found.argmax(axis=1) == 0).all()
    assert (found[1][:-1] > found[1][1:]).all()
