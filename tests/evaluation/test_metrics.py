from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from evaluation.bootstrap import interval, resamples
from evaluation.metrics import accuracy, confusion, ece, ece_if_perfect, log_loss, macro_f1, macro_mae, per_class, qwk
from evaluation.paired import paired_difference


def drawn(seed: int, n: int = 400, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Truth drawn from the probabilities themselves: a perfectly calibrated model."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k) * 0.4, n)
    return np.array([rng.choice(k, p=row) for row in p]), p


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(10, 200))
def test_the_counts_agree_with_scikit_learns(seed: int, k: int, n: int):
    truth, p = drawn(seed, n, k)
    said = p.argmax(axis=1)
    present = sorted(set(truth.tolist()))
    assert accuracy(truth, p) == pytest.approx(sk.accuracy_score(truth, said))
    assert macro_f1(truth, p) == pytest.approx(
        sk.f1_score(truth, said, labels=present, average="macro", zero_division=0.0)
    )
    assert log_loss(truth, p) == pytest.approx(sk.log_loss(truth, p, labels=range(k)))
    assert (confusion(truth, said, k) == sk.confusion_matrix(truth, said, labels=range(k))).all()
    expected = sk.precision_recall_fscore_support(truth, said, labels=range(k), zero_division=0.0)
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert per_class(truth, said, k)[name] == pytest.approx(values)
    if len(set(said.tolist()) | set(truth.tolist())) > 1:
        assert qwk(truth, p) == pytest.approx(sk.cohen_kappa_score(truth, said, weights="quadratic", labels=range(k)))


def test_macro_mae_counts_each_true_level_the_same():
    truth = np.array([0] * 98 + [3, 3])
    always_first = np.tile([1.0, 0.0, 0.0, 0.0], (100, 1))
    assert macro_mae(truth, always_first) == 1.5, "(0 + 3) / 2, however rare the second level is"


def test_agreement_on_one_level_alone_is_full_agreement():
    assert qwk(np.zeros(5, dtype=int), np.tile([1.0, 0.0], (5, 1))) == 1.0


def test_ece_of_a_closed_form():
    p = np.tile([0.8, 0.2], (100, 1))
    truth = np.array([0] * 60 + [1] * 40)
    assert ece(truth, p) == pytest.approx(0.2)


def test_a_calibrated_models_ece_is_about_what_chance_leaves():
    found = [ece(*drawn(seed)) for seed in range(60)]
    assert np.median(found) == pytest.approx(ece_if_perfect(drawn(0)[1]), rel=0.25)


def test_certainty_is_in_the_last_bin_and_impossibility_has_a_finite_loss():
    p = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert ece(np.array([0, 0]), p) == 0.0
    assert np.isfinite(log_loss(np.array([1, 1]), p))


def test_the_interval_of_an_accuracy_is_the_binomials():
    truth, p = drawn(3, n=2000)
    found = interval(accuracy, truth, p)
    error = (found.value * (1 - found.value) / 2000) ** 0.5
    assert found.low == pytest.approx(found.value - 1.96 * error, abs=0.005)
    assert found.high == pytest.approx(found.value + 1.96 * error, abs=0.005)
    assert interval(accuracy, truth, p) == found, "seeded"


def test_an_interval_covers_the_truth_as_often_as_it_says():
    k, covered = 3, 0
    p = np.tile([0.7, 0.2, 0.1], (150, 1))
    for seed in range(200):
        truth = np.random.default_rng(seed).choice(k, size=150, p=p[0])
        found = interval(accuracy, truth, p, draws=200, seed=seed)
        covered += found.low <= 0.7 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_a_resample_is_drawn_when_it_is_asked_for():
    tracemalloc.start()
    drawn_rows = [int(rows[0]) for rows in resamples(100_000, 20, 0)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(drawn_rows) == 20
    assert peak < 4 * 100_000 * 8, "a few draws at a time, not all"


def test_pairing_leaves_out_what_both_find_hard():
    truth, p = drawn(5, n=300)
    slightly_worse = p.copy()
    slightly_worse[:12] = np.roll(p[:12], 1, axis=1)
    paired = paired_difference(accuracy, truth, p, slightly_worse)
    apart = interval(accuracy, truth, p), interval(accuracy, truth, slightly_worse)
    assert paired.value == pytest.approx(apart[0].value - apart[1].value)
    assert paired.high - paired.low < (apart[0].high - apart[0].low) / 2


def test_a_model_does_not_differ_from_itself():
    truth, p = drawn(6)
    found = paired_difference(log_loss, truth, p, p)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
