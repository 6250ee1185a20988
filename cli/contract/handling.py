"""What `--json` answers of the commands that handle cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from cases.event import EventKind
from cases.handling import BulkState
from cases.record import CaseStatus
from cli.contract.base import Answer


class HandledAnswer(Answer):
    """`--json` of `caseload skip`, `hold`, `resume`, `assign`, `escalate`, `reopen`, `appeal`, `undo` of a case,
    `set-severity` and `set-priority`: where the case stands now.
    """

    schema_: Literal["caseload.handled/1"] = Field(default="caseload.handled/1", alias="schema")
    did: str = Field(description="The command.")
    case_id: str
    status: CaseStatus
    queue: str
    assigned_to: str | None
    hold_until: datetime | None
    appeal: bool
    severity_set: int | None
    priority_set: str | None
    order_key: float = Field(description="Larger = sooner.")


class BulkCase(Answer):
    """One case of a bulk."""

    case_id: str
    state: BulkState = Field(
        description="How it was found: free (it was, or would be, decided), withdrawn, or why it was left alone."
    )
    decision_id: str | None


class BulkAnswer(Answer):
    """`--json` of `caseload bulk-decide` and of `caseload undo --bulk`."""

    schema_: Literal["caseload.bulk/1"] = Field(default="caseload.bulk/1", alias="schema")
    bulk_id: str | None = Field(description="Undoes it; null on a dry run.")
    cases: list[BulkCase]


class HistoryEvent(Answer):
    """Something that happened; `data` holds ids, codes, numbers and times, never a text."""

    kind: EventKind
    at: datetime
    actor: str
    data: dict[str, Any]


class HistoryAnswer(Answer):
    """`caseload history --json`."""

    schema_: Literal["caseload.history/1"] = Field(default="caseload.history/1", alias="schema")
    case_id: str
    events: list[HistoryEvent] = Field(description="In order.")
