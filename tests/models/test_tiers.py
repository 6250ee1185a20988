from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from cases.errors import ArtifactError, InvalidInputError
from models.tiers import FEWEST, Tiers


def calibrated(n: int, seed: int, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are the truth's own distribution."""
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(scale=2.0, size=(n, k)), axis=1)
    codes = (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return probabilities, np.minimum(codes, k - 1)


def two_classes(top: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that all suggest column 0, with such a probability; right or wrong as said."""
    p = np.array(top)
    return np.stack([p, 1 - p], axis=1), np.where(right, 0, 1)


def test_above_the_threshold_the_target_is_met_and_one_row_lower_it_is_not():
    probabilities, codes = calibrated(20_000, 0)
    tiers = Tiers.fit(probabilities, codes, default=0.9)
    suggested, top = probabilities.argmax(axis=1), probabilities.max(axis=1)
    for code, threshold in enumerate(tiers.thresholds):
        own = suggested == code
        above, below = own & (top >= threshold), np.sort(top[own & (top < threshold)])[::-1]
        assert (codes[above] == code).mean() >= 0.899
        lower = [(codes[own & (top >= p)] == code).mean() for p in below]
        # What the probabilities count for and the row to come are a hair's breadth among so many rows.
        assert max(lower) < 0.905


def test_fitted_on_many_rows_the_precision_on_other_rows_is_the_target():
    tiers = Tiers.fit(*calibrated(200_000, 1))
    whole = tiers.table(*calibrated(200_000, 2))[-1]
    # 30,000 rows are applied: four standard errors.
    assert whole.precision == pytest.approx(0.95, abs=0.005)
    assert 0.1 < whole.share < 0.9


def test_fitted_on_three_hundred_rows_a_category_the_precision_is_kept_on_average():
    """By the share alone it is .932: chance helps to choose a threshold."""
    right = applied = 0
    for seed in range(100):
        tiers = Tiers.fit(*calibrated(1200, seed))
        row = tiers.table(*calibrated(20_000, seed + 1000))[-1]
        right, applied = right + round((row.precision or 0) * row.applied), applied + row.applied
    assert applied > 100_000
    assert right / applied >= 0.945


def test_a_category_may_ask_for_more_than_the_others():
    tiers = Tiers.fit(*calibrated(5000, 3), targets={2: 0.99}, default=0.8)
    assert tiers.targets.tolist() == [0.8, 0.8, 0.99, 0.8]
    assert tiers.thresholds[2] > max(np.delete(tiers.thresholds, 2))


def test_a_target_that_is_never_met_is_never_applied():
    probabilities, codes = two_classes([0.6 + i / 100 for i in range(39)], [i % 2 == 0 for i in range(39)])
    tiers = Tiers.fit(probabilities, codes)
    assert tiers.thresholds[0] == np.inf
    assert "apply" not in tiers.tier(probabilities, [1] * 39, [False] * 39)


def test_too_few_rows_above_do_not_make_a_threshold():
    n = FEWEST - 1
    probabilities, codes = two_classes([0.99] * n + [0.6] * 40, [True] * n + [False] * 40)
    assert Tiers.fit(probabilities, codes).thresholds[0] == np.inf
    probabilities, codes = two_classes([0.99] * FEWEST + [0.6] * 40, [True] * FEWEST + [False] * 40)
    assert Tiers.fit(probabilities, codes).thresholds[0] == 0.99


def test_rows_of_one_probability_are_above_it_together_or_not_at_all():
    probabilities, codes = two_classes([0.99] * 40 + [0.96] * 30, [True] * 60 + [False] * 10)
    # Taken one by one the first right ones at .96 would still meet the target.
    assert Tiers.fit(probabilities, codes).thresholds[0] == 0.99


def test_a_category_of_few_suggestions_has_the_threshold_of_all():
    frequent, codes = calibrated(4000, 4, k=3)
    rare = np.zeros((4000, 1))
    tiers = Tiers.fit(np.hstack([frequent, rare]), codes)
    top, right = frequent.max(axis=1), frequent.argmax(axis=1) == codes
    above = top >= tiers.thresholds[3]
    assert np.isfinite(tiers.thresholds[3])
    assert right[above].mean() >= 0.95
    assert above.sum() > 20


def test_tiers_by_probability_length_of_the_shortlist_and_silence():
    tiers = Tiers(np.array([0.8, np.inf]), np.array([0.95, 0.95]))
    probabilities = np.array([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.7, 0.3], [0.9, 0.1]])
    found = tiers.tier(probabilities, [6, 5, 1, 6, 1], [False, False, False, False, True])
    assert found == ["apply", "suggest", "suggest", "abstain", "abstain"]


def test_the_table_has_each_category_and_all_together():
    probabilities, codes = calibrated(3000, 5)
    tiers = Tiers.fit(probabilities, codes)
    *rows, whole = tiers.table(probabilities, codes)
    assert [row.code for row in rows] == [0, 1, 2, 3]
    assert whole.code is None
    assert sum(row.suggested for row in rows) == whole.suggested == 3000
    assert sum(row.applied for row in rows) == whole.applied
    assert all(row.precision is None or row.precision >= 0.95 for row in rows)
    assert whole.applied == tiers.tier(probabilities, [9] * 3000, [False] * 3000).count("apply")


def test_nothing_applied_has_no_precision():
    row = Tiers(np.array([np.inf, 0.9]), np.array([0.95, 0.95])).table(*two_classes([0.8], [True]))[0]
    assert (row.suggested, row.applied, row.share, row.precision) == (1, 0, 0.0, None)


def test_stored_and_read_back_it_is_the_same_and_never_stays_never():
    tiers = Tiers(np.array([0.8, np.inf]), np.array([0.95, 0.9]))
    again = Tiers.from_store(*tiers.to_store())
    assert again.thresholds.tolist() == [0.8, np.inf]
    assert again.targets.tolist() == [0.95, 0.9]


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"thresholds": np.ones(2), "targets": np.ones(3)},
        {"thresholds": np.array([np.nan]), "targets": np.ones(1)},
    ],
)
def test_what_does_not_fit_together_is_refused(arrays: dict):
    with pytest.raises(ArtifactError, match="'tiers' must be"):
        Tiers.from_store(arrays, {})


def test_a_target_above_one_and_codes_that_do_not_match_are_refused():
    probabilities, codes = calibrated(50, 6)
    with pytest.raises(InvalidInputError, match="'targets' must be"):
        Tiers.fit(probabilities, codes, targets={0: 95.0})
    with pytest.raises(InvalidInputError, match="'codes' must be"):
        Tiers.fit(probabilities, codes[1:])
