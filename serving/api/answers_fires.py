"""What goes out over HTTP about new fires; and what receivers are told of them, for the API's description."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from cases.fires import NAMED_CASES, Fire, FireEnd, FireKind
from serving.api.answers import NextCursor, SubjectAnswer
from serving.api.answers_scores import Outgoing


class _WhatBurns(Outgoing):
    """What both of them say of a fire."""

    fire_id: str
    kind: FireKind
    category: str | None = Field(description="Of a burst of a category, its id; else null.")
    window_seconds: int = Field(description="Within how long so many came in.")
    count: int = Field(description="How many when it began: cases, or reports on the subject.")
    expected: float | None = Field(description="How many are usual; null of a new kind.")
    p_value: float | None = Field(
        ge=0, le=1, description="How likely so many are where nothing is the matter; null of a new kind."
    )
    teams: list[str] = Field(description="Who else wants to hear of the category, by the policy.")
    case_ids: list[str] = Field(description=f"At most {NAMED_CASES} of the cases.")


class FireAnswer(_WhatBurns):
    """A burst, or a new kind of case."""

    subject: SubjectAnswer | None = Field(description="Of a burst on a subject; null else, and once it is erased.")
    started_at: datetime
    seen_at: datetime = Field(description="When what began it was last seen to hold.")
    latest: int = Field(description="How many there were then.")
    ended_at: datetime | None = Field(description="Null while it burns.")
    ended_because: FireEnd | None = Field(description="`quiet` for a day, or `acknowledged` by a person.")
    ended_by: str | None = Field(description="Who acknowledged it.")
    note: str | None = Field(description="What they wrote; null where nothing, or once it is erased.")

    @classmethod
    def of(cls, fire: Fire) -> Self:
        """The fire as it is answered."""
        return cls(
            fire_id=fire.id,
            kind=fire.kind,
            category=fire.category,
            subject=None if fire.subject is None else SubjectAnswer(kind=fire.subject[0], ref=fire.subject[1]),
            window_seconds=int(fire.window.total_seconds()),
            count=fire.count,
            expected=fire.expected,
            p_value=fire.p_value,
            teams=list(fire.teams),
            case_ids=list(fire.case_ids),
            started_at=fire.started_at,
            seen_at=fire.seen_at,
            latest=fire.latest,
            ended_at=fire.ended_at,
            ended_because=fire.ended_because,
            ended_by=fire.ended_by or None,
            note=fire.note or None,
        )


class FiresAnswer(Outgoing):
    """A page of fires, the newest first."""

    fires: list[FireAnswer]
    next_cursor: NextCursor


class FireStarted(_WhatBurns):
    """The `data` of `fire.started`."""

    subject_id: str | None = Field(description="Of a burst on a subject, our own id of it; else null.")


class FireEnded(Outgoing):
    """The `data` of `fire.ended`."""

    fire_id: str
    kind: FireKind
    category: str | None
    subject_id: str | None
    because: FireEnd = Field(description="`quiet` for a day, or `acknowledged` by a person.")
    started_at: datetime
