"""What people decide: a verdict, the decision that it is the substance of, and what the model had suggested.

A decision is only ever added; a later one, on appeal or after reopening, names the one that it reviews.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.ids import BulkId, CaseId, ContentId, DecisionId, ScoreId
from cases.record import Attributes


class Suggestion(StrEnum):
    """What came of the model's suggestion when a person decided.

    Accepted: the decided category was among those shown (its rank tells where). Unaided: none was shown.
    """

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"
    UNAIDED = "unaided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The substance of a decision, all ids of the taxonomy."""

    category: str
    severity: int
    action: str
    reason: str
    sub_policy: str = ""
    other_categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SuggestionShown:
    """What the model had to offer when a person decided.

    Attributes:
        score_id: The score that the suggestion came from.
        categories: The categories offered, in the order shown; empty where the model abstained.
        hidden: True on the blind slice: the suggestion existed and the decider did not see it.
    """

    score_id: ScoreId
    categories: tuple[str, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision on a case; a later one, on appeal or after reopening, names the one that it reviews.

    Attributes:
        claimed_at: When the decider took it; None for imported decisions that do not say.
        handling_seconds: Time worked on it, seconds.
        suggestion: Accepted, overridden, or unaided (nothing was suggested, or it was hidden).
        suggestion_shown: False on the blind slice.
        suggested_rank: 1-based rank of the decided category among the suggestions shown or hidden; None if unranked.
        reviews: The decision that this one takes the place of.
        overturns: True where the review of an appeal came out otherwise.
        after_reopening: True where it reviews because the case was reopened, and nobody had appealed.
        bulk_id: What was decided together with it; None where it was decided by itself.
    """

    id: DecisionId
    case_id: CaseId
    content_id: ContentId
    verdict: Verdict
    decided_by: str
    decided_at: datetime
    claimed_at: datetime | None = None
    handling_seconds: float | None = None
    score_id: ScoreId | None = None
    suggestion: Suggestion = Suggestion.UNAIDED
    suggestion_shown: bool = False
    suggested_rank: int | None = None
    reviews: DecisionId | None = None
    overturns: bool = False
    after_reopening: bool = False
    bulk_id: BulkId | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """What came of an appeal against a decision.

    Attributes:
        verdict: What stands after it; on an upheld decision usually the same verdict.
        overturned: Whether the review came out otherwise.
    """

    verdict: Verdict
    decided_by: str
    decided_at: datetime
    overturned: bool


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision taken elsewhere, on a case that is imported with it.

    Attributes:
        claimed_at: When the decider took the case; None where the source does not say.
        handling_seconds: Time worked on it, seconds; None where the source does not say.
    """

    case_id: CaseId
    verdict: Verdict
    decided_by: str
    decided_at: datetime
    claimed_at: datetime | None = None
    handling_seconds: float | None = None
    appeal: Appeal | None = None


@dataclass(frozen=True, slots=True)
class DecidedCase:
    """One row to learn from: what was known when the case was decided, and the decision that stands."""

    case_id: CaseId
    subject_key: str
    received_at: datetime
    title: str
    description: str
    channel: str
    attributes: Attributes
    decision: Decision
