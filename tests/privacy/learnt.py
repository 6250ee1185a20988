"""A home whose model has learnt from canaries: in its cases' words, names, values, and on several cases at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cases.decision import PastDecision
from cases.export.write import export
from cases.ids import CaseId
from cases.record import NewReport
from tests.privacy.canaries import Canaries
from tests.training.conftest import START, Learning, some_cases
from training.registry import promote

THEIRS = 12


@dataclass(frozen=True)
class Learnt:
    """What was trained and promoted.

    Attributes:
        theirs: The person's cases, of all that were learnt from.
        sha256: Of the champion.
    """

    place: Learning
    canaries: Canaries
    theirs: tuple[CaseId, ...]
    sha256: str

    @property
    def home(self) -> Path:
        return self.place.settings.home

    @property
    def model(self) -> Path:
        return self.place.settings.models_dir / self.sha256


def learnt_from(place: Learning, canaries: Canaries) -> Learnt:
    """Decide 160 cases, a dozen of them a person's, train, promote, and export."""
    cases = some_cases(20)
    reports = [
        NewReport(
            "test", case.id, case.title, case.description, START + timedelta(hours=number), channel=case.channel
        )
        for number, case in enumerate(cases)
    ]
    for number in range(0, THEIRS * 10, 10):
        reports[number] = _theirs(reports[number], canaries, number)
    filed = place.store.file_reports(reports, actor="test")
    place.store.record_past_decisions(
        [
            PastDecision(report.case_id, case.rubric, ("ada", "grace")[number % 2], sent.received_at)
            for number, (report, case, sent) in enumerate(zip(filed, cases, reports, strict=True))
        ],
        actor="test",
    )
    theirs = tuple(filed[number].case_id for number in range(0, THEIRS * 10, 10))
    place.store.appeal(theirs[0], by="tooling", note=f"{canaries.note} objects.")
    version = place.train()
    champion = promote(place.settings, place.store, version, by="test")
    for name, suffix in (("cases", "csv"), ("cases", "xlsx"), ("decisions", "parquet"), ("scores", "jsonl")):
        export(place.store, name, place.settings.home / f"{name}.{suffix}")  # type: ignore[arg-type]
    return Learnt(place, canaries, theirs, champion.sha256)


def _theirs(report: NewReport, canaries: Canaries, number: int) -> NewReport:
    changes: dict[str, Any] = {
        "external_id": f"{canaries.external_id}-{number}",
        "title": f"{report.title} {canaries.title}",
        "description": f"{report.description} I am {canaries.text}.",
        "attributes": {"nickname": canaries.attribute, "reach": number},
        "reporter": canaries.reporter,
        "subject_kind": "user",
        "subject_ref": f"{canaries.subject}-{number}",
    }
    return replace(report, **changes)
