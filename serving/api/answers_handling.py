"""What goes out over HTTP about the handling of cases: events, splits, bulks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from cases.event import EventKind
from cases.handling import BulkState
from serving.api.answers import NextCursor
from serving.api.answers_scores import Outgoing


class EventAnswer(Outgoing):
    """Something that happened; `data` holds ids, codes, numbers and times, never a text."""

    seq: int
    kind: EventKind
    at: datetime
    actor: str
    data: dict[str, Any]


class EventsAnswer(Outgoing):
    """What happened to a case, in order; a page of it."""

    case_id: str
    events: list[EventAnswer]
    next_cursor: NextCursor


class SplitAnswer(Outgoing):
    """Where a report is now."""

    report_id: str
    case_id: str = Field(description="The new case.")


class BulkItemAnswer(Outgoing):
    """One case of a bulk."""

    case_id: str
    state: BulkState = Field(
        description=(
            "How it was found. free: decided, or would be. held, on_hold, assigned, appealed, decided, merged, "
            "erased, unknown, not_yours: left alone, and why. Of an undo: withdrawn, or touched since and left alone."
        )
    )
    decision_id: str | None = Field(description="The decision taken or withdrawn; null where there is none.")


class BulkPreviewAnswer(Outgoing):
    """What would become of each case."""

    cases: list[BulkItemAnswer]


class BulkAnswer(BulkPreviewAnswer):
    """What became of each case."""

    bulk_id: str = Field(description="Undoes it.")
