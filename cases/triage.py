"""A score in the shape in which helpdesks keep triage: a value, how sure it is, and tags to build rules on.

    category  value, High | Medium | Low      caseload_category_<id>, caseload_category_confidence_high …
    severity  value, High | Medium | Low      caseload_severity_<level>, caseload_severity_confidence_high …

Where the model abstains there is no value at all, and the tag `caseload_abstained`: a guess would be acted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ABSTAIN, APPLY = "abstain", "apply"

HIGH_FROM, MEDIUM_FROM = 0.8, 0.5
ABSTAINED_TAG = "caseload_abstained"


class Confidence(StrEnum):
    """How sure a value is."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


@dataclass(frozen=True, slots=True)
class Triage:
    """What a helpdesk is given of a score.

    Attributes:
        category: Id of the likeliest category; None where the model abstains.
        category_confidence: None where there is no category.
        severity: The level to show, 1..K; None where the model abstains, or judges none.
        severity_confidence: None where there is no severity.
        tags: For rules: letters, digits and underscores.
    """

    category: str | None
    category_confidence: Confidence | None
    severity: int | None
    severity_confidence: Confidence | None
    tags: tuple[str, ...]


def triage_of(
    tier: str,
    category: str,
    probability: float,
    severity: int | None,
    severity_probability: float,
) -> Triage:
    """The triage of a score.

    Args:
        tier: "apply", "suggest" or "abstain"; "" where it is not known.
        category: The likeliest, by id; "" where none was judged.
        probability: Its, 0..1.
        severity: The level to show; None where none was judged.
        severity_probability: That level's by the model alone, 0..1: small where the policy's rules or costs chose it.
    """
    if tier == ABSTAIN or not category:
        return Triage(None, None, None, None, (ABSTAINED_TAG,))
    sure = Confidence.HIGH if tier == APPLY else _by_probability(probability)
    if tier and tier != APPLY and sure is Confidence.HIGH:
        # Only what may be applied is right as often as the policy asks, however likely the model calls it.
        sure = Confidence.MEDIUM
    tags = [f"caseload_category_{category}", f"caseload_category_confidence_{sure.lower()}"]
    severe = None if severity is None else _by_probability(severity_probability)
    if severe is not None:
        tags += [f"caseload_severity_{severity}", f"caseload_severity_confidence_{severe.lower()}"]
    return Triage(category, sure, severity, severe, tuple(tags))


def _by_probability(probability: float) -> Confidence:
    if probability >= HIGH_FROM:
        return Confidence.HIGH
    return Confidence.MEDIUM if probability >= MEDIUM_FROM else Confidence.LOW
