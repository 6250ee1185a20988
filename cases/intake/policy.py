"""Whether a past decision's words are, or once were, the policy's."""

from __future__ import annotations

import dataclasses

from cases.decision import Verdict
from cases.taxonomy import Taxonomy


def check_past_verdict(taxonomy: Taxonomy, verdict: Verdict) -> None:
    """Refuse a verdict of words that the policy does not know and, by its list of changes, never knew.

    A category that was renamed, merged or split since is stored as it was; training carries it over. Its sub-policies
    ended with it and are not checked.

    Raises:
        UnknownPolicyError: Names the field.
    """
    ended = {change.category for change in taxonomy.category_map.changes}
    past_clauses = {
        clause
        for change in taxonomy.category_map.changes
        if change.category == verdict.category
        for clause in (*change.by_sub_policy, *change.sub_policies)
    }
    today = dataclasses.replace(
        verdict, other_categories=tuple(c for c in verdict.other_categories if c not in ended)
    )
    if verdict.category in ended and verdict.category not in taxonomy.category_ids:
        # Any category of today will do: what is left to check are severity, action and reason.
        today = dataclasses.replace(today, category=taxonomy.category_ids[0], sub_policy="")
    elif verdict.sub_policy in past_clauses:
        today = dataclasses.replace(today, sub_policy="")
    taxonomy.check(today)


def policy_words(taxonomy: Taxonomy, category: str) -> dict[str, tuple[str, ...]]:
    """By field of a verdict, what today's policy offers for it; `category` says whose sub-policies."""
    clauses = (clause.id for known in taxonomy.categories if known.id == category for clause in known.sub_policies)
    return {
        "category": taxonomy.category_ids,
        "sub_policy": tuple(clauses),
        "other_categories": taxonomy.category_ids,
        "severity": tuple(str(level) for level in taxonomy.levels),
        "action": tuple(action.id for action in taxonomy.actions),
        "reason": tuple(reason.id for reason in taxonomy.reasons),
    }
