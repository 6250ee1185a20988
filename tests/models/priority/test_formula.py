from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_1samp, uniform

from cases.errors import InvalidInputError
from cases.ids import CaseId, new_id
from models.priority import CaseToRank, Priority, Weights, by_hand, lot_of, priority, raised_severity

WEIGHTS = Weights()
NOW = datetime(2026, 11, 1, tzinfo=UTC)

distributions = (
    st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4)
    .map(lambda raw: [value / sum(raw) for value in raw])
    .map(lambda masses: dict(enumerate(masses, start=1)))
)


def place(severity: dict[int, float], **options: object) -> Priority:
    weights, at = options.pop("weights", WEIGHTS), options.pop("at", None)
    return priority(CaseToRank(severity, **{"violation": 0.9, "received_at": NOW, **options}), weights, at=at)


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


def test_so_many_hours_of_waiting_weigh_as_much_as_twice_the_harm():
    earlier = place(certain(3), received_at=NOW - timedelta(hours=WEIGHTS.doubling_hours))
    assert earlier.order_key - place(certain(3)).order_key == pytest.approx(1.0)


@given(st.floats(0, 1e6), st.floats(1, 500), st.floats(0, 1e6))
def test_a_likely_severity_1_goes_before_all_that_are_not(reach: float, minutes: float, hours_before: float):
    likely = {1: WEIGHTS.severity_1_at_least, 2: 0.0, 3: 0.0, 4: 1.0 - WEIGHTS.severity_1_at_least}
    worst_other = {1: 0.0, 2: 1.0, 3: 0.0, 4: 0.0}
    critical = place(likely, violation=0.0, minutes=10_000)
    other = place(
        worst_other,
        attributes={"reach": reach, "minor_involved": True, "imminent": True, "deadline_at": NOW.isoformat()},
        minutes=minutes,
        received_at=NOW - timedelta(hours=hours_before),
        lot=0.0,
    )
    assert critical.order_key > other.order_key


@settings(max_examples=300)
@given(distributions, st.floats(0, 1), st.integers(1, 3), st.floats(0, 0.999), st.floats(0, 200), st.floats(0, 200))
def test_a_more_severe_case_that_is_due_no_later_never_ranks_lower_at_any_time(
    severity: dict[int, float], share: float, level: int, lot: float, due: float, later: float
):
    worse = dict(severity)
    moved = worse[level + 1] * share
    worse[level + 1] -= moved
    worse[level] += moved
    at = NOW + timedelta(hours=later)
    dues = (NOW + timedelta(hours=due * 0.9), NOW + timedelta(hours=due))
    ranks = [
        place(s, lot=lot, at=at, due_at=due_at).order_key for s, due_at in zip((worse, severity), dues, strict=True)
    ]
    assert ranks[0] >= ranks[1] - 1e-9


def test_doubt_raises_a_case_that_might_be_severe_above_a_certain_one_of_equal_expected_harm():
    evenly = {1: 0.0, 2: (8 - 1) / (64 - 1), 3: 0.0, 4: 1 - (8 - 1) / (64 - 1)}
    doubtful, sure = place(evenly), place(certain(3))
    assert doubtful.parts["harm"] == pytest.approx(sure.parts["harm"])
    assert sure.parts["doubt"] == 0.0
    assert doubtful.parts["doubt"] > 0.1
    assert place(evenly, weights=Weights(doubt=1.0)).parts["doubt"] == pytest.approx(0.0, abs=1e-9)


def test_what_takes_half_as_long_ranks_one_doubling_higher():
    quick, slow = place(certain(3), minutes=5.0), place(certain(3), minutes=10.0)
    assert quick.order_key - slow.order_key == pytest.approx(1.0)
    assert place(certain(3)).parts["handling"] == 0.0
    assert place(certain(3), minutes=0.001) == place(certain(3), minutes=WEIGHTS.least_minutes)


def test_minors_and_imminence_multiply_the_harm():
    plain = place(certain(3))
    both = place(certain(3), attributes={"minor_involved": True, "imminent": True})
    factor = WEIGHTS.minor_involved * WEIGHTS.imminent
    assert both.order_key - plain.order_key == pytest.approx(math.log2(factor))
    assert place(certain(3), attributes={"minor_involved": "yes", "imminent": 0}) == plain


def test_an_sla_that_runs_out_raises_a_case_once_and_says_when():
    due = NOW + timedelta(hours=8)
    starts = NOW + timedelta(hours=6)
    hastening = Weights(sla_factor=2.0)
    early = place(certain(3), due_at=due, weights=hastening)
    late = place(certain(3), due_at=due, at=starts, weights=hastening)
    assert (early.parts["sla"], early.changes_at) == (0.0, starts)
    assert (late.parts["sla"], late.changes_at) == (1.0, None)
    assert place(certain(3), at=starts).parts["sla"] == 0.0


def test_a_deadline_that_comes_near_raises_a_case_and_says_when():
    deadline = NOW + timedelta(hours=30)
    attributes = {"deadline_at": deadline.isoformat()}
    starts = deadline - timedelta(hours=WEIGHTS.deadline_hours)
    assert place(certain(3), attributes=attributes).changes_at == starts
    assert place(certain(3), attributes=attributes, at=starts).parts["deadline"] == 2.0
    assert place(certain(3), attributes=attributes, at=deadline + timedelta(days=9)).parts["deadline"] == 2.0


@pytest.mark.parametrize("deadline", ["soon", "2026-11-02T00:00:00", "0001-01-01T00:00:00+00:00", 5, True])
def test_a_deadline_that_is_no_aware_time_or_none_says_nothing(deadline: object):
    assert place(certain(3), attributes={"deadline_at": deadline}) == place(certain(3))


@given(distributions, st.floats(0, 0.9999), st.booleans())
def test_a_lot_lowers_no_case_and_lifts_none_above_a_severity_2(severity: dict[int, float], lot: float, judged: bool):
    without, drawn = place(severity, judged=judged), place(severity, judged=judged, lot=lot)
    assert drawn.by_lot == (lot < WEIGHTS.random_lane)
    assert drawn.order_key >= without.order_key
    assert drawn.order_key == without.order_key or drawn.order_key <= place(certain(2), violation=1.0).order_key
    assert drawn.propensity == pytest.approx(WEIGHTS.random_lane if drawn.by_lot else 1 - WEIGHTS.random_lane)
    assert without.propensity == 1.0


def test_lots_are_even_and_stay():
    ids = [CaseId(new_id()) for _ in range(20_000)]
    lots = np.array([lot_of(case_id) for case_id in ids])
    assert ks_1samp(lots, uniform.cdf).pvalue > 1e-4
    assert [lot_of(case_id) for case_id in ids[:50]] == lots[:50].tolist()


def test_a_rank_by_hand_is_its_name_and_the_time_of_receipt_alone():
    first = by_hand("first", received_at=NOW, weights=WEIGHTS)
    assert first.order_key > place(certain(1)).order_key
    assert first.changes_at is None
    assert set(first.parts) == {"by_hand", "waiting"}
    older = by_hand("high", received_at=NOW - timedelta(hours=1), weights=WEIGHTS)
    assert older.order_key > by_hand("high", received_at=NOW, weights=WEIGHTS).order_key


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
