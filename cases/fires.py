"""New fires: a burst, or a new kind of case, that others (Legal, PR, Brand) must hear of now.

A fire begins once, burns while what began it holds, and is over when it has been quiet for `QUIET`, or when a person
says that they know. What began it and how it ended never change; who acknowledged it wrote a note, which is erasable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from cases.ids import CaseId

FireId = NewType("FireId", str)

QUIET = timedelta(hours=24)
LONGEST = timedelta(days=7)
# Of a large fire so many cases are named.
NAMED_CASES = 20
MOST_NOTE = 2_000


class FireKind(StrEnum):
    """What can burn."""

    BURST_OF_CATEGORY = "burst_of_category"
    BURST_ON_SUBJECT = "burst_on_subject"
    NEW_KIND = "new_kind"


class FireEnd(StrEnum):
    """Why a fire is told as over."""

    QUIET = "quiet"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Arrived:
    """That a case, or a report on a subject, came in.

    Attributes:
        about: The category's id, or our own of the subject.
        at: When it was received.
        case_id: The case.
    """

    about: str
    at: datetime
    case_id: CaseId


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one look saw burn.

    Attributes:
        kind: What it is.
        about: The category's id, or our own of the subject; of a new kind "", since it has no name yet.
        window: Within how long so many came in.
        count: How many: cases of a category or of a new kind, reports on a subject.
        case_ids: Those that it is seen from, the ones to name first.
        expected: How many are usual; None of a new kind.
        p_value: How likely so many are where nothing is the matter, 0..1; None of a new kind.
        teams: Who else wants to hear of it, by the policy.
    """

    kind: FireKind
    about: str
    window: timedelta
    count: int
    case_ids: tuple[CaseId, ...]
    expected: float | None = None
    p_value: float | None = None
    teams: tuple[str, ...] = ()

    @property
    def standing(self) -> str:
        """What there is one fire of at a time; of a new kind its first case."""
        return f"{self.kind.value}:{self.about or min(self.case_ids, default='')}"


@dataclass(frozen=True, slots=True)
class Fire:
    """A fire as the record has it.

    Attributes:
        category: The category's id; None of the other kinds.
        subject: Kind and outside id; None of the other kinds, and where the asker sees no case of it.
        window: Within how long so many came in.
        count: As many as there were when it began.
        case_ids: At most `NAMED_CASES`, of those that the asker sees.
        started_at: When it was first seen.
        seen_at: When what began it was last seen to hold.
        latest: As many as there were then.
        ended_at: When it was told as over; None while it burns.
        ended_by: Who acknowledged it; "" where nobody did.
        note: Of who acknowledged it; "" where nothing was written, or it was erased.
    """

    id: FireId
    kind: FireKind
    category: str | None
    subject: tuple[str, str] | None
    window: timedelta
    count: int
    expected: float | None
    p_value: float | None
    teams: tuple[str, ...]
    case_ids: tuple[CaseId, ...]
    started_at: datetime
    seen_at: datetime
    latest: int
    ended_at: datetime | None = None
    ended_because: FireEnd | None = None
    ended_by: str = ""
    note: str = field(default="", repr=False)

    @property
    def burns(self) -> bool:
        """Whether nobody has said that they know, and it has not been quiet for long."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Burned:
    """When a category or a subject burned, which is nothing to expect of it.

    Attributes:
        began: The beginning of the window in which it was first seen.
        ended: When it was last seen, at most `LONGEST` after that: what lasts longer is what is usual now.
    """

    kind: FireKind
    about: str
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class FireChanges:
    """What this look was the first to see."""

    began: tuple[FireId, ...] = ()
    ended: tuple[FireId, ...] = ()
