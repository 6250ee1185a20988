"""Bursts: by closed forms where chance alone speaks; how seldom quiet streams are told, and how soon loud ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import nbinom

from evaluation.trends.bursts import BASELINE, LEAST, LEAST_BASELINE, Arrivals, Burst, bursts
from evaluation.trends.streams import DAY, KNOWN_DAYS, false_fires, hours_until_found, stream

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=60)
HOUR, DAYS = timedelta(hours=1), timedelta(days=1)
# Of twenty categories, from one case in five days to sixty a day.
RATES = np.geomspace(0.2, 60, 20)
# What docs/fires.md promises.
MOST_A_WEEK = 0.25


def evenly(stream: str, count: int, days: float) -> list[tuple[str, datetime]]:
    """So many arrivals, spread evenly over the days before yesterday."""
    return [(stream, NOW - DAYS - timedelta(days=days * (place + 0.5) / count)) for place in range(count)]


def now(stream: str, count: int, minutes: float = 30) -> list[tuple[str, datetime]]:
    return [(stream, NOW - timedelta(minutes=minutes * (place + 1) / count)) for place in range(count)]


def found(
    *came_in: tuple[str, datetime], since: datetime = NOW - timedelta(days=60), **options: object
) -> list[Burst]:
    return bursts(Arrivals.of(came_in, since), NOW, **options)  # type: ignore[arg-type]


def test_without_lumps_and_pattern_the_p_value_is_that_of_a_poisson_rate_with_jeffreys_prior() -> None:
    [burst] = found(*evenly("spam", 56, 28), *now("spam", 8), windows=[HOUR])
    hours, size = BASELINE / HOUR, 56.5
    assert (burst.count, burst.window) == (8, HOUR)
    # The pattern of a stream that comes in evenly is flat but for which hours its few arrivals fall in.
    assert burst.expected == pytest.approx(56.5 / hours, rel=0.25)
    assert burst.p_value == pytest.approx(nbinom.sf(7, size, size / (size + burst.expected)))


def test_what_nobody_ever_saw_is_told_from_five_and_not_from_four() -> None:
    usual = evenly("spam", 400, 28)
    assert found(*usual, *now("hate", LEAST - 1)) == []
    [burst] = found(*usual, *now("hate", LEAST))
    assert (burst.stream, burst.count) == ("hate", 5)
    assert burst.expected < 0.01


def test_a_record_younger_than_a_week_tells_nothing() -> None:
    since = NOW - LEAST_BASELINE
    assert found(*evenly("spam", 12, 6), *now("spam", 50), since=since) == []
    older = found(*evenly("spam", 12, 6), *now("spam", 50), since=since - DAYS)
    assert [burst.window for burst in older] == [HOUR]


def test_a_lumpy_stream_must_be_louder_and_a_quiet_one_beside_it_need_not() -> None:
    # Forty at once every fourth day, which is its way; and two a day.
    lumps = [
        ("imports", NOW - timedelta(days=4 * week, minutes=place / 10)) for week in range(1, 8) for place in range(40)
    ]
    told = found(*lumps, *evenly("spam", 56, 28), *now("imports", 40), *now("spam", 40))
    assert [burst.stream for burst in told] == ["spam"]


def test_what_burned_before_is_nothing_to_expect() -> None:
    began = NOW - timedelta(days=10)
    fire = [("spam", began + timedelta(minutes=place / 4)) for place in range(200)]
    came_in = [*evenly("spam", 56, 28), *fire, *now("spam", 8)]
    assert found(*came_in, windows=[HOUR]) == []
    [burst] = found(*came_in, windows=[HOUR], burned={"spam": [(began - HOUR, began + HOUR)]})
    assert burst.expected < 0.2


def test_of_very_many_streams_those_that_never_come_again_cost_nothing() -> None:
    once = [(f"course-{place}", moment) for place, (_, moment) in enumerate(evenly("x", 5_000, 28))]
    [burst] = found(*once, *now("course-17", 12), least=10)
    assert (burst.stream, burst.count) == ("course-17", 12)
    assert found(*once, *now("course-17", 8), least=10) == []


def test_nothing_of_nothing_and_what_lies_ahead_does_not_count() -> None:
    assert found() == []
    assert found(*evenly("spam", 56, 28), *[("spam", NOW + timedelta(minutes=5))] * 9) == []


@pytest.mark.parametrize(("lumpy", "seed"), [(0.0, 11), (0.3, 12), (0.6, 13)])
def test_quiet_streams_are_seldom_told(lumpy: float, seed: int) -> None:
    rng, weeks = np.random.default_rng(seed), 8
    streams = [stream(rng, KNOWN_DAYS + 7 * weeks, rate, lumpy=lumpy) for rate in RATES]
    assert false_fires(streams, weeks, every=3_600.0) <= MOST_A_WEEK * weeks


@pytest.mark.parametrize("lumpy", [0.0, 0.3])
def test_eight_within_an_hour_where_two_a_day_are_usual_are_told_within_that_hour(lumpy: float) -> None:
    rng = np.random.default_rng(21)
    streams = [stream(rng, KNOWN_DAYS + 3, rate, lumpy=lumpy) for rate in (*RATES, 2.0)]
    for hour in (3, 9, 15, 21):
        more = KNOWN_DAYS * DAY + 3600 * hour + np.sort(3600 * rng.random(8))
        waited = hours_until_found(streams, len(RATES), more, hours=2)
        assert waited is not None
        assert waited <= 1


@pytest.mark.parametrize(("lumpy", "hours"), [(0.0, 12), (0.3, 26)])
def test_three_times_as_many_as_usual_over_a_day_are_told_in_a_busy_stream(lumpy: float, hours: float) -> None:
    rng = np.random.default_rng(22)
    streams = [stream(rng, KNOWN_DAYS + 3, rate, lumpy=lumpy) for rate in RATES]
    more = KNOWN_DAYS * DAY + 3600 * 9 + np.sort(DAY * rng.random(int(2 * RATES[-1])))
    waited = hours_until_found(streams, len(RATES) - 1, more, every=1800)
    assert waited is not None
    assert waited <= hours
