"""What the lint finds, and what it must not find in a letter."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """An error blocks a letter, a warning advises."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. It names a place and quotes nothing, so that it can be logged and stored.

    Attributes:
        start: Where it begins in `Draft.text`, characters from 0.
        end: Where it ends, not included; equal to `start` where something is missing.
    """

    start: int
    end: int
    rule: str
    level: Level
    why: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What must stand in no letter. Its `repr` shows none of it.

    Attributes:
        reporters: Names, e-mail addresses, telephone numbers, handles of everyone who reported.
        reports: What they wrote.
        staff: Names of associates and other people of the team.
        case_refs: References and ids of other cases.
        tags: Marks that the team puts on cases.
    """

    reporters: tuple[str, ...] = field(default=(), repr=False)
    reports: tuple[str, ...] = field(default=(), repr=False)
    staff: tuple[str, ...] = field(default=(), repr=False)
    case_refs: tuple[str, ...] = field(default=(), repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
