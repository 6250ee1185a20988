from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from cases.errors import InvalidInputError
from evaluation.replay.arrivals import Arrivals, Pool, Recorded, Setting, stream
from evaluation.replay.case import hours_of, moment
from evaluation.replay.worse import at_temperature, minutes_off, mixed_with
from tests.evaluation.replay.small_worlds import FINE, HARASSED, few_arrivals, policy, said


def two_categories(count: int = 400) -> Arrivals:
    """Recorded cases of which every second one violates nothing; each is known by its reach."""
    arrivals = few_arrivals(count)
    rows = tuple(replace(row, category=(HARASSED, FINE)[row.attributes["reach"] % 2]) for row in arrivals.rows)
    return Arrivals("two", rows, Pool.of(rows), arrivals.times)


@pytest.mark.parametrize("way", ["redrawn", "scaled"])
@pytest.mark.parametrize("load", [0.7, 1.1])
def test_the_load_is_the_one_asked_for(way: str, load: float):
    found = stream(few_arrivals(), Setting(load, staff=3, way=way), policy(), 1)
    work = sum(case.truth.minutes for case in found.cases) / 60
    assert work / (3 * found.ends) == pytest.approx(load, rel=0.005)
    received = [case.known.received for case in found.cases]
    assert received == sorted(received)
    assert received[0] >= 0
    assert received[-1] <= found.ends


