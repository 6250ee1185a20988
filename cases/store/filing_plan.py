"""Which case each report of a batch goes to, worked out in memory; `filing` does the SQL around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cases.event import EventKind
from cases.event_data import iso
from cases.fingerprint import Fingerprint
from cases.ids import CaseId, ReportId, new_id
from cases.record import Attributes, FiledReport, NewReport
from cases.store.likeness import Likes, fingerprint_row
from cases.store.living import Steps, new_columns
from cases.store.storable import merged_attributes

Key = tuple[str, str]  # (source, external_id), (kind, external_id) or (source, case_ref)
RowValues = dict[str, Any]


@dataclass(slots=True)
class FilingCase:
    """A case as it stands while a batch is being filed; its state is in the plan's steps."""

    id: CaseId
    attributes: Attributes
    subject_id: str | None = None
    ref: Key | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where a case stands between its first report and its first score.

    Attributes:
        order_key: Its place; larger = sooner.
        level: The severity by which it is due, 1..K; None where nobody says any.
    """

    order_key: float = 0.0
    level: int | None = None


@dataclass(slots=True)
class FilingPlan:
    """The rows that a batch adds.

    Attributes:
        actor: Who files it.
        start_of: Where a case that begins with a report stands until it is scored.
        steps: What happens to the cases; at first it holds the states of those that are known.
        subject_ids: By (kind, external id), of all subjects that the batch names.
        by_ref: The known cases by (source, case_ref).
        by_subject: The undecided cases by subject id.
        likes: The undecided cases by what their first report says; None where text gathers nothing.
    """

    actor: str
    start_of: Callable[[NewReport], Start]
    steps: Steps
    subject_ids: dict[Key, str]
    by_ref: dict[Key, FilingCase]
    by_subject: dict[str, FilingCase]
    likes: Likes[FilingCase] | None = None
    new: list[FilingCase] = field(default_factory=list)
    reports: list[RowValues] = field(default_factory=list)
    identities: list[RowValues] = field(default_factory=list)
    contents: list[RowValues] = field(default_factory=list)
    fingerprints: list[RowValues] = field(default_factory=list)

    def add(self, report: NewReport, said: Fingerprint | None) -> FiledReport:
        """Place `report` on its case.

        That is the one of its case_ref, else its subject's undecided one, else, of a report that names neither, the
        undecided one that says the same; else a new one. A case_ref is the source's own word on what is one case, so
        a new case_ref begins a case even where the subject has another undecided one.

        Args:
            report: Fit to be stored.
            said: The fingerprint of its words; None where it gathers by its subject or case_ref, or not at all.
        """
        report_id = ReportId(new_id())
        case = self._case_for(report, report_id, said)
        case.attributes = merged_attributes(case.attributes, report.attributes)
        before = self.steps.states.get(case.id)
        version = 1 if before is None else before.content_version + 1
        self.steps.add(
            case.id, EventKind.REPORTED if before is None else EventKind.JOINED, self.actor,
            report_id=report_id,
            content_version=version,
            received_at=iso(report.received_at),
            order_key=self.start_of(report).order_key if before is None else None,
        )  # fmt: skip
        self._add_rows(report, report_id, case, version)
        return FiledReport(report_id, case.id, created=True)

    def new_cases(self) -> list[RowValues]:
        """The rows of the cases that the batch begins."""
        return [
            {
                "id": case.id,
                "subject_id": case.subject_id,
                "ref_source": case.ref[0] if case.ref else None,
                "case_ref": case.ref[1] if case.ref else None,
                "level": case.level,
                **columns,
            }
            for case, columns in zip(
                self.new, new_columns([self.steps.states[case.id] for case in self.new]), strict=True
            )
        ]

    def _case_for(self, report: NewReport, report_id: ReportId, said: Fingerprint | None) -> FilingCase:
        subject_id = self._subject_of(report)
        ref = (report.source, report.case_ref) if report.case_ref else None
        known = self.by_ref.get(ref) if ref else self.by_subject.get(subject_id or "")
        if known is None and said is not None and self.likes is not None:
            known = self.likes.find(report.source, said, report.received_at)
        if known is not None:
            return known
        level = self.start_of(report).level
        case = FilingCase(CaseId(new_id()), {}, subject_id=subject_id, ref=ref, level=level)
        self.new.append(case)
        if ref:
            self.by_ref[ref] = case
        if subject_id:
            self.by_subject.setdefault(subject_id, case)
        if said is not None and self.likes is not None:
            self.likes.add(report.source, said, report.received_at, case)
            self.fingerprints.append(fingerprint_row(report_id, report.source, said, report.received_at))
        return case

    def _subject_of(self, report: NewReport) -> str | None:
        return self.subject_ids[subject_key(report)] if report.subject_ref else None

    def _add_rows(self, report: NewReport, report_id: ReportId, case: FilingCase, version: int) -> None:
        self.reports.append(
            {
                "id": report_id,
                "case_id": case.id,
                "source": report.source,
                "external_id": report.external_id,
                "channel": report.channel,
                "received_at": report.received_at,
                "filed_at": self.steps.at,
                "subject_id": self._subject_of(report),
            }
        )
        if report.reporter:
            self.identities.append({"report_id": report_id, "reporter": report.reporter})
        self.contents.append(
            {
                "id": new_id(),
                "case_id": case.id,
                "version": version,
                "report_id": report_id,
                "title": report.title,
                "description": report.description,
                "channel": report.channel,
                "attributes": dict(case.attributes),
                "created_at": self.steps.at,
                # What the first report says is what the case has.
                "own_attributes": None if version == 1 else dict(report.attributes),
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
