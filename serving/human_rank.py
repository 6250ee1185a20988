"""The place of a case whose severity or priority a person sets, and by when it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cases.errors import InvalidInputError
from cases.record import Case, Rank, Score
from cases.store import CaseStore
from models.priority import by_hand
from serving.ranking import Ranking, case_to_judge


def of_human(
    ranking: Ranking, store: CaseStore, case: Case, *, severity: int | None, priority: str | None, at: datetime
) -> Rank:
    """The place of a case as of `at`; the priority set goes before the severity set, and both before the model.

    Args:
        ranking: The policy's rules and the weights.
        store: The record, which has the case's latest score.
        case: As it is stored.
        severity: The level that a person sets, 1..K; None for none.
        priority: The name of the priority that a person sets; None for none.
        at: The present, aware.

    Raises:
        InvalidInputError: The weights have no priority of that name.
    """
    if priority is None:
        return ranking.of_case(replace(case, set_severity=severity), store.latest_score(case.id), at)
    known = ranking.weights.by_hand
    if priority not in known:
        raise InvalidInputError(
            f"'priority' must be one of {', '.join(known)} (got {len(priority)} characters); choose one",
            field="priority",
        )
    found = by_hand(priority, received_at=case.received_at, weights=ranking.weights)
    return Rank(found.order_key, found.parts, found.changes_at)


def due(ranking: Ranking, case: Case, score: Score | None) -> datetime | None:
    """By when somebody must have claimed the case: by the severity set, else the one shown; None without, or once
    somebody has.
    """
    shown = None if score is None else score.severity_level
    return ranking.due(case_to_judge(case), shown if case.set_severity is None else case.set_severity)
