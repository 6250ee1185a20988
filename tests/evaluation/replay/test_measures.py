from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation.bootstrap import Interval
from evaluation.replay.harm import Stakes, World
from evaluation.replay.measures import gap_closed, mean, measured, ratio
from evaluation.replay.orders import FirstInFirstOut
from evaluation.replay.simulate import simulate
from models.priority import Weights
from tests.evaluation.replay.small_worlds import case, policy

WORLD = World(Weights(), policy())


def test_a_runs_figures_are_what_one_counts_by_hand():
    # The second severity 1 waits 50 minutes, which is too long; the 3 waits two hours, the last is still waiting.
    cases = [case(0.0, 1), case(0.5, 1, 30.0), case(0.6, 3), case(1.4, 2, violation=False)]
    found = measured(simulate(cases, FirstInFirstOut(), 1, until=2.0), Stakes.of(cases, WORLD), ["linear"])
    hours = [1.0, 1.0, 1.4, 0.6]
    assert found.harm == {"linear": pytest.approx(512 * 1.0 + 512 * 1.0 + 8 * 1.4)}
    worth = [512.0, 512.0, 8.0, 64.0]
    assert found.weighted_hours == pytest.approx(np.dot(worth, hours) / sum(worth))
    # Nobody knows yet whether the 2 will be taken in time.
    assert found.in_time[1] == 0.5
    assert math.isnan(found.in_time[2])
    assert found.in_time[3] == 1.0
    assert found.worst_wait == {1: 0.5, 2: pytest.approx(0.6), 3: pytest.approx(0.9)}
    assert found.undecided == 2


def test_a_case_that_has_waited_too_long_already_counts_as_late():
    cases = [case(0.0, 3), case(0.1, 1)]
    found = measured(simulate(cases, FirstInFirstOut(), 1, until=0.9), Stakes.of(cases, WORLD))
    assert found.in_time[1] == 0.0
    assert set(found.harm) == {"linear", "step", "quadratic", "deadline"}


def test_a_ratio_of_paired_figures_is_not_widened_by_what_both_share():
    rng = np.random.default_rng(0)
    under = rng.lognormal(3.0, 1.0, size=20)
    alike = (under * (0.9 + 0.01 * rng.normal(size=20))).tolist()
    found = ratio(alike, under.tolist())
    assert found.value == pytest.approx(0.9, abs=0.01)
    assert 0.002 < found.high - found.low < 0.03
    assert ratio(under.tolist(), under.tolist()).low == 1.0


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(2000):
        under = rng.gamma(4.0, 1.0, size=10)
        over = 0.8 * under + 0.3 * rng.normal(size=10)
        found = ratio(over.tolist(), under.tolist())
        held.append(found.low <= 0.8 <= found.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_the_gap_closed_is_0_for_the_first_order_and_1_for_the_clairvoyant():
    first, best = [100.0, 200.0], [10.0, 50.0]
    assert gap_closed(first, first, best).value == 0.0
    assert gap_closed(first, best, best).value == 1.0
    assert gap_closed(first, [55.0, 125.0], best).value == pytest.approx(0.5)
    assert gap_closed(first, [145.0, 275.0], best).value == pytest.approx(-0.5)


def of_nothing(found: Interval) -> bool:
    return all(math.isnan(each) for each in (found.value, found.low, found.high))


def test_of_nothing_there_is_no_share():
    # Each figure asked for here warns of no division by zero either: a warning fails a test.
    assert of_nothing(ratio([0.0, 0.0], [0.0, 0.0]))
    assert of_nothing(ratio([1.0, 0.0], [0.0, 0.0]))
    assert of_nothing(gap_closed([5.0, 7.0], [5.0, 7.0], [5.0, 7.0]))
    assert of_nothing(gap_closed([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]))
    assert ratio([0.0, 0.0], [1.0, 3.0]) == Interval(0.0, 0.0, 0.0)


def test_what_rounding_leaves_of_a_gap_is_none():
    first = [0.1 + 0.2 + 0.3, 1e6]
    best = [0.3 + 0.2 + 0.1, 1e6]
    assert first != best
    assert of_nothing(gap_closed(first, first, best))


def test_a_stream_without_cases_has_figures_too():
    found = measured(simulate([], FirstInFirstOut(), 1), Stakes.of([], WORLD))
    assert set(found.harm.values()) == {0.0}
    assert math.isnan(found.weighted_hours)
    assert (found.in_time, found.worst_wait, found.undecided) == ({}, {}, 0)


def test_one_seed_has_no_interval_and_none_no_mean():
    assert math.isnan(ratio([1.0], [2.0]).low)
    assert mean([0.5, math.nan, 0.7]).value == pytest.approx(0.6)
    assert math.isnan(mean([math.nan]).value)
