from __future__ import annotations

import numpy as np
import pytest

from models.calibration import row_losses
from models.pool import fit_pool, pooled

ROWS, CLASSES = 600, 4


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.random.default_rng(0).integers(0, CLASSES, ROWS)


def signal(truth: np.ndarray, strength: float, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(len(truth), CLASSES))
    logits[np.arange(len(truth)), truth] += strength
    return logits


def loss(logits: np.ndarray, truth: np.ndarray) -> float:
    return float(row_losses(logits, truth, 1.0).mean())


def test_two_members_that_err_apart_are_better_together(truth: np.ndarray):
    members = {"first": signal(truth, 2.0, 1), "second": signal(truth, 1.5, 2)}
    weights = fit_pool(members, truth)
    assert min(weights.values()) > 0
    together = loss(pooled(members, weights), truth)
    assert together < min(loss(z, truth) for z in members.values()) - 0.05


def test_a_member_that_knows_nothing_gets_no_weight(truth: np.ndarray):
    noise = np.random.default_rng(3).normal(size=(ROWS, CLASSES))
    against = -signal(truth, 1.0, 4)
    weights = fit_pool({"good": signal(truth, 2.0, 1), "noise": noise, "against": against}, truth)
    assert weights["against"] == 0.0
    assert weights["noise"] < 0.15 * weights["good"]


def test_a_members_own_scale_does_not_matter(truth: np.ndarray):
    first, second = signal(truth, 2.0, 1), signal(truth, 1.5, 2)
    plain = pooled({"a": first, "b": second}, fit_pool({"a": first, "b": second}, truth))
    scaled = {"a": first * 50.0, "b": second * 0.02}
    assert pooled(scaled, fit_pool(scaled, truth)) == pytest.approx(plain, abs=1e-3)


def test_the_weights_are_where_the_loss_is_least(truth: np.ndarray):
    members = {"a": signal(truth, 2.0, 1), "b": signal(truth, 1.5, 2)}
    weights = fit_pool(members, truth)
    best = loss(pooled(members, weights), truth)
    for name in members:
        for factor in (0.8, 1.25):
            nudged = weights | {name: weights[name] * factor}
            assert loss(pooled(members, nudged), truth) > best
