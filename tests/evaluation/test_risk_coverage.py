from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.risk_coverage import risk_coverage


def test_a_curve_that_can_be_reckoned_by_hand():
    curve = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, True]))
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert curve.aurc == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert curve.best_aurc == pytest.approx(1 / 4 / 4), "the one error last"


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.4, 0.6, 0.8]), st.booleans()), min_size=1), st.randoms())
def test_the_order_of_rows_of_equal_confidence_does_not_matter(rows: list[tuple[float, bool]], random):
    def curve(given_rows):
        confidence, right = zip(*given_rows, strict=True)
        return risk_coverage(np.array(confidence), np.array(right))

    shuffled = random.sample(rows, len(rows))
    assert curve(rows).aurc == curve(shuffled).aurc
    assert curve(rows).risk.tolist() == curve(shuffled).risk.tolist()
    assert curve(rows).taken[-1] == len(rows), "at last all are taken"
    assert curve(rows).best_aurc <= curve(rows).aurc + 1e-12


def test_the_widest_coverage_at_a_precision_is_past_a_dip():
    right = np.array([False] + [True] * 59 + [False] * 40)
    curve = risk_coverage(np.linspace(1, 0, 100), right)
    place = curve.widest_at(0.95)
    assert place is not None
    assert curve.taken[place] == 62, "59 of 62 are right; one error more would be below .95"
    assert curve.risk[0] == 1.0, "the surest of all is wrong, and does not end the search"


@pytest.mark.parametrize("wrong", range(1, 50))
def test_a_precision_that_is_met_exactly_is_met(wrong: int):
    right = np.arange(100) >= wrong
    assert risk_coverage(np.full(100, 0.9), right).widest_at((100 - wrong) / 100) == 0


def test_a_precision_that_is_never_reached_or_by_a_handful_only_has_no_place():
    assert risk_coverage(np.linspace(1, 0, 100), np.arange(100) % 2 == 0).widest_at(0.95) is None
    assert risk_coverage(np.linspace(1, 0, 100), np.arange(100) < 10).widest_at(0.95) is None
