from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import InvalidInputError
from models.priority import Priority, priority, raised_severity

NOW = datetime(2026, 11, 1, tzinfo=UTC)

distributions = (
    st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4)
    .map(lambda raw: [value / sum(raw) for value in raw])
    .map(lambda masses: dict(enumerate(masses, start=1)))
)


def place(severity: dict[int, float], **options: object) -> Priority:
    given_ = {"violation": 0.9, "attributes": {}, "received_at": NOW, **options}
    violation = given_.pop("violation")
    return priority(severity, violation, **given_)


def certain(level: int) -> dict[int, float]:
    return {other: float(other == level) for other in range(1, 5)}


@given(distributions, st.floats(0, 1), st.floats(0, 1e7), st.booleans())
def test_the_parts_add_up(severity: dict[int, float], violation: float, reach: float, judged: bool):
    found = place(severity, violation=violation, attributes={"reach": reach}, judged=judged)
    assert found.order_key == pytest.approx(math.fsum(found.parts.values()), abs=1e-6)


@settings(max_examples=300)
@given(distributions, st.integers(1, 3), st.floats(0, 1), st.booleans(), st.integers(0, 3))
def test_a_more_severe_case_never_ranks_lower(
    severity: dict[int, float], level: int, share: float, judged: bool, raises: int
):
    worse = dict(severity)
    moved = worse[level + 1] * share
    worse[level + 1] -= moved
    worse[level] += moved
    ranks = [place(s, judged=judged, raise_levels=raises).order_key for s in (worse, severity)]
    assert ranks[0] >= ranks[1] - 1e-9


@given(distributions, st.integers(0, 3), st.booleans())
def test_a_rule_never_lowers(severity: dict[int, float], raises: int, judged: bool):
    ranks = [place(severity, judged=judged, raise_levels=n).order_key for n in (raises + 1, raises)]
    assert ranks[0] >= ranks[1] - 1e-9


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e6))
def test_likelier_violations_and_wider_reach_never_rank_lower(p: float, q: float, reach: float, wider: float):
    low, high = sorted((p, q))
    assert place(certain(3), violation=high).order_key >= place(certain(3), violation=low).order_key
    small, large = sorted((reach, wider))
    ranks = [place(certain(3), attributes={"reach": r}).order_key for r in (large, small)]
    assert ranks[0] >= ranks[1]


def test_twelve_hours_of_waiting_weigh_as_much_as_twice_the_harm():
    earlier = place(certain(3), received_at=NOW - timedelta(hours=12))
    assert earlier.order_key - place(certain(3)).order_key == pytest.approx(1.0)


def test_a_certain_severity_1_stays_ahead_of_a_severity_2_that_came_84_hours_before():
    critical = place(certain(1)).order_key
    assert critical > place(certain(2), received_at=NOW - timedelta(hours=83.9)).order_key
    assert critical < place(certain(2), received_at=NOW - timedelta(hours=84.1)).order_key


@given(distributions, distributions, st.floats(-1e5, 1e5))
def test_the_order_does_not_change_by_the_clock_alone(a: dict[int, float], b: dict[int, float], hours: float):
    shift = timedelta(hours=hours)
    early = place(a).order_key - place(b, received_at=NOW - timedelta(hours=5)).order_key
    late = (
        place(a, received_at=NOW + shift).order_key - place(b, received_at=NOW - timedelta(hours=5) + shift).order_key
    )
    assert late == pytest.approx(early, abs=1e-6)


def test_what_cannot_be_judged_ranks_by_the_upper_quartile_and_at_least_as_medium():
    likely_mild = {1: 0.05, 2: 0.25, 3: 0.1, 4: 0.6}
    assert place(likely_mild, judged=False).parts["harm"] == pytest.approx(place(certain(2)).parts["harm"])
    surely_mild = {1: 0.0, 2: 0.0, 3: 0.0, 4: 1.0}
    assert place(surely_mild, judged=False).parts["harm"] == pytest.approx(place(certain(3)).parts["harm"])
    assert place({}, judged=False).parts["harm"] == pytest.approx(place(certain(3)).parts["harm"])
    assert place(surely_mild, violation=0.0, judged=False).parts["violation"] == 0.0


def test_a_naive_time_is_refused():
    with pytest.raises(InvalidInputError, match="'received_at' must carry a time zone"):
        place(certain(1), received_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@given(distributions, distributions, st.integers(0, 3))
def test_raised_severity_is_a_distribution_that_is_never_milder_than_either(
    plain: dict[int, float], without: dict[int, float], levels: int
):
    found = raised_severity(plain, without, levels)
    assert sum(found.values()) == pytest.approx(1.0)
    assert min(found.values()) >= -1e-12
    for level in range(1, 5):
        reached = sum(found[k] for k in range(1, level + 1))
        assert reached >= sum(plain[k] for k in range(1, level + 1)) - 1e-9
        assert reached >= sum(without[k] for k in range(1, min(level + levels, 4) + 1)) - 1e-9


def test_a_rule_that_the_model_applied_already_does_not_count_twice():
    assert raised_severity(certain(2), certain(3), 1) == pytest.approx(certain(2))


@pytest.mark.parametrize(
    ("reach", "counts_as"),
    [(10**400, 1e15), (1e300, 1e15), (-5, 0), (math.nan, 0), (math.inf, 0), ("1200", 0), (True, 1)],
)
def test_any_reach_is_placed(reach: object, counts_as: float):
    assert place(certain(3), attributes={"reach": reach}) == place(certain(3), attributes={"reach": counts_as})


@given(distributions, st.floats(0, 1e6), st.booleans())
def test_an_older_case_never_ranks_lower(severity: dict[int, float], hours: float, judged: bool):
    earlier = place(severity, received_at=NOW - timedelta(hours=hours), judged=judged)
    assert earlier.order_key >= place(severity, judged=judged).order_key


@given(distributions)
def test_what_cannot_be_judged_never_ranks_below_a_certain_medium(severity: dict[int, float]):
    unjudged = place(severity, violation=0.0, judged=False)
    assert unjudged.parts["harm"] >= place(certain(3)).parts["harm"]
    assert unjudged.order_key >= place(certain(3), violation=1.0).order_key
