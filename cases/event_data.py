"""What an event holds, read by name. `known` ones must be there: a KeyError says that the history is not whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cases.event import EventValue

Data = Mapping[str, EventValue]


def iso(moment: datetime | None) -> str | None:
    """A time as events hold it."""
    return None if moment is None else moment.isoformat()


def time_of(data: Data, name: str) -> datetime | None:
    """A time, or None where it says none."""
    value = data.get(name)
    return None if value is None else datetime.fromisoformat(str(value))


def known_time(data: Data, name: str) -> datetime:
    """A time that must be there."""
    return datetime.fromisoformat(str(data[name]))


def text_of(data: Data, name: str) -> str | None:
    """A text; None where it says none or an empty one."""
    value = data.get(name)
    return None if value is None or value == "" else str(value)


def whole_of(data: Data, name: str) -> int:
    """A whole number that must be there."""
    return int(data[name])  # type: ignore[arg-type]  # a whole number, or ValueError says so


def number_of(data: Data, name: str) -> float:
    """A number that must be there."""
    return float(data[name])  # type: ignore[arg-type]  # a number, or ValueError says so
