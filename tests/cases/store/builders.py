from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from cases.decision import Decision, SuggestionShown, Verdict
from cases.event import EventKind
from cases.ids import CaseId, ScoreId, new_id
from cases.record import Case, Lease, NewReport, Score
from cases.store import CaseStore

MORNING = datetime(2026, 3, 4, 9, 0, 0, 123456, tzinfo=UTC)  # a Wednesday

VERDICT = Verdict("harassment", 2, "remove", "clear_breach", "stalking", ("hate",))


def report(number: int = 1, **changes: Any) -> NewReport:
    plain = NewReport(
        source="helpdesk",
        external_id=f"ticket-{number}",
        title=f"title {number}",
        description=f"description {number}",
        received_at=MORNING + timedelta(minutes=number),
    )
    return dataclasses.replace(plain, **changes)


def file_one(store: CaseStore, number: int = 1, **changes: Any) -> Case:
    (filed,) = store.file_reports([report(number, **changes)], actor="intake")
    return store.case(filed.case_id)


def score(case: Case, **changes: Any) -> Score:
    plain = Score(
        id=ScoreId(new_id()),
        case_id=case.id,
        content_id=case.content.id,
        model="a" * 64,
        model_version="caseload-default/1",
        taxonomy_version=1,
        assembly_version=1,
        encoder_hash="e" * 64,
        created_at=MORNING,
        category={"harassment": 0.1 + 0.2, "hate": 1.0 - (0.1 + 0.2)},
        severity={1: 0.1, 2: 0.7, 3: 0.2},
        priority={"harm": 3.5, "age": -1.25},
        order_key=1.5,
        language="en",
        seconds=0.012,
    )
    return dataclasses.replace(plain, **changes)


def decide(
    store: CaseStore, case_id: CaseId, verdict: Verdict = VERDICT, *, holder: str = "ann", **options: Any
) -> Decision:
    _, lease = store.claim(case_id, holder, 60)
    shown: SuggestionShown | None = options.pop("shown", None)
    return store.decide(case_id, verdict, holder=holder, token=lease.token, shown=shown, **options)


def claim(store: CaseStore, case_id: CaseId, holder: str = "ann", seconds: float = 60) -> Lease:
    return store.claim(case_id, holder, seconds)[1]


def next_for(store: CaseStore, holder: str, **options: Any) -> CaseId | None:
    """What the holder is handed out, and gives back at once."""
    got = store.claim_next(holder, 60, **options)
    if got is None:
        return None
    case, lease = got
    store.release(case.id, holder, lease.token)
    return case.id


def kinds(store: CaseStore, case_id: CaseId) -> list[EventKind]:
    return [event.kind for event in store.events(case_id)]
