"""The tables of a case's page: its reports, decisions, notes and events, other cases of its subject, precedents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.decision import Decision
from cases.event import Event
from cases.handling import Note
from cases.identity import Identity
from cases.ids import CaseId
from cases.listing import CaseFilter
from cases.record import Case, Report
from models.precedents import Precedent
from serving.console.tables import Column, Table
from serving.scoring.explaining import Explained
from serving.services import Services


@dataclass(frozen=True, slots=True)
class Alike:
    """A precedent beside the case.

    Attributes:
        differs: Whether it was decided otherwise than the model suggests here.
        case: It; None where it lies in a queue that is not theirs, or is gone.
    """

    precedent: Precedent
    differs: bool
    case: Case | None


@dataclass(frozen=True, slots=True)
class Other:
    """Another case about the same subject, and the decision that stands on it, if one does."""

    case: Case
    decision: Decision | None


def reports(parts: Services, _: Identity, case: Case, limit: int) -> Table[Report]:
    """Who reported it: the systems, and never the people."""
    columns: Mapping[str, Column[Report]] = {
        "source": ("text", lambda each: each.source),
        "external_id": ("text", lambda each: each.external_id),
        "channel": ("text", lambda each: each.channel),
        "received_at": ("time", lambda each: each.received_at),
    }
    return Table(f"/cases/{case.id}/reports", "Reports", columns, parts.store().reports(case.id), limit)


def decisions(parts: Services, _: Identity, case: Case, limit: int) -> Table[Decision]:
    """The first decision, then each review of the one before."""
    columns: Mapping[str, Column[Decision]] = {
        "category": ("text", lambda each: each.verdict.category),
        "sub_policy": ("text", lambda each: each.verdict.sub_policy),
        "severity": ("whole", lambda each: each.verdict.severity),
        "action": ("text", lambda each: each.verdict.action),
        "reason": ("text", lambda each: each.verdict.reason),
        "decided_by": ("text", lambda each: each.decided_by),
        "decided_at": ("time", lambda each: each.decided_at),
        "overturns": ("truth", lambda each: each.overturns),
    }
    return Table(f"/cases/{case.id}/decisions", "Decisions", columns, parts.store().decisions(case.id), limit)


def notes(parts: Services, _: Identity, case: Case, limit: int) -> Table[Note]:
    """What people wrote beside what they did."""
    columns: Mapping[str, Column[Note]] = {
        "kind": ("text", lambda each: each.kind.value),
        "author": ("text", lambda each: each.author),
        "at": ("time", lambda each: each.at),
        "text": ("text", lambda each: each.text),
    }
    return Table(f"/cases/{case.id}/notes", "Notes", columns, parts.store().notes(case.id), limit)


def events(parts: Services, _: Identity, case: Case, limit: int) -> Table[Event]:
    """What happened, in order."""
    columns: Mapping[str, Column[Event]] = {
        "number": ("whole", lambda each: each.seq),
        "kind": ("text", lambda each: each.kind.value),
        "actor": ("text", lambda each: each.actor),
        "at": ("time", lambda each: each.at),
    }
    found = parts.store().events(case.id, limit=limit + 1)
    return Table(f"/cases/{case.id}/events", "What happened", columns, found, limit)


def history(parts: Services, who: Identity, case: Case, limit: int, *, until: datetime | None = None) -> Table[Other]:
    """What else was reported about the subject, in queues that are theirs; nothing where there is no subject.

    Where a time is given it is told as it was then.
    """
    columns: Mapping[str, Column[Other]] = {
        "case_id": ("text", lambda each: each.case.id),
        "title": ("text", lambda each: each.case.content.title),
        "status": ("text", lambda each: each.case.status.value),
        "received_at": ("time", lambda each: each.case.received_at),
        "category": ("text", lambda each: each.decision.verdict.category if each.decision else ""),
        "severity": ("whole", lambda each: each.decision.verdict.severity if each.decision else None),
        "action": ("text", lambda each: each.decision.verdict.action if each.decision else ""),
    }
    at, others = f"/cases/{case.id}/history", list[Case]()
    if case.subject is not None:
        only = CaseFilter(
            subject_kind=case.subject.kind,
            subject_ref=case.subject.external_id,
            queues=None if who.queues is None else sorted(who.queues),
        )
        found = parts.store().list_cases(limit + 2, only=only)
        others = [each for each in found if each.id != case.id and _by(each.received_at, until)][: limit + 1]
    decided = parts.store().standing_decisions([other.id for other in others])
    standing = {case_id: decision for case_id, decision in decided.items() if _by(decision.decided_at, until)}
    rows = [Other(other, standing.get(other.id)) for other in others]
    return Table(at, "Other cases of the subject", columns, rows, limit)


def breaches(parts: Services, told: Table[Other]) -> int:
    """How many of the cases shown were decided to break the policy."""
    return sum(
        each.decision is not None and each.decision.verdict.category not in parts.taxonomy.harmless
        for each in told.shown
    )


def _by(moment: datetime, until: datetime | None) -> bool:
    return until is None or moment <= until


TABLES: Mapping[str, Callable[[Services, Identity, Case, int], Table[Any]]] = {
    "reports": reports, "decisions": decisions, "notes": notes, "events": events, "history": history,
}  # fmt: skip


def precedents(parts: Services, who: Identity, case: Case, told: Explained) -> Table[Alike]:
    """What was decided on cases like it, those that were decided otherwise first."""
    columns: Mapping[str, Column[Alike]] = {
        "case_id": ("text", lambda each: each.case.id if each.case else ""),
        "title": ("text", lambda each: each.case.content.title if each.case else ""),
        "category": ("text", lambda each: each.precedent.category),
        "severity": ("whole", lambda each: each.precedent.severity),
        "action": ("text", lambda each: each.precedent.action),
        "similarity": ("number", lambda each: each.precedent.similarity),
        "decided_otherwise": ("truth", lambda each: each.differs),
    }
    found = () if told.like_it is None else told.like_it.precedents
    known = parts.store().cases([precedent.case_id for precedent in found])
    rows = []
    for precedent in found:
        # Learnt from and not in this record, or not theirs to see.
        other = known.get(CaseId(precedent.case_id))
        seen = other if other is not None and who.sees(other.queue) else None
        rows.append(Alike(precedent, told.like_it is None or precedent.category != told.like_it.suggested, seen))
    rows.sort(key=lambda alike: not alike.differs)
    return Table(f"/cases/{case.id}/precedents", "Cases like it", columns, rows)
