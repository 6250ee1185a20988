from __future__ import annotations

import numpy as np
import pytest

from evaluation.severity_cost import cost_of_best_constant, mean_cost, milder_and_harsher
from tests.evaluation.judged_cases import COSTS


def test_the_cost_is_that_of_the_matrix_with_truth_as_the_row():
    assert mean_cost(np.array([0]), np.array([3]), COSTS).value == 18.0, "a 1 called a 4"
    assert mean_cost(np.array([3]), np.array([0]), COSTS).value == 9.0, "a 4 called a 1"
    truth = np.array([0, 1, 2, 3] * 25)
    assert mean_cost(truth, truth, COSTS).value == 0.0
    found = mean_cost(truth, np.full(100, 1), COSTS)
    assert found.value == pytest.approx((2 + 0 + 1 + 4) / 4)
    assert found.low < found.value < found.high


def test_the_best_constant_is_the_cheapest_of_all_levels():
    truth = np.array([0] * 10 + [3] * 90)
    by_level = [mean_cost(truth, np.full(100, level), COSTS).value for level in range(4)]
    assert cost_of_best_constant(truth, COSTS) == min(by_level)
    assert by_level.index(min(by_level)) == 2, "a few of the most severe draw it away from the most frequent"


def test_milder_is_further_from_the_most_severe_level():
    assert milder_and_harsher(np.array([0, 0, 1, 2, 3]), np.array([1, 3, 1, 1, 3])) == (2, 1)
