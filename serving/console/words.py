"""Numbers, times and codes as people read them. Rounding is for screens; the API keeps all digits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cases.event import AttributeValue, EventKind
from cases.fires import Fire, FireKind

NOVEL = "Like nothing decided so far"

_LIKELY = ((0.9, "Very likely"), (0.7, "Likely"), (0.4, "Possible"), (0.1, "Unsure"), (0.0, "Unlikely"))

# What each part of the priority says where it counts. `waiting` is the time of receipt, and each case has one.
_PARTS: Mapping[str, tuple[str, str]] = {
    "harm": ("much harm expected", "little harm expected"),
    "doubt": ("the model is unsure how severe it is", ""),
    "exposure": ("many people reached, or a minor, or imminent", ""),
    "violation": ("", "perhaps no violation"),
    "handling": ("quick to handle", "takes long to handle"),
    "deadline": ("a deadline is near", ""),
    "sla": ("its time to first touch runs out", ""),
    "random_lane": ("placed by lot", ""),
    "severity_1_floor": ("probably severity 1: goes first", ""),
    "by_hand": ("a lead set its priority", "a lead set its priority"),
}
# Below a tenth of a doubling nobody would see a difference.
_LEAST = 0.1
_MOST_DOUBLINGS = 10.0

_EVENTS: Mapping[EventKind, str] = {
    EventKind.REPORTED: "reported",
    EventKind.JOINED: "another report joined",
    EventKind.SPLIT: "a report was split off",
    EventKind.MERGED: "merged into another case",
    EventKind.ABSORBED: "took over another case's reports",
    EventKind.SCORED: "scored",
    EventKind.RERANKED: "ranked again",
    EventKind.SEVERITY_SET: "severity set",
    EventKind.SEVERITY_CLEARED: "severity left to the model again",
    EventKind.PRIORITY_SET: "priority set",
    EventKind.PRIORITY_CLEARED: "priority left to the formula again",
    EventKind.CLAIMED: "claimed",
    EventKind.RENEWED: "claim renewed",
    EventKind.RELEASED: "given back",
    EventKind.SKIPPED: "skipped",
    EventKind.HELD: "put on hold",
    EventKind.RESUMED: "taken off hold",
    EventKind.DECIDED: "decided",
    EventKind.WITHDRAWN: "decision taken back",
    EventKind.SAMPLED: "drawn for a second reading",
    EventKind.READ_AGAIN: "read a second time",
    EventKind.ADJUDICATED: "two readings adjudicated",
}


def percent(share: float) -> str:
    """0.934 as "93 %"; never 0 % or 100 % of what is neither."""
    whole = round(share * 100)
    if whole >= 100 and share < 1:
        return "over 99 %"
    if whole <= 0 < share:
        return "under 1 %"
    return f"{whole} %"


def likelihood(probability: float) -> str:
    """A calibrated probability in words: "Very likely"."""
    return next(word for least, word in _LIKELY if probability >= least)


def code_in_words(code: str) -> str:
    """A code that has no name of its own: "awaiting_reporter" as "Awaiting reporter"."""
    return code.replace("_", " ").capitalize()


def value_in_words(value: AttributeValue) -> str:
    """An attribute's value: "yes" for True, 12,000 with its comma."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:,}"


def event_in_words(kind: EventKind) -> str:
    """What happened."""
    return _EVENTS.get(kind, kind.value.replace("_", " "))


def span(lasting: timedelta) -> str:
    """A length of time in its one or two largest units: "2 h 10 min", "3 d"."""
    seconds = int(abs(lasting).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86_400
    if days:
        return f"{days} d {hours} h" if hours and days < 3 else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    return f"{minutes} min"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago: "3 h ago"; "in 5 min" for what is to come."""
    return f"in {span(moment - now)}" if moment > now else f"{span(now - moment)} ago"


def due_in_words(due: datetime | None, now: datetime) -> str:
    """The clock of the time to first touch: "due in 2 h", "3 h late"; empty where none runs."""
    if due is None:
        return ""
    return f"due in {span(due - now)}" if due > now else f"{span(now - due)} late"


def fire_in_words(fire: Fire) -> str:
    """How unusual a fire is: "14 cases within an hour; about 1 is usual"."""
    hours = round(fire.window / timedelta(hours=1))
    within = "an hour" if hours == 1 else f"{hours} hours" if hours <= 24 else f"{hours // 24} days"
    if fire.kind is FireKind.NEW_KIND:
        return f"{fire.count} cases within {within} that are like each other and like nothing decided so far"
    what = "reports" if fire.kind is FireKind.BURST_ON_SUBJECT else "cases"
    usual = round(fire.expected or 0.0)
    told = "hardly any is usual" if usual == 0 else f"about {usual:,} {'is' if usual == 1 else 'are'} usual"
    return f"{fire.count:,} {what} within {within}; {told}"


def why_here(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Why a case stands where it does: the parts of its priority that count, in words, the strongest first.

    Args:
        parts: Doublings by name, as the store keeps them.

    Returns:
        Words, and their weight in -1..1: a doubling is a tenth, ten or more are all.
    """
    told = []
    for name, doublings in parts.items():
        above, below = _PARTS.get(name, ("", ""))
        words = above if doublings > 0 else below
        if words and abs(doublings) >= _LEAST:
            told.append((words, max(-1.0, min(1.0, doublings / _MOST_DOUBLINGS))))
    return sorted(told, key=lambda each: -abs(each[1]))
