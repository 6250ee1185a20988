"""Time: aware UTC at microsecond precision, and the clock as an argument.

Business time (received, decided) comes from a `Clock`; leases alone live by the database's own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cases.errors import InvalidInputError

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def as_utc(moment: datetime, *, field: str = "time") -> datetime:
    """`moment` in UTC.

    Raises:
        InvalidInputError: `moment` is naive: guessing a zone would shift deadlines silently. Or its zone takes it
            beyond the years 1 to 9999.
    """
    if moment.tzinfo is None:
        raise InvalidInputError(
            f"{field!r} must carry a time zone (got a naive time); write it as 2026-03-01T09:30:00+00:00",
            field=field,
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError(
            f"{field!r} must be in the years 1 to 9999 in UTC (got {moment.isoformat()}); correct it", field=field
        ) from error
