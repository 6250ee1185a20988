"""How long things last: the defaults and limits that settings, options and the store share, and `4h` read.

A limit stops a slip of the hand (a nought too many, seconds for hours) before it counts, and keeps every time that is
reckoned with a duration far from where calendars end.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from cases.errors import InvalidInputError

# How far apart two reports that say the same may have been received and still be one case, hours; at most a year.
GATHER_HOURS = 72.0
MOST_GATHER_HOURS = 8_760.0

# How old a decision may be to be undone, seconds; a setting says at most a day: later it is reopened.
UNDO_SECONDS = 600
MOST_UNDO_SECONDS = 86_400

# A hundred years: more than a clock of anybody's takes.
MOST_HOURS = 876_600.0

# Of what is written as `4h`: ten years.
LONGEST = timedelta(days=3_650)

_WRITTEN = re.compile(r"(\d{1,9})\s*([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> timedelta:
    """A duration such as `15m`, `4h`, `3d`, of at most `LONGEST`.

    Raises:
        ValueError: It is not written so, or longer.
    """
    match = _WRITTEN.fullmatch(text.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else -1
    if not 0 <= seconds <= LONGEST.total_seconds():
        raise ValueError(text)
    return timedelta(seconds=seconds)


def lasting(amount: float, unit: Literal["hours", "seconds"], *, field: str, most: float) -> timedelta:
    """So many hours or seconds as a duration.

    Args:
        amount: From 0 to `most`.
        unit: What is counted.
        field: What to call it in an error.
        most: A limit far below what a timedelta holds.

    Raises:
        InvalidInputError: `amount` is no number, negative, or more than `most`.
    """
    # Said this way round, NaN is refused too.
    if not 0 <= amount <= most:
        raise InvalidInputError(
            f"{field!r} must be from 0 to {most:,.0f} {unit} (got {amount:g}); give one within", field=field
        )
    return timedelta(hours=amount) if unit == "hours" else timedelta(seconds=amount)
