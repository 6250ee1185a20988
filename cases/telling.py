"""What others are told of the record: messages made of events, of ids, codes, numbers and times alone.

Each message has an id that follows from its event, so that it is the same however often it is made or sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cases.decision import Decision
from cases.event import Event, EventKind
from cases.ids import new_id
from cases.record import Score
from cases.triage import ABSTAIN, triage_of

# Of a case with very many reports the first are named, and how many there are.
NAMED_REPORTS = 20

_MOST_SEVERE = 1


class Told(StrEnum):
    """What a receiver can be told of."""

    SCORED = "case.scored"
    SEVERITY_1 = "case.severity_1_arrived"
    DECIDED = "case.decided"
    OVERTURNED = "case.overturned"
    UNDONE = "case.decision_undone"
    REOPENED = "case.reopened"
    ALARM_RAISED = "alarm.raised"
    ALARM_CLEARED = "alarm.cleared"
    FIRE_STARTED = "fire.started"
    FIRE_ENDED = "fire.ended"


ALARMS = (Told.ALARM_RAISED, Told.ALARM_CLEARED)

# What may be told of an event of each kind; of the others nothing is.
TELLING: Mapping[EventKind, frozenset[Told]] = {
    EventKind.REPORTED: frozenset({Told.SEVERITY_1}),
    EventKind.SEVERITY_SET: frozenset({Told.SEVERITY_1}),
    EventKind.SCORED: frozenset({Told.SCORED, Told.SEVERITY_1}),
    EventKind.DECIDED: frozenset({Told.DECIDED}),
    EventKind.UPHELD: frozenset({Told.DECIDED}),
    EventKind.OVERTURNED: frozenset({Told.DECIDED, Told.OVERTURNED}),
    EventKind.WITHDRAWN: frozenset({Told.UNDONE}),
    EventKind.REOPENED: frozenset({Told.REOPENED}),
    EventKind.APPEALED: frozenset({Told.REOPENED}),
}


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell.

    Attributes:
        id: Of the event told, the same for each receiver, each try and each replay.
        kind: What it is.
        about: The case, the alarm or the fire; what is told of one is told in order.
        at: When it happened.
        data: What is told.
    """

    id: str
    kind: Told
    about: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What messages hold beyond their event.

    Attributes:
        unjudged_level: The severity by which the case is due by the policy's rules, 1..K; None once a model has
            judged it or a person has set one.
        reports: Source and external id of the case's first reports.
        reports_total: How many it has.
        score: That the event names, if it names one.
        decision: Likewise.
        decided_here: Whether the decision was taken here, under a lease, and not imported.
    """

    unjudged_level: int | None = None
    reports: Sequence[tuple[str, str]] = ()
    reports_total: int = 0
    score: Score | None = None
    decision: Decision | None = None
    decided_here: bool = False


def messages_of(event: Event, facts: Facts) -> list[Message]:
    """What is told of an event; nothing of most."""
    told: list[Message] = []
    if event.kind is EventKind.SCORED and facts.score is not None:
        told.append(_message(event, Told.SCORED, facts, _scored(event, facts.score)))
    if (cause := _most_severe(event, facts)) is not None:
        told.append(_message(event, Told.SEVERITY_1, facts, {"cause": cause}))
    if facts.decision is not None and facts.decided_here:
        told += _of_decision(event, facts, facts.decision)
    if event.kind in _REOPENING:
        told.append(_message(event, Told.REOPENED, facts, _reopened(event)))
    return told


def _of_decision(event: Event, facts: Facts, decision: Decision) -> list[Message]:
    """What is told of a decision that was taken here, and of its being taken back; what was imported is neither."""
    if event.kind is EventKind.WITHDRAWN:
        return [_message(event, Told.UNDONE, facts, _undone(event, decision))]
    if Told.DECIDED not in TELLING[event.kind]:
        return []
    kinds = (Told.DECIDED, Told.OVERTURNED) if event.kind is EventKind.OVERTURNED else (Told.DECIDED,)
    return [_message(event, kind, facts, _decided(event, decision)) for kind in kinds]


def alarm_message(alarm: str, data: Mapping[str, Any], at: datetime, *, raised: bool) -> Message:
    """What is told of an alarm that begins or ends."""
    kind = Told.ALARM_RAISED if raised else Told.ALARM_CLEARED
    return Message(f"msg_{new_id()}", kind, alarm, at, {"alarm": alarm, **data})


def _message(event: Event, kind: Told, facts: Facts, data: Mapping[str, Any]) -> Message:
    # That a case is of severity 1 is told once for the case, whichever event shows it first.
    which = kind.value if kind is Told.SEVERITY_1 else f"{event.seq}/{kind.value}"
    return Message(
        id=f"msg_{uuid.uuid5(uuid.UUID(event.case_id), which)}",
        kind=kind,
        about=event.case_id,
        at=event.at,
        data={
            "case_id": event.case_id,
            "version": event.seq,
            "reports": [{"source": source, "external_id": ref} for source, ref in facts.reports],
            "reports_total": facts.reports_total,
            **data,
        },
    )


def _scored(event: Event, score: Score) -> dict[str, Any]:
    # Where the model abstains a guess is no suggestion: whoever is told would act on it.
    offered = "" if score.tier == ABSTAIN else likeliest(score.category)
    level = score.severity_level
    triage = triage_of(
        score.tier,
        offered,
        score.category.get(offered, 0.0),
        level,
        0.0 if level is None else score.severity.get(level, 0.0),
    )
    return {
        "score_id": score.id,
        "content_version": event.data.get("content_version"),
        "model": score.model_version,
        "taxonomy_version": score.taxonomy_version,
        "fallback": score.fallback,
        "tier": score.tier or None,
        "category": offered or None,
        "probability": score.category[offered] if offered else None,
        "sub_policy": (score.sub_policy or None) if offered else None,
        "severity": score.severity_level,
        "novelty_p": score.novelty_p,
        "order_key": score.order_key,
        "queue": score.queue or None,
        "language": score.language or None,
        "triage": {**asdict(triage), "tags": list(triage.tags)},
    }


def _most_severe(event: Event, facts: Facts) -> str | None:
    """Why the case is known to be of severity 1 by this event; None where it does not say so."""
    if event.kind is EventKind.SCORED and facts.score is not None:
        return "scored" if facts.score.severity_level == _MOST_SEVERE else None
    if event.kind is EventKind.SEVERITY_SET:
        return "set" if event.data.get("level") == _MOST_SEVERE else None
    # As long as no model has judged it a case is due as the policy's rules say. Of one that is judged at once nothing
    # is told by these: they are cautious, and the score says in the same second what is so.
    rules = event.kind is EventKind.REPORTED and facts.unjudged_level == _MOST_SEVERE
    return "reported" if rules else None


_OUTCOMES = {EventKind.UPHELD: "upheld", EventKind.OVERTURNED: "overturned"}


def _decided(event: Event, decision: Decision) -> dict[str, Any]:
    verdict = decision.verdict
    return {
        "decision_id": decision.id,
        "decided_at": decision.decided_at.isoformat(),
        "category": verdict.category,
        "sub_policy": verdict.sub_policy or None,
        "other_categories": list(verdict.other_categories),
        "severity": verdict.severity,
        "action": verdict.action,
        "reason": verdict.reason,
        "outcome": _OUTCOMES.get(event.kind),
        "reviews": decision.reviews,
        "after_reopening": decision.after_reopening,
        "suggestion": decision.suggestion.value,
        "bulk_id": decision.bulk_id,
    }


def _undone(event: Event, decision: Decision) -> dict[str, Any]:
    return {
        "decision_id": decision.id,
        "decided_at": decision.decided_at.isoformat(),
        "standing_decision_id": event.data.get("stands"),
        # Who may not review it is named in the event, and not told.
        "under_appeal": event.data.get("barred") is not None,
        "bulk_id": decision.bulk_id,
    }


_REOPENING = {EventKind.REOPENED: "reopened", EventKind.APPEALED: "appealed"}


def _reopened(event: Event) -> dict[str, Any]:
    return {
        "cause": _REOPENING[event.kind],
        "reason": event.data.get("reason"),
        "standing_decision_id": event.data.get("decision_id"),
    }


def likeliest(category: Mapping[str, float]) -> str:
    """The likeliest category, ties by id; "" where there is none."""
    return min(category, key=lambda name: (-category[name], name), default="")
