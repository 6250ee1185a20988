"""Which queue a score sends its case to."""

from __future__ import annotations

from dataclasses import replace

from cases.record import Case, Score
from cases.taxonomy import Taxonomy
from serving.scoring.scores import top_categories


def routed(score: Score, case: Case, taxonomy: Taxonomy) -> Score:
    """The score with the queue that the policy names for a case judged so; a policy without queues moves nothing."""
    if not taxonomy.queues:
        return score
    likeliest = top_categories(score.category, 1)
    queue = taxonomy.route(
        score.language, likeliest[0][0] if likeliest else "", score.severity_level, case.content.attributes
    )
    return replace(score, queue=queue)
