"""Makes of a raw row a report, with its past decision where there was one; or says what is wrong with it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TypeVar

from cases.decision import Appeal, PastDecision, Verdict
from cases.errors import UnknownPolicyError
from cases.event import AttributeValue
from cases.ids import CaseId
from cases.intake.mapping import APPEAL_FIELDS, ATTRIBUTE, DECISION_FIELDS, SIGNALS, Binding
from cases.intake.policy import check_past_verdict, policy_words
from cases.intake.table import RawRow, Rejection, kind_of, length_of
from cases.intake.values import (
    RefusedValue,
    as_attribute,
    as_code,
    as_list,
    as_mapping,
    as_number,
    as_text,
    as_time,
    as_truth,
    as_whole,
    is_blank,
    without_unstorable,
)
from cases.record import NewReport
from cases.spreadsheet_text import without_guard
from cases.store.tables import CODE_LENGTH, NAME_LENGTH
from cases.taxonomy import Taxonomy

T = TypeVar("T")

NOT_FILED = CaseId("")

_SIGNAL_READERS: Mapping[str, Callable[[object], AttributeValue]] = {
    "reach": as_whole,
    "prior_strikes": as_whole,
    "minor_involved": as_truth,
    "press_or_regulator": as_truth,
    "reporter_kind": lambda value: as_code(value, CODE_LENGTH),
    "amount": as_number,
}


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """What a row holds.

    Attributes:
        decision: What was decided elsewhere, if it was; its case is `NOT_FILED` until the report has one.
        dropped_characters: NULs and lone surrogates that were left out of its texts.
    """

    report: NewReport
    decision: PastDecision | None
    dropped_characters: int


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one source.

    Attributes:
        source: Of rows whose source has no column, or an empty one.
        zone: Where times without zone are meant; None refuses these.
        external_id_from_row: Make the id of a row that has none of a hash of its text.
        spreadsheet: Take back the apostrophe that keeps a spreadsheet from running a text.
    """

    binding: Binding
    taxonomy: Taxonomy
    source: str
    zone: tzinfo | None = None
    external_id_from_row: bool = False
    spreadsheet: bool = False

    def read(self, row: RawRow) -> AcceptedRow | Rejection:
        """The row's report and decision, or the first thing that is wrong with it. Never raises for a row's sake."""
        reading = _Reading(self, row)
        try:
            report = reading.report()
            decision = reading.decision(report)
        except _RefusedCell as refused:
            value = row.cells.get(refused.column)
            return Rejection(row.number, refused.column, length_of(value), kind_of(value), refused.expected)
        if decision and not report.case_ref:
            # Two decisions on one subject were two cases; without a case_ref the store would join undecided reports.
            report = dataclasses.replace(report, case_ref=report.external_id)
        return AcceptedRow(report, decision, reading.dropped)


class _RefusedCell(Exception):  # noqa: N818  not an error of the program's: it becomes a row of the report
    def __init__(self, column: str, expected: str) -> None:
        super().__init__(expected)
        self.column = column
        self.expected = expected


