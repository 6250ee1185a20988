"""A stored score as people and programs are shown it: the three likeliest categories and the severity."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cases.decision import SuggestionShown
from cases.record import Case, Lease, Score
from cases.taxonomy import Taxonomy
from cli.contract.queue import (
    ClaimAnswer,
    ClaimedCase,
    ClaimedLease,
    QueuedCase,
    ScoreOfCase,
    SuggestedCategory,
    SuggestedSeverity,
)

if TYPE_CHECKING:
    from models.tiers import Tier

SUGGESTED = 3


def score_of(score: Score | None, policy: Taxonomy) -> ScoreOfCase | None:
    """The score with its likeliest categories under the policy's names for them."""
    if score is None:
        return None
    names = {category.id: category.name for category in policy.categories}
    return ScoreOfCase(
        score_id=score.id,
        categories=[
            SuggestedCategory(category=known, name=names.get(known, known), probability=score.category[known])
            for known in _likeliest_categories(score)
        ],
        # Only what a judge can say was ever written.
        tier=cast("Tier", score.tier) if score.tier else None,
        shortlist=list(score.shortlist),
        novelty_p=score.novelty_p,
        sub_policy=score.sub_policy,
        severity=_severity(score),
        priority=dict(score.priority),
        language=score.language,
        model_version=score.model_version,
        fallback=score.fallback,
    )


def queued_case(place: int, case: Case, score: Score | None, policy: Taxonomy) -> QueuedCase:
    """A case as the queue lists it."""
    return QueuedCase(
        place=place,
        case_id=case.id,
        status=case.status,
        received_at=case.received_at,
        order_key=case.order_key,
        rank_parts=dict(case.rank_parts),
        queue=case.queue,
        hold_until=case.hold_until,
        assigned_to=case.assigned_to,
        appeal=case.under_appeal,
        severity_set=case.set_severity,
        priority_set=case.set_priority,
        title=case.content.title,
        score=score_of(score, policy),
    )


def claim_answer(claimed: tuple[Case, Lease] | None, score: Score | None, policy: Taxonomy) -> ClaimAnswer:
    """What a claim brought: the lease, and the case with its text."""
    if claimed is None:
        return ClaimAnswer(lease=None, case=None)
    case, lease = claimed
    content = case.content
    return ClaimAnswer(
        lease=ClaimedLease(holder=lease.holder, token=lease.token, expires_at=lease.expires_at),
        case=ClaimedCase(
            case_id=case.id,
            received_at=case.received_at,
            channel=content.channel,
            title=content.title,
            description=content.description,
            attributes=dict(content.attributes),
            queue=case.queue,
            appeal=case.under_appeal,
            severity_set=case.set_severity,
            priority_set=case.set_priority,
            score=score_of(score, policy),
        ),
    )


def shown_of(score: Score | None) -> SuggestionShown | None:
    """What a decision remembers of the suggestion that was before its maker: nothing where the model abstained."""
    if score is None:
        return None
    offered = () if score.tier == "abstain" else tuple(_likeliest_categories(score))
    return SuggestionShown(score.id, offered)


def _likeliest_categories(score: Score) -> list[str]:
    # Ties by id, so that the same score is always shown alike.
    return sorted(score.category, key=lambda known: (-score.category[known], known))[:SUGGESTED]


def _severity(score: Score) -> SuggestedSeverity | None:
    if not score.severity:
        return None
    # The more severe of two equals.
    level = min(score.severity, key=lambda known: (-score.severity[known], known))
    shown = level if score.severity_level is None else score.severity_level
    return SuggestedSeverity(level=level, shown=shown, distribution=dict(score.severity))