def test_a_redrawn_stream_keeps_the_records_days():
    found = stream(few_arrivals(3000), Setting(0.9, staff=6, weeks=2), policy(), 2)
    received = np.array([case.known.received for case in found.cases])
    by_day = ((received % 24) >= 12).mean()
    assert found.ends == 2 * 168
    assert by_day == pytest.approx(2 / 3, abs=0.03)
    assert ((received // 168) == 0).mean() == pytest.approx(0.5, abs=0.03)


def test_a_scaled_stream_keeps_each_weeks_sequence():
    arrivals = few_arrivals()
    found = stream(arrivals, Setting(0.9, staff=1, way="scaled"), policy(), 3)
    # Four recorded weeks became four, each one of them, under another clock.
    week = found.ends / 4
    sequences = {}
    for row in arrivals.rows:
        sequences.setdefault(int(hours_of(row.received_at) // 168), []).append(row.attributes["reach"])
    for place in range(4):
        drawn = [c.known.attributes["reach"] for c in found.cases if place <= c.known.received / week < place + 1]
        assert drawn in sequences.values()


def test_one_seed_gives_one_stream_and_another_another():
    arrivals, setting = few_arrivals(complete=False), Setting(0.9, staff=2)
    one, again, other = (stream(arrivals, setting, policy(), seed).cases for seed in (4, 4, 5))
    assert one == again
    assert one != other


def test_what_a_record_does_not_say_is_drawn_from_rows_of_the_same_level():
    arrivals = few_arrivals(complete=False)
    found = stream(arrivals, Setting(0.9, staff=2), policy(), 6)
    said_at = {level: {row.prediction for row in rows} for level, rows in arrivals.pool.rows.items()}
    assert all(case.known.prediction in said_at[case.truth.severity] for case in found.cases)
    assert all(case.truth.category == HARASSED for case in found.cases)
    logs = np.log([case.truth.minutes for case in found.cases])
    mean, spread = arrivals.pool.minutes[HARASSED]
    assert logs.mean() == pytest.approx(mean, abs=5 * spread / len(logs) ** 0.5)


def test_a_level_that_nothing_can_be_drawn_for_is_refused():
    arrivals = few_arrivals(complete=False)
    without = type(arrivals)(
        arrivals.name, arrivals.rows, Pool({1: arrivals.pool.rows[1]}, arrivals.pool.minutes), arrivals.times
    )
    with pytest.raises(InvalidInputError, match="'severity' must be one of 1 where"):
        stream(without, Setting(0.9), policy(), 0)


def test_deadlines_are_put_on_a_share_and_leave_the_rest_as_it_was():
    arrivals = few_arrivals(1000)
    plain, dated = (stream(arrivals, Setting(0.9, staff=4, deadlines=share), policy(), 7).cases for share in (0, 0.2))
    assert [c.known.received for c in plain] == [c.known.received for c in dated]
    due = [(c, c.known.attributes["deadline_at"]) for c in dated if "deadline_at" in c.known.attributes]
    assert len(due) / len(dated) == pytest.approx(0.2, abs=0.03)
    after = [hours_of(datetime.fromisoformat(at)) - c.known.received for c, at in due]
    assert min(after) >= 12
    assert max(after) <= 120
    assert not any("deadline_at" in c.known.attributes for c in plain)


def test_a_cases_own_deadline_moves_with_its_receipt_and_counts_in_no_stream_without():
    arrivals = few_arrivals(300)
    own = [
        Recorded.of(
            row.received_at,
            row.severity,
            row.category,
            row.minutes,
            {**row.attributes, "deadline_at": (row.received_at + timedelta(hours=30)).isoformat()},
            row.prediction,
        )
        if row.attributes["reach"] % 2
        else row
        for row in arrivals.rows
    ]
    held = Arrivals("own", tuple(own), Pool.of(own), arrivals.times)
    for way in ("redrawn", "scaled"):
        plain, dated = (
            stream(held, Setting(0.9, staff=3, way=way, deadlines=share), policy(), 7).cases for share in (0, 0.2)
        )
        assert not any("deadline_at" in case.known.attributes for case in plain)
        after: dict[int, list[float]] = {0: [], 1: []}
        for case in dated:
            at = case.known.attributes.get("deadline_at")
            hours = hours_of(datetime.fromisoformat(at)) - case.known.received if at else np.nan
            after[case.known.attributes["reach"] % 2].append(hours)
        assert after[1] == pytest.approx([30.0] * len(after[1]))
        assert np.isfinite(after[0]).mean() == pytest.approx(0.2, abs=0.08)


def test_whoever_gets_another_cases_answer_gets_its_deadline_too():
    whole = [replace(row, deadline_after=30.0) for row in few_arrivals(100).rows]
    bare = [
        Recorded(row.received_at, row.severity, deadline_after=40.0 if place % 2 else None)
        for place, row in enumerate(whole)
    ]
    found = stream(
        Arrivals("bare", tuple(bare), Pool.of(whole), few_arrivals(100).times),
        Setting(0.9, deadlines=1e-9),
        policy(),
        1,
    ).cases
    told = {
        round(hours_of(datetime.fromisoformat(c.known.attributes["deadline_at"])) - c.known.received) for c in found
    }
    assert told == {30, 40}


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ("2026-03-03T07:00:00+01:00", 30.0),
        ("2026-03-01T00:00:00Z", -24.0),
        # What other systems write for no date at all.
        ("9999-12-31T23:59:59+00:00", 1e5),
        ("0001-01-01T00:00:00+14:00", -1e5),
        ("2026-03-03T07:00:00", None),
        ("soon", None),
        (30, None),
    ],
)
def test_a_deadline_is_read_as_hours_after_receipt(told: str | int, after: float | None):
    found = Recorded.of(moment(0.0), 1, HARASSED, 1.0, {"reach": 5, "deadline_at": told}, None)
    assert (found.deadline_after, found.attributes) == (after, {"reach": 5})


def test_attributes_may_be_those_of_another_case_of_the_same_level():
    arrivals = few_arrivals(300)
    level_of = {row.attributes["reach"]: row.severity for row in arrivals.rows}
    found = stream(arrivals, Setting(0.9, staff=2, others_attributes=True), policy(), 8).cases
    said_of = {row.attributes["reach"]: row.prediction for row in arrivals.rows}
    assert all(level_of[case.known.attributes["reach"]] == case.truth.severity for case in found)
    assert any(said_of[case.known.attributes["reach"]] is not case.known.prediction for case in found)


def test_a_load_or_staff_of_nothing_is_refused():
    with pytest.raises(InvalidInputError, match="'load' must be above 0"):
        Setting(0.0)
    with pytest.raises(InvalidInputError, match="'staff' must be above 0"):
        Setting(0.9, staff=0)


def test_a_worse_model_knows_less_or_is_surer_than_it_should_be():
    answer = said([0.7, 0.2, 0.1, 0.0], violation=0.9)
    marginal = said([0.1, 0.2, 0.3, 0.4], violation=0.6)
    mixed = mixed_with(marginal, 0.25)(answer)
    assert mixed.severity == pytest.approx({1: 0.55, 2: 0.2, 3: 0.15, 4: 0.1})
    assert mixed.category == pytest.approx({HARASSED: 0.825, FINE: 0.175})
    surer, unsure = at_temperature(0.5)(answer), at_temperature(2.0)(answer)
    assert surer.severity[1] > answer.severity[1] > unsure.severity[1] > 0.25
    for each in (mixed, surer, unsure):
        assert sum(each.severity.values()) == pytest.approx(1.0)
        assert sum(each.category.values()) == pytest.approx(1.0)


def test_handling_times_are_off_by_category_either_way():
    names = [f"c{place}" for place in range(10)]
    off = minutes_off(names, 0.5, 1)
    assert sorted(off.values()) == [0.5] * 5 + [1.5] * 5
    assert off == minutes_off(reversed(names), 0.5, 1)


@pytest.mark.parametrize("way", ["redrawn", "scaled"])
def test_a_case_takes_as_long_as_was_recorded_of_it(way: str):
    arrivals = two_categories()
    took = {row.attributes["reach"]: row.minutes for row in arrivals.rows}
    found = stream(arrivals, Setting(0.9, staff=3, way=way), policy(), 1).cases
    assert [case.truth.minutes for case in found] == [took[case.known.attributes["reach"]] for case in found]


def test_a_handling_time_that_was_not_recorded_is_drawn_as_its_category_takes():
    arrivals = two_categories(1000)
    pool = Pool(arrivals.pool.rows, {HARASSED: (np.log(20.0), 0.3), FINE: (np.log(4.0), 0.8)})
    untimed = tuple(replace(row, minutes=None) for row in arrivals.rows)
    found = stream(Arrivals("untimed", untimed, pool, arrivals.times), Setting(0.9, staff=4), policy(), 1).cases
    for category, (mean, spread) in pool.minutes.items():
        logs = np.log([case.truth.minutes for case in found if case.truth.category == category])
        # Five standard errors, of a mean and of a spread.
        assert logs.mean() == pytest.approx(mean, abs=5 * spread / len(logs) ** 0.5)
        assert logs.std() == pytest.approx(spread, abs=5 * spread / (2 * len(logs)) ** 0.5)


def test_only_the_categories_named_take_longer_and_fewer_cases_make_the_load():
    arrivals = two_categories()
    took = {row.attributes["reach"]: row.minutes for row in arrivals.rows}
    as_ever = stream(arrivals, Setting(0.9, staff=3), policy(), 1)
    found = stream(arrivals, Setting(0.9, staff=3, minutes_by={HARASSED: 3.0}), policy(), 1)
    factors = {HARASSED: 3.0, FINE: 1.0}
    for case in found.cases:
        recorded = took[case.known.attributes["reach"]]
        assert case.truth.minutes == pytest.approx(factors[case.truth.category] * recorded)
    # Cases come until the load is full; every second one takes thrice as long, so half as many make it.
    assert len(found.cases) == pytest.approx(len(as_ever.cases) / 2, rel=0.05)


def test_a_moment_and_its_hours_are_the_same_time():
    for hours in (0.0, 1 / 3, 1234.567):
        assert hours_of(moment(hours)) == pytest.approx(hours, abs=1e-9)
        # What is rounded once to microseconds is not rounded again: a change announced for a moment happens then.
        assert moment(hours_of(moment(hours))) == moment(hours)


def test_the_marginal_is_the_mean_answer():
    rows = [
        Recorded(moment(0.0), 1, HARASSED, 1.0, {}, said([1, 0, 0, 0])),
        Recorded(moment(0.0), 4, FINE, 1.0, {}, said([0, 0, 0, 1], 0)),
    ]
    found = Pool.of(rows).marginal
    assert found.severity == {1: 0.5, 2: 0.0, 3: 0.0, 4: 0.5}
    assert found.category == {HARASSED: 0.5, FINE: 0.5}
