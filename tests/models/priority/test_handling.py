from __future__ import annotations

import pytest

from cases.errors import ArtifactError
from models.priority import HandlingTimes


def test_a_category_with_many_decisions_takes_its_own_mean_and_one_with_few_nearly_that_of_all():
    found = HandlingTimes.fit([("slow", 1200.0)] * 500 + [("quick", 60.0)] * 500 + [("rare", 6000.0)])
    assert found is not None
    assert found.by_category["slow"] == pytest.approx(20.0, rel=0.02)
    assert found.by_category["quick"] == pytest.approx(1.0, rel=0.2)
    assert found.by_category["rare"] < 20.0
    assert found.overall == pytest.approx((500 * 20 + 500 * 1 + 100) / 1001, rel=0.01)


def test_a_case_left_open_over_night_does_not_make_its_category_slow():
    found = HandlingTimes.fit([("a", 60.0)] * 99 + [("a", 12 * 3600.0)])
    assert found is not None
    assert found.by_category["a"] < 1.3


def test_expected_minutes_follow_the_distribution_over_categories():
    times = HandlingTimes({"a": 10.0, "b": 2.0}, overall=5.0)
    assert times.expected({"a": 0.5, "b": 0.5}) == pytest.approx(6.0)
    assert times.expected({"a": 0.5, "unheard": 0.25}) == pytest.approx(5.0 + 0.25 * 5 + 0.25 * 5)
    assert times.expected({}) == pytest.approx(5.0)


def test_without_times_nothing_is_learnt():
    assert HandlingTimes.fit([]) is None
    assert HandlingTimes.fit([("a", 0.0)]) is None


def test_times_survive_their_form_on_disk_and_broken_ones_are_refused():
    times = HandlingTimes({"a": 10.0, "b": 2.0}, overall=5.0)
    arrays, settings = times.to_store()
    assert HandlingTimes.from_store(arrays, settings) == times
    with pytest.raises(ArtifactError, match="'handling' must be minutes above 0"):
        HandlingTimes.from_store({"minutes": -arrays["minutes"]}, settings)
