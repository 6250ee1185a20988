"""Where a case stands, as its events left it: what `cases.life` folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cases.record import MAIN_QUEUE, CaseStatus


@dataclass(frozen=True, slots=True)
class CaseState:
    """Where a case stands; `cases.record.Case` says what the fields mean that both have.

    Attributes:
        status: Open, decided, merged or erased; that it is claimed follows from its lease.
        queue_fixed: A person sent it to its queue, so no score moves it.
        score_id: The latest score of the content that was then the latest.
        gathers: Whether later reports join it; `CaseStore.split` says which of those that were split off they do not.
        skipped_by: Who gave it back and is not given it again, sorted.
    """

    received_at: datetime
    content_version: int
    order_key: float
    status: CaseStatus = CaseStatus.OPEN
    queue: str = MAIN_QUEUE
    queue_fixed: bool = False
    score_id: str | None = None
    first_claimed_at: datetime | None = None
    decided_at: datetime | None = None
    hold_until: datetime | None = None
    paused_seconds: float = 0.0
    assigned_to: str | None = None
    set_severity: int | None = None
    set_priority: str | None = None
    rank_parts: Mapping[str, float] | None = None
    rerank_at: datetime | None = None
    decision_id: str | None = None
    under_appeal: bool = False
    barred: str | None = None
    gathers: bool = True
    merged_into: str | None = None
    skipped_by: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status is CaseStatus.OPEN

    @property
    def ranked_by_person(self) -> bool:
        """Whether a person set its severity or its priority, so that no score moves it up or down."""
        return self.set_severity is not None or self.set_priority is not None

    def on_hold(self, now: datetime) -> bool:
        """Whether it is kept back at `now`, business time."""
        return self.hold_until is not None and self.hold_until > now