@dataclass(slots=True)
class _Reading:
    """One row while it is being read."""

    reader: RowReader
    row: RawRow
    dropped: int = field(default=0)

    def report(self) -> NewReport:
        reader = self.reader
        report = NewReport(
            source=self.code("source") or reader.source,
            external_id=self.name("external_id"),
            title=self.text("title"),
            description=self.required("description", self.text("description"), "text"),
            received_at=self.time("received_at"),
            channel=self.code("channel"),
            subject_kind=self.code("subject_kind"),
            subject_ref=self.name("subject_ref"),
            attributes=self.attributes(),
            case_ref=self.name("case_ref"),
            reporter=self.text("reporter"),
        )
        if report.external_id:
            return report
        if not reader.external_id_from_row:
            raise self.refused("external_id", "the source's own id of the report; or say --external-id-from-row")
        return dataclasses.replace(report, external_id=hash_of(report))

    def decision(self, report: NewReport) -> PastDecision | None:
        if not any(self.given(name) for name in DECISION_FIELDS + APPEAL_FIELDS):
            return None
        verdict = Verdict(
            category=self.required("category", self.code("category"), "the category decided on"),
            severity=self.required("severity", self.optional("severity", as_whole), "a severity level"),
            action=self.required("action", self.code("action"), "the action taken"),
            reason=self.required("reason", self.code("reason"), "the reason for it"),
            sub_policy=self.code("sub_policy"),
            other_categories=self.optional("other_categories", lambda v: as_list(v, CODE_LENGTH)) or (),
        )
        self.check(verdict, prefix="")
        decided_at = self.time("decided_at")
        self.ordered("decided_at", decided_at, "received_at", report.received_at)
        claimed_at = self.time("claimed_at") if self.given("claimed_at") else None
        if claimed_at:
            self.ordered("decided_at", decided_at, "claimed_at", claimed_at)
        return PastDecision(
            case_id=NOT_FILED,
            verdict=verdict,
            decided_by=self.required("decided_by", self.name("decided_by"), "who decided"),
            decided_at=decided_at,
            claimed_at=claimed_at,
            handling_seconds=self.optional("handling_seconds", lambda v: as_number(v, 0)),
            appeal=self.appeal(verdict, decided_at),
        )

    def appeal(self, first: Verdict, decided_at: datetime) -> Appeal | None:
        """The appeal; where it leaves a part of the verdict blank, the first decision's part stands."""
        if not any(self.given(name) for name in APPEAL_FIELDS):
            return None
        category = self.code("appeal_category") or first.category
        severity = self.optional("appeal_severity", as_whole)
        verdict = Verdict(
            category=category,
            severity=first.severity if severity is None else severity,
            action=self.code("appeal_action") or first.action,
            reason=self.code("appeal_reason") or first.reason,
            sub_policy=self.code("appeal_sub_policy") or (first.sub_policy if category == first.category else ""),
            other_categories=first.other_categories,
        )
        self.check(verdict, prefix="appeal_")
        at = self.time("appeal_decided_at")
        self.ordered("appeal_decided_at", at, "decided_at", decided_at)
        return Appeal(
            verdict=verdict,
            decided_by=self.required("appeal_decided_by", self.name("appeal_decided_by"), "who reviewed it"),
            decided_at=at,
            overturned=self.required(
                "appeal_overturned", self.optional("appeal_overturned", as_truth), "whether it was overturned"
            ),
        )

    def attributes(self) -> dict[str, AttributeValue]:
        """The signals: those of the `attributes` object first, then those that have a column of their own."""
        found: dict[str, AttributeValue] = {}
        nested = self.optional("attributes", as_mapping) or {}
        for name, value in nested.items():
            if not is_blank(value):
                clean = self.clean(str(name)).strip()
                if not 0 < len(clean) <= CODE_LENGTH:
                    raise self.refused("attributes", f"names of 1 to {CODE_LENGTH} characters in it")
                found[clean] = self.signal(clean, value, "attributes")
        own = {ATTRIBUTE + name: name for name in self.reader.binding.own_attributes}
        for field_name, name in {**{signal: signal for signal in SIGNALS}, **own}.items():
            if self.given(field_name):
                found[name] = self.signal(name, self.value(field_name), field_name)
        return found

    def signal(self, name: str, value: object, field_name: str) -> AttributeValue:
        read = _SIGNAL_READERS.get(name, as_attribute)
        try:
            found = read(value)
        except RefusedValue as refused:
            # Only a name that is ours is repeated.
            of = f" as its {name!r}" if field_name == "attributes" and name in SIGNALS else ""
            raise self.refused(field_name, refused.expected + of) from None
        return self.clean(found) if isinstance(found, str) else found

    def check(self, verdict: Verdict, prefix: str) -> None:
        try:
            check_past_verdict(self.reader.taxonomy, verdict)
        except UnknownPolicyError as unknown:
            words = ", ".join(policy_words(self.reader.taxonomy, verdict.category)[unknown.field])
            raise self.refused(prefix + unknown.field, f"one of the taxonomy's ({words})") from None

    def ordered(self, name: str, later: datetime, before: str, earlier: datetime) -> None:
        if later < earlier:
            raise self.refused(name, f"a time not before {before!r}")

    def value(self, name: str) -> object:
        column = self.reader.binding.columns.get(name)
        return None if column is None else self.row.cells.get(column)

    def given(self, name: str) -> bool:
        return not is_blank(self.value(name))

    def optional(self, name: str, read: Callable[[object], T]) -> T | None:
        if not self.given(name):
            return None
        try:
            return read(self.value(name))
        except RefusedValue as refused:
            raise self.refused(name, refused.expected) from None

    def required(self, name: str, found: T | None, expected: str) -> T:
        if found is None or found == "":
            raise self.refused(name, expected)
        return found

    def time(self, name: str) -> datetime:
        found = self.optional(name, lambda value: as_time(value, self.reader.zone))
        return self.required(name, found, "a time such as 2026-03-01T09:30:00+01:00")

    def text(self, name: str) -> str:
        text = self.clean(self.optional(name, as_text) or "")
        return text if text.strip() else ""

    def code(self, name: str) -> str:
        return self.clean(self.optional(name, lambda value: as_code(value, CODE_LENGTH)) or "").strip()

    def name(self, name: str) -> str:
        return self.clean(self.optional(name, lambda value: as_code(value, NAME_LENGTH)) or "").strip()

    def clean(self, text: str) -> str:
        stored, dropped = without_unstorable(text)
        self.dropped += dropped
        return without_guard(stored) if self.reader.spreadsheet else stored

    def refused(self, name: str, expected: str) -> _RefusedCell:
        return _RefusedCell(self.reader.binding.column(name), expected)


def hash_of(report: NewReport) -> str:
    """An id for a report that came without: 32 hexadecimal digits of SHA-256 over what was reported, when, by whom.

    What was decided is left out, so that a table with decisions added later is known again.
    """
    parts = [
        report.title,
        report.description,
        report.channel,
        report.subject_kind,
        report.subject_ref,
        report.received_at.isoformat(),
        report.case_ref,
        report.reporter,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
