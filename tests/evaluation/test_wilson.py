from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from evaluation.wilson import wilson


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (0, 30), (1, 3), (7, 20), (30, 30), (812, 1000)])
def test_it_is_the_interval_that_scipy_knows_as_wilsons(hits: int, n: int):
    found, known = wilson(hits, n), binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-12)
    assert 0 <= found.low <= found.value == hits / n <= found.high <= 1


def test_it_covers_a_small_classs_share_about_as_often_as_it_says():
    hits = np.arange(26)
    intervals = [wilson(int(h), 25) for h in hits]
    for share in (0.7, 0.8, 0.9):
        covers = np.array([i is not None and i.low <= share <= i.high for i in intervals])
        assert binom.pmf(hits, 25, share)[covers].sum() > 0.92


def test_of_nothing_there_is_none_and_more_hits_than_rows_are_refused():
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match=r"'hits' must be 0\.\.3"):
        wilson(4, 3)
