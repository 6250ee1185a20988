"""What models suggested and what came of it, as the store tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cases.ids import CaseId


@dataclass(frozen=True, slots=True)
class ScoredCase:
    """What the latest score of a case says.

    Attributes:
        received_at: When the case was received, aware UTC.
        model: SHA-256 of the model's manifest.
        category: The one suggested first.
        confidence: Its probability, 0..1.
        tier: "apply", "suggest", "abstain"; "" where the model does not tell.
        novelty_p: In (0, 1], None where the model does not tell.
        language: ISO 639-1 code, or "".
        characters: Of the text that was scored, title and description; None where it was erased.
    """

    received_at: datetime
    model: str
    category: str
    confidence: float
    tier: str
    novelty_p: float | None
    language: str
    characters: int | None


@dataclass(frozen=True, slots=True)
class TierCounts:
    """The suggestions of one category.

    Attributes:
        category: As suggested.
        scored: By tier, how many cases.
        decided: How many of those in the tier "apply" people have decided.
        right: How many of these in the category suggested.
    """

    category: str
    scored: Mapping[str, int]
    decided: int
    right: int


@dataclass(frozen=True, slots=True)
class BlindAnswer:
    """A case decided with the suggestion hidden: how sure the model was of its first, and whether that was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A decided case, to be looked at as an example of its category."""

    case_id: CaseId
    queue: str
    title: str
    severity: int
    decided_at: datetime
