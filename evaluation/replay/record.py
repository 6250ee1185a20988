"""Recorded cases from the store: what came, what was decided, and what the model had said by then."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.record import CaseStatus
from cases.taxonomy import Taxonomy
from evaluation.replay.arrivals import Recorded
from evaluation.replay.case import Prediction

StoreRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FromRecord:
    """The cases found.

    Attributes:
        rows: In no order.
        without_score: How many of them no model had judged when they were decided: their answer is drawn.
        without_time: How many have no handling time: it is drawn.
        left_out: Decided cases that use a category or a level which today's policy lacks.
    """

    rows: tuple[Recorded, ...]
    without_score: int
    without_time: int
    left_out: int


def from_record(
    cases: Iterable[StoreRow], decisions: Iterable[StoreRow], scores: Iterable[StoreRow], taxonomy: Taxonomy
) -> FromRecord:
    """The decided cases of a record; one that is open again, by an appeal or otherwise, is not among them.

    The truth is the decision that stands after appeals; the handling time is the first decider's, since that is the
    work that the queue ordered; what was withdrawn is neither, since it does not stand. The answer is the last score
    made before that decision by a model that judges severity.

    Args:
        cases: `CaseStore.rows("cases")`.
        decisions: `CaseStore.rows("decisions")`.
        scores: `CaseStore.rows("scores")`.
        taxonomy: Today's policy; old categories are carried over.
    """
    first, standing = _first_and_standing(decisions)
    said = _answers(scores, {case_id: row["decided_at"] for case_id, row in first.items()}, taxonomy)
    rows, left_out = [], 0
    for case in cases:
        case_id = case["id"]
        if case["status"] != CaseStatus.DECIDED.value or case_id not in standing:
            continue
        verdict, seconds = standing[case_id], first[case_id]["handling_seconds"]
        today = taxonomy.category_map.resolve(verdict["category"], verdict["sub_policy"] or "")
        if today is None or today[0] not in taxonomy.category_ids or verdict["severity"] not in taxonomy.levels:
            left_out += 1
            continue
        minutes = seconds / 60 if seconds else None
        attributes = json.loads(case["attributes"])
        rows.append(
            Recorded.of(case["received_at"], verdict["severity"], today[0], minutes, attributes, said.get(case_id))
        )
    return FromRecord(
        tuple(rows),
        sum(row.prediction is None for row in rows),
        sum(row.minutes is None for row in rows),
        left_out,
    )


def _first_and_standing(decisions: Iterable[StoreRow]) -> tuple[dict[str, StoreRow], dict[str, StoreRow]]:
    """By case, of what was not withdrawn: the decision that reviews none, and the one that none reviews."""
    every = [row for row in decisions if row["withdrawn_at"] is None]
    reviewed = {row["reviews"] for row in every if row["reviews"]}
    first = {row["case_id"]: row for row in every if not row["reviews"]}
    return first, {row["case_id"]: row for row in every if row["id"] not in reviewed}


def _answers(
    scores: Iterable[StoreRow], decided_at: Mapping[str, datetime], taxonomy: Taxonomy
) -> dict[str, Prediction]:
    """By case: the last answer before the decision, of those that say every level of today's policy."""
    latest: dict[str, tuple[datetime, Prediction]] = {}
    for row in scores:
        case_id, made = row["case_id"], row["created_at"]
        if row["fallback"] or case_id not in decided_at or made > decided_at[case_id]:
            continue
        severity = {int(level): float(chance) for level, chance in json.loads(row["severity"]).items()}
        if set(severity) != set(taxonomy.levels) or (case_id in latest and latest[case_id][0] > made):
            continue
        latest[case_id] = (made, Prediction(severity, json.loads(row["category"])))
    return {case_id: said for case_id, (_, said) in latest.items()}
