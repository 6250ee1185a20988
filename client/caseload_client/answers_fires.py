"""What the service says of new fires: bursts, and new kinds of case."""

from __future__ import annotations

from datetime import datetime

from caseload_client.answers import Answer
from caseload_client.answers_cases import Subject


class Fire(Answer):
    """A burst, or a new kind of case.

    Attributes:
        kind: "burst_of_category", "burst_on_subject" or "new_kind".
        category: Of a burst of a category, its id; else None.
        subject: Of a burst on a subject; None else, and once it is erased.
        window_seconds: Within how long so many came in.
        count: How many when it began: cases, or reports on the subject.
        expected: How many are usual; None of a new kind.
        p_value: How likely so many are where nothing is the matter, 0..1; None of a new kind.
        teams: Who else wants to hear of the category, by the policy.
        case_ids: Some of the cases that the caller sees.
        seen_at: When what began it was last seen to hold.
        latest: How many there were then.
        ended_at: None while it burns.
        ended_because: "quiet" for a day, or "acknowledged" by a person.
        ended_by: Who acknowledged it.
        note: What they wrote; None where nothing, or once it is erased.
    """

    fire_id: str
    kind: str
    category: str | None
    subject: Subject | None
    window_seconds: int
    count: int
    expected: float | None
    p_value: float | None
    teams: tuple[str, ...]
    case_ids: tuple[str, ...]
    started_at: datetime
    seen_at: datetime
    latest: int
    ended_at: datetime | None
    ended_because: str | None
    ended_by: str | None
    note: str | None


class FiresPage(Answer):
    """A page of fires, the newest first; `next_cursor` is None at the end."""

    fires: tuple[Fire, ...]
    next_cursor: str | None = None


class FireStarted(Answer):
    """The `data` of the event `fire.started`: what `Fire` says of it, and our own id of the subject."""

    fire_id: str
    kind: str
    category: str | None
    subject_id: str | None
    window_seconds: int
    count: int
    expected: float | None
    p_value: float | None
    teams: tuple[str, ...]
    case_ids: tuple[str, ...]


class FireEnded(Answer):
    """The `data` of the event `fire.ended`.

    Attributes:
        because: "quiet" for a day, or "acknowledged" by a person.
    """

    fire_id: str
    kind: str
    category: str | None
    subject_id: str | None
    because: str
    started_at: datetime
