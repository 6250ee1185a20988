from __future__ import annotations

import math
from datetime import timedelta

import pytest

from cases.durations import lasting, parse_duration
from cases.errors import InvalidInputError


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("0s", timedelta(0)),
        ("15m", timedelta(minutes=15)),
        (" 4 h ", timedelta(hours=4)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration_is_a_number_and_its_unit(written: str, means: timedelta) -> None:
    assert parse_duration(written) == means


@pytest.mark.parametrize(
    "written", ["", "4", "h", "-4h", "1.5h", "infd", "nanh", "4h\n4h", "٣d", "3651d", "999999999d", "9" * 5000 + "s"]
)
def test_what_is_no_duration_or_longer_than_ten_years_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_duration(written)


def test_hours_and_seconds_up_to_their_limit_are_durations() -> None:
    assert lasting(1.5, "hours", field="x", most=8760) == timedelta(minutes=90)
    assert lasting(8760, "hours", field="x", most=8760) == timedelta(days=365)
    assert lasting(0, "seconds", field="x", most=60) == timedelta(0)


@pytest.mark.parametrize("amount", [-1.0, -math.inf, math.inf, math.nan, 8760.1, 1e12, 1e300])
def test_hours_outside_the_limits_are_refused_with_what_is_allowed(amount: float) -> None:
    with pytest.raises(InvalidInputError, match=r"'wait' must be from 0 to 8,760 hours \(got .+\); give") as caught:
        lasting(amount, "hours", field="wait", most=8760)
    assert caught.value.field == "wait"
