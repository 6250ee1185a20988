from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cases.clock import as_utc, utc_now
from cases.errors import InvalidInputError


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


def test_a_time_with_another_zone_is_the_same_moment_in_utc() -> None:
    half_past_ten = datetime(2026, 3, 1, 10, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))

    moment = as_utc(half_past_ten)

    assert moment.isoformat() == "2026-03-01T09:30:00.123456+00:00"


def test_a_time_without_a_zone_is_refused_with_the_field_and_the_way_to_write_it() -> None:
    with pytest.raises(InvalidInputError, match=r"'received_at' must carry a time zone.*\+00:00") as caught:
        as_utc(datetime(2026, 3, 1, 9, 30), field="received_at")  # noqa: DTZ001

    assert caught.value.field == "received_at"


@pytest.mark.parametrize(
    "edge",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))),
    ],
)
def test_a_time_that_has_no_year_in_utc_is_refused(edge: datetime) -> None:
    with pytest.raises(InvalidInputError, match=r"'until' must be in the years 1 to 9999 in UTC \(got ") as caught:
        as_utc(edge, field="until")

    assert caught.value.field == "until"
