"""What `--json` answers of `caseload fires`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from cases.fires import Fire, FireEnd, FireKind
from cli.contract.base import Answer


class ListedFire(Answer):
    """A burst, or a new kind of case."""

    fire_id: str
    kind: FireKind
    category: str | None = Field(description="Of a burst of a category; else null.")
    subject_kind: str | None = Field(description="Of a burst on a subject; else null.")
    subject_ref: str | None
    window_seconds: int = Field(description="Within how long so many came in.")
    count: int = Field(description="How many when it began: cases, or reports on the subject.")
    expected: float | None = Field(description="How many are usual; null of a new kind.")
    p_value: float | None
    teams: list[str]
    case_ids: list[str] = Field(description="Some of the cases.")
    started_at: datetime
    seen_at: datetime = Field(description="When what began it was last seen to hold.")
    latest: int = Field(description="How many there were then.")
    ended_at: datetime | None = Field(description="Null while it burns.")
    ended_because: FireEnd | None
    ended_by: str | None

    @classmethod
    def of(cls, fire: Fire) -> Self:
        """The fire as it is listed."""
        kind, ref = fire.subject or (None, None)
        return cls(
            fire_id=fire.id,
            kind=fire.kind,
            category=fire.category,
            subject_kind=kind,
            subject_ref=ref,
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
        )


class FiresAnswer(Answer):
    """`caseload fires --json`."""

    schema_: Literal["caseload.fires/1"] = Field(default="caseload.fires/1", alias="schema")
    fires: list[ListedFire] = Field(description="The newest first, at most --limit.")
