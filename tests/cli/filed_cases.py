"""Cases in the record, scored as a model would, for tests of the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cases.ids import ScoreId, new_id
from cases.record import Case, NewReport, Score
from cases.store import CaseStore

RECEIVED = datetime.now(UTC) - timedelta(hours=5)

SURE = {"harassment": 0.7, "hate": 0.2, "privacy": 0.06, "spam_promotion": 0.04}


def file_case(store: CaseStore, number: int, *, title: str = "", text: str = "He writes to her every night.") -> Case:
    report = NewReport(
        source="desk",
        external_id=f"T-{number}",
        title=title or f"Title {number}",
        description=text,
        received_at=RECEIVED + timedelta(minutes=number),
        channel="email",
        attributes={"minor_involved": True, "reach": 120},
    )
    (filed,) = store.file_reports([report], actor="test")
    return store.case(filed.case_id)


def score_case(
    store: CaseStore,
    case: Case,
    *,
    order_key: float = 1.0,
    category: dict[str, float] = SURE,
    tier: str = "",
    novelty_p: float | None = None,
    shortlist: tuple[str, ...] = (),
    language: str = "en",
) -> Score:
    score = Score(
        id=ScoreId(new_id()),
        case_id=case.id,
        content_id=case.content.id,
        model="a" * 64,
        model_version="caseload-default/3",
        taxonomy_version=1,
        assembly_version=1,
        encoder_hash="e",
        created_at=RECEIVED,
        category=category,
        severity={1: 0.1, 2: 0.6, 3: 0.2, 4: 0.1},
        priority={"harm": 5.5, "waiting": order_key - 5.5},
        order_key=order_key,
        language=language,
        seconds=0.01,
        tier=tier,
        novelty_p=novelty_p,
        shortlist=shortlist,
    )
    store.record_scores([score])
    return score
