"""What of the record is listed: which cases, and after which one a page begins.

A page begins after a case and not after a number of cases, so nothing is shown twice or passed over because the queue
moved in between, and the last page costs no more than the first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cases.ids import CaseId
from cases.record import Case, CaseStatus


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A place in the order of the queue: that of a case as it was listed, wherever the case is now."""

    order_key: float
    received_at: datetime
    case_id: CaseId

    @classmethod
    def of(cls, case: Case) -> QueuePlace:
        """The place of a case."""
        return cls(case.order_key, case.received_at, case.id)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which undecided cases to list; all that is given must hold.

    Attributes:
        queues: In one of these.
        level: Due by this severity: the one that a person set, else the one shown.
        category: Of which this is the likeliest by the latest score.
        status: Open or claimed.
        assigned_to: Handed out to nobody but them.
    """

    queues: Collection[str] | None = None
    level: int | None = None
    category: str | None = None
    status: CaseStatus | None = None
    assigned_to: str | None = None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list, decided or not; all that is given must hold.

    Attributes:
        status: Of this status.
        queues: In one of these, or last in one.
        source: With a report of this source.
        external_id: And with this id there.
        subject_kind: About a subject of this kind.
        subject_ref: And with this id.
        received_from: Received then or later.
        received_before: Received earlier.
    """

    status: CaseStatus | None = None
    queues: Collection[str] | None = None
    source: str | None = None
    external_id: str | None = None
    subject_kind: str | None = None
    subject_ref: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None


ALL_WAITING = QueueFilter()
ALL_CASES = CaseFilter()
