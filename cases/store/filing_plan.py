"""Which case each report of a batch goes to, worked out in memory; `filing` does the SQL around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.ids import CaseId, ReportId, new_id
from cases.record import Attributes, CaseStatus, EventKind, FiledReport, NewReport
from cases.store.storable import merged_attributes

Key = tuple[str, str]  # (source, external_id), (kind, external_id) or (source, case_ref)
RowValues = dict[str, Any]


@dataclass(slots=True)
class FilingCase:
    """A case as it stands while a batch is being filed."""

    id: CaseId
    version: int
    received_at: datetime
    attributes: Attributes
    is_new: bool = False
    subject_id: str | None = None
    ref: Key | None = None


@dataclass(slots=True)
class FilingPlan:
    """The rows that a batch adds.

    Attributes:
        subject_ids: By (kind, external id), of all subjects that the batch names.
        by_ref: The known cases by (source, case_ref).
        by_subject: The undecided cases by subject id.
    """

    actor: str
    order_key: float
    filed_at: datetime
    subject_ids: dict[Key, str]
    by_ref: dict[Key, FilingCase]
    by_subject: dict[str, FilingCase]
    touched: dict[CaseId, FilingCase] = field(default_factory=dict)
    reports: list[RowValues] = field(default_factory=list)
    identities: list[RowValues] = field(default_factory=list)
    contents: list[RowValues] = field(default_factory=list)
    events: list[RowValues] = field(default_factory=list)

    def add(self, report: NewReport) -> FiledReport:
        """Place `report` on its case: the one of its case_ref, else its subject's undecided one, else a new one.

        A case_ref is the source's own word on what is one case, so a new case_ref begins a case even where the
        subject has another undecided one.
        """
        report_id = ReportId(new_id())
        case = self._case_for(report)
        case.version += 1
        case.attributes = merged_attributes(case.attributes, report.attributes)
        case.received_at = min(case.received_at, report.received_at)
        self.touched[case.id] = case
        self._add_rows(report, report_id, case)
        return FiledReport(report_id, case.id, created=True)

    def new_cases(self) -> list[RowValues]:
        """The rows of the cases that the batch begins."""
        return [
            {
                "id": case.id,
                "subject_id": case.subject_id,
                "ref_source": case.ref[0] if case.ref else None,
                "case_ref": case.ref[1] if case.ref else None,
                "status": CaseStatus.OPEN.value,
                "received_at": case.received_at,
                "content_version": case.version,
                "order_key": self.order_key,
            }
            for case in self.touched.values()
            if case.is_new
        ]

    def joined_cases(self) -> list[RowValues]:
        """What changes in the cases that were there before."""
        return [
            {"joined_id": case.id, "received_at": case.received_at, "content_version": case.version}
            for case in self.touched.values()
            if not case.is_new
        ]

    def _case_for(self, report: NewReport) -> FilingCase:
        subject_id = self.subject_ids[subject_key(report)] if report.subject_ref else None
        ref = (report.source, report.case_ref) if report.case_ref else None
        known = self.by_ref.get(ref) if ref else self.by_subject.get(subject_id or "")
        if known is not None:
            return known
        case = FilingCase(CaseId(new_id()), 0, report.received_at, {}, is_new=True, subject_id=subject_id, ref=ref)
        if ref:
            self.by_ref[ref] = case
        if subject_id:
            self.by_subject.setdefault(subject_id, case)
        return case

    def _add_rows(self, report: NewReport, report_id: ReportId, case: FilingCase) -> None:
        self.reports.append(
            {
                "id": report_id,
                "case_id": case.id,
                "source": report.source,
                "external_id": report.external_id,
                "channel": report.channel,
                "received_at": report.received_at,
                "filed_at": self.filed_at,
            }
        )
        if report.reporter:
            self.identities.append({"report_id": report_id, "reporter": report.reporter})
        self.contents.append(
            {
                "id": new_id(),
                "case_id": case.id,
                "version": case.version,
                "report_id": report_id,
                "title": report.title,
                "description": report.description,
                "channel": report.channel,
                "attributes": dict(case.attributes),
                "created_at": self.filed_at,
            }
        )
        kind = EventKind.REPORTED if case.version == 1 else EventKind.JOINED
        self.events.append(
            {
                "case_id": case.id,
                "kind": kind.value,
                "at": self.filed_at,
                "actor": self.actor,
                "data": {"report_id": report_id, "content_version": case.version},
            }
        )


def report_key(report: NewReport) -> Key:
    """What makes a report one and the same."""
    return (report.source, report.external_id)


def subject_key(report: NewReport) -> Key:
    """What makes a subject one and the same."""
    return (report.subject_kind, report.subject_ref)


def first_of_each(reports: Iterable[NewReport], known: Iterable[Key]) -> list[NewReport]:
    """The reports that are not `known`, and of several with one key the first."""
    seen = set(known)
    fresh = []
    for report in reports:
        if report_key(report) not in seen:
            seen.add(report_key(report))
            fresh.append(report)
    return fresh
