"""Reads one cell as what its field needs, or refuses it. A refusal says what was expected, never what was there."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from uuid import UUID

from cases.event import AttributeValue

# A million characters of plain English are 1 MB; a report is some hundreds.
LONGEST_TEXT = 1_000_000

LARGEST_NUMBER = 10**15  # floats and spreadsheets hold whole numbers exactly up to here
LONGEST_NUMBER_BITS = 256  # of an id that is a number

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

# What no database takes or UTF-8 can hold: dropped, and counted.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T].+)?", re.ASCII)
_TRUE, _FALSE = {"true", "yes", "y", "t", "1"}, {"false", "no", "n", "f", "0"}


class RefusedValue(Exception):  # noqa: N818  not an error of the program's: it becomes a row of the report
    """A cell that its field cannot take.

    Attributes:
        expected: What would have been taken.
    """

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def is_blank(value: object) -> bool:
    """Whether a cell says nothing: empty, only white space, or the NaN that data frames write for it."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or (isinstance(value, float) and math.isnan(value))


def without_unstorable(text: str) -> tuple[str, int]:
    """`text` without NUL and lone surrogates, and how many there were."""
    return _UNSTORABLE.subn("", text)


def as_text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Text of at most `longest` characters; a number is written out, a whole one without ".0"."""
    an_id = isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= LONGEST_NUMBER_BITS
    if isinstance(value, (str, UUID)) or an_id:
        text = str(value)
    elif isinstance(value, (float, Decimal)):
        number = as_number(value)
        text = str(int(number)) if number == int(number) else str(value)
    else:
        raise RefusedValue("text")
    if len(text) > longest:
        raise RefusedValue(f"text of at most {longest:,} characters")
    return text


def as_code(value: object, longest: int) -> str:
    """Text without white space around it."""
    return as_text(value.strip() if isinstance(value, str) else value, longest)


def as_truth(value: object) -> bool:
    """A truth value: true or false, yes or no, 1 or 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise RefusedValue("true or false (yes or no, 1 or 0)")
    return word in _TRUE


def as_number(value: object, at_least: float = -LARGEST_NUMBER) -> float:
    """A finite number from `at_least` to 10^15, written with a point and without thousands' separators."""
    number = math.nan
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        # An int may be too large for a float, and a Decimal that is no number may refuse to become one.
        with suppress(OverflowError, ValueError):
            number = float(value)
    elif isinstance(value, str) and len(value) < 40 and _NUMBER.fullmatch(value.strip()):
        number = float(value)
    if not at_least <= number <= LARGEST_NUMBER:
        floor = "" if at_least < 0 else f" of {at_least:g} or more"
        raise RefusedValue(f"a number{floor}, written like 1250.5")
    return number


def as_whole(value: object, at_least: int = 0) -> int:
    """A whole number of `at_least` or more."""
    try:
        number = as_number(value, at_least)
    except RefusedValue:
        number = math.nan
    if number != number // 1:
        raise RefusedValue(f"a whole number of {at_least} or more, written like 1250")
    return int(number)


def as_time(value: object, zone: tzinfo | None) -> datetime:
    """An aware time in UTC.

    Args:
        value: ISO 8601 text, a spreadsheet's or database's time, or seconds since 1970 as a number.
        zone: Where a time without zone is meant; None refuses it.
    """
    moment = _moment(value)
    if moment is None:
        raise RefusedValue("a time such as 2026-03-01T09:30:00+01:00, or seconds since 1970, from 1990 to 2099")
    if moment.tzinfo is None:
        if zone is None:
            raise RefusedValue("a time with its zone, such as 2026-03-01T09:30:00+01:00; or say --timezone")
        moment = moment.replace(tzinfo=zone)
    try:
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        moment = datetime.max.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise RefusedValue("a time from 1990 to 2099")
    return moment


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  its zone is the caller's to say
    text = value.strip() if isinstance(value, str) else ""
    if len(text) < 40 and _ISO_TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        seconds = as_number(value)
    except RefusedValue:
        return None
    # The bounds also keep out a spreadsheet's day numbers and milliseconds, which would be silently wrong.
    if not EARLIEST.timestamp() <= seconds < LATEST.timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def as_list(value: object, longest: int) -> tuple[str, ...]:
    """Codes: a list, a JSON list, or text with semicolons or commas between."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _json(value, "a JSON list of text")
    if isinstance(value, str):
        value = [part for part in re.split("[;,]", value) if part.strip()]
    if not isinstance(value, (list, tuple)):
        raise RefusedValue("a list, or text with semicolons between")
    return tuple(as_code(item, longest) for item in value)


def as_mapping(value: object) -> Mapping[object, object]:
    """A mapping, or one written as JSON."""
    if isinstance(value, str):
        value = _json(value, "a JSON object")
    if not isinstance(value, Mapping):
        raise RefusedValue("a JSON object")
    return value


def as_attribute(value: object) -> AttributeValue:
    """A signal of unstated type: text that is plainly a truth value or a number becomes one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        number = as_number(value)
        return int(number) if isinstance(value, int) else number
    text = as_code(value, LONGEST_TEXT)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _NUMBER.fullmatch(text) and not re.match(r"[+-]?0\d", text):  # "007" is a name
        number = as_number(text)
        return int(number) if text.lstrip("+-").isdigit() else number
    return text


def _json(text: str, expected: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedValue(expected) from None
