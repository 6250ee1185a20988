"""What a person leaves in the record: reports of theirs among others', on cases that were worked on."""

from __future__ import annotations

from typing import Any

from cases.erasure import ErasureKind, ErasurePlan, ErasureRequest, Place
from cases.record import Case, FiledReport
from cases.store import CaseStore
from cases.store.erasing import Extent
from tests.cases.store.builders import decide, file_one, report
from tests.privacy.canaries import Canaries


def file_theirs(store: CaseStore, canaries: Canaries, number: int = 1, **changes: Any) -> Case:
    """A case begun by a report of the person's."""
    return file_one(store, number, **theirs(canaries, number) | changes)


def theirs(canaries: Canaries, number: int = 1) -> dict[str, Any]:
    return {
        "external_id": f"{canaries.external_id}-{number}",
        "title": f"About {canaries.title}",
        "description": f"My name is {canaries.text} and this is number {number}.",
        "reporter": canaries.reporter,
        "attributes": {"nickname": canaries.attribute, "reach": 9},
    }


def join(store: CaseStore, number: int, **changes: Any) -> FiledReport:
    [filed] = store.file_reports([report(number, **changes)], actor="intake")
    return filed


def erase(store: CaseStore, kind: ErasureKind, ref: str, within: str = "", extent: Extent = Extent()) -> ErasurePlan:  # noqa: B008
    """Erase from the rows alone, and say that all else was reached."""
    plan = store.plan_erasure(ErasureRequest(kind, ref, within))
    begun = store.begin_erasure(kind, by="admin", case_ids=plan.case_ids)
    expected = store.count_erasure(plan, extent)
    counts = store.erase_cases(plan, plan.case_ids, begun, extent)
    if plan.subject_id is not None:
        counts["subjects"] += store.forget_subject(plan.subject_id)
    assert +counts == expected, "the preview promised otherwise"
    store.reached(begun.id, counts, [*Place])
    return plan


def worked_on(store: CaseStore, case: Case, canaries: Canaries) -> None:
    """Let the case be decided with a note, appealed with another and decided again."""
    from cases.handling import Outcome

    decide(store, case.id, note=f"Spoke with {canaries.note}.")
    store.appeal(case.id, by="tooling", note=f"{canaries.note} objects.")
    decide(store, case.id, holder="bob", outcome=Outcome.UPHOLD, note=f"Again {canaries.note}.")
