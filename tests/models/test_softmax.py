from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models import softmax
from models.blocks import Blocks
from models.calibration import probabilities
from models.softmax import fit_linear, logits_by_setting, most_rows


@pytest.fixture
def to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits run until they stand still, so that only a wrong form can make a difference."""
    monkeypatch.setattr(softmax, "_TOLERANCE", 1e-7)
    monkeypatch.setattr(softmax, "_ITERATIONS", 5000)


def cloud(classes: int, n: int = 90, columns: int = 300, seed: int = 0) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Wide sparse rows whose class shows in a few columns."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % classes
    rows = rng.random((n, columns)) * (rng.random((n, columns)) < 0.1)
    rows[np.arange(n), codes] += 0.6
    return sparse.csr_matrix(rows, dtype=np.float32), codes


@pytest.mark.usefixtures("to_the_end")
@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("C", [0.3, 10.0])
def test_with_fewer_rows_than_columns_the_model_is_the_same_as_on_all_columns(classes: int, C: float):
    design, codes = cloud(classes)
    assert design.shape[0] < design.shape[1], "so that the small form is taken"
    model = fit_linear(design, codes, classes, C)
    exact = LogisticRegression(C=C, tol=1e-9, max_iter=5000).fit(design.astype(np.float64), codes)
    fresh, _ = cloud(classes, seed=1)
    assert probabilities(model.logits(fresh)) == pytest.approx(exact.predict_proba(fresh), abs=1e-3)


@pytest.mark.usefixtures("to_the_end")
def test_the_wide_form_is_scikit_learns():
    design, codes = cloud(3, n=400, columns=60)
    model = fit_linear(design, codes, 3, 10.0)
    theirs = LogisticRegression(C=10.0, tol=1e-9, max_iter=5000).fit(design.astype(np.float64), codes)
    assert probabilities(model.logits(design)) == pytest.approx(theirs.predict_proba(design), abs=1e-3)


@pytest.mark.usefixtures("to_the_end")
def test_both_forms_agree_on_the_same_rows(monkeypatch: pytest.MonkeyPatch):
    design, codes = cloud(4)
    small = fit_linear(design, codes, 4, 3.0)
    monkeypatch.setattr(softmax, "most_rows", lambda _classes: 0)
    wide = fit_linear(design, codes, 4, 3.0)
    assert probabilities(small.logits(design)) == pytest.approx(probabilities(wide.logits(design)), abs=1e-3)


@pytest.mark.usefixtures("to_the_end")
def test_the_searchs_logits_are_those_of_the_model_fitted_at_that_setting():
    lexical, codes = cloud(3)
    other, _ = cloud(3, seed=1)
    dense, other_dense = (np.random.default_rng(seed).normal(size=(90, 8)).astype(np.float32) for seed in (2, 3))
    none = sparse.csr_matrix((90, 0), dtype=np.float32)
    train, held_out = Blocks(lexical, none, dense), Blocks(other, none, other_dense)
    mixes, strengths = ((1.0, 0.0), (1.0, 2.0), (0.0, 1.0)), (1.0, 16.0)
    found = list(logits_by_setting(train, held_out, codes, 3, mixes, strengths))
    assert [setting[:3] for setting in found] == [(*mix, C) for mix in mixes for C in strengths]
    for lexical_weight, dense_weight, C, logits in found:
        model = fit_linear(train.weighted(lexical_weight, dense_weight), codes, 3, C)
        expected = model.logits(held_out.weighted(lexical_weight, dense_weight))
        assert probabilities(logits) == pytest.approx(probabilities(expected), abs=1e-3)


@pytest.mark.usefixtures("to_the_end")
def test_equal_rows_do_not_break_the_factor():
    design, codes = cloud(3)
    doubled = sparse.vstack([design, design], format="csr")
    model = fit_linear(doubled, np.tile(codes, 2), 3, 5.0)
    once = fit_linear(design, codes, 3, 10.0)
    assert probabilities(model.logits(design)) == pytest.approx(probabilities(once.logits(design)), abs=1e-3), (
        "each row twice at half the C is each row once"
    )


def test_a_class_without_an_example_is_never_suggested():
    design, codes = cloud(3)
    codes = np.where(codes == 1, 3, codes)
    found = probabilities(fit_linear(design, codes, 5, 10.0).logits(design))
    assert found.shape == (90, 5)
    assert set(found.argmax(axis=1)) == {0, 2, 3}
    assert (found[:, [1, 4]] < 0.2).all()


def test_rows_of_one_class_alone_give_that_class():
    design, _ = cloud(3)
    found = probabilities(fit_linear(design, np.full(90, 2), 3, 10.0).logits(design))
    assert (found.argmax(axis=1) == 2).all()


def test_a_row_scores_the_same_whatever_shares_its_batch():
    design, codes = cloud(3)
    model = fit_linear(design, codes, 3, 10.0)
    together = model.logits(design)
    assert all((model.logits(design[row]) == together[row]).all() for row in range(90)), "to the last bit"


def test_the_small_form_is_bounded_by_rows_and_classes():
    assert most_rows(2) == 4000
    assert all(most_rows(k) ** 2 * k <= 1.2e9 for k in (2, 20, 77, 150, 1000))
