"""What comes in over HTTP for handling a case: giving it back, keeping it back, sending it on, reviewing it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from cases.handling import HoldReason, RankReason, ReopenReason, SkipReason
from cases.ids import CaseId
from serving.api.schemas import MAX_NOTE, SAFE_INTEGER, Code, Incoming, LeaseRequest, Moment, Name, VerdictRequest

MAX_BULK = 500

# A member of an enumeration comes in as text, which strictness would refuse.
Skip = Annotated[SkipReason, Field(strict=False)]
Hold = Annotated[HoldReason, Field(strict=False)]
Reopen = Annotated[ReopenReason, Field(strict=False)]
RankWhy = Annotated[RankReason, Field(strict=False)]
Note = Annotated[StrictStr, Field(max_length=MAX_NOTE)]
Id = Annotated[StrictStr, Field(max_length=36)]


class ByRequest(Incoming):
    """Whoever does it, where no lease says so."""

    by: Name | None = Field(default=None, description="Who does it; the caller's name where absent.")


class SkipRequest(LeaseRequest):
    """A claimed case that its holder should not be given again."""

    reason: Skip


class HoldRequest(Incoming):
    """A case that must wait: a claimed one, or one that nobody has claimed yet."""

    token: Annotated[StrictInt, Field(ge=1, le=SAFE_INTEGER)] | None = Field(
        default=None, description="The lease's, which ends; absent: the case is kept back unclaimed."
    )
    holder: Name | None = Field(default=None, description="As it claimed; the caller's name where absent.")

    until: Moment = Field(description="Later than now, within a year.")
    reason: Hold


class AssignRequest(ByRequest):
    """Who alone the case is handed out to."""

    to: Name


class EscalateRequest(LeaseRequest):
    """A claimed case for another team."""

    team: Code
    note: Note = Field(default="", description="What the team should know; kept apart, can be erased.")


class MoveRequest(ByRequest):
    """Another queue for the case."""

    queue: Code


class ReopenRequest(ByRequest):
    """Why a decided case is looked at again."""

    reason: Reopen


class AppealRequest(ByRequest):
    """An appeal against the decision that stands."""

    note: Note = Field(default="", description="What is held against it; kept apart, can be erased.")


class SeverityRequest(ByRequest):
    """A severity set by hand; null takes the one that was set away."""

    severity: Annotated[StrictInt, Field(ge=1, le=100)] | None
    reason: RankWhy = RankReason.OTHER


class PriorityRequest(ByRequest):
    """A priority set by hand, by a name of the weights; null takes the one that was set away."""

    priority: Code | None
    reason: RankWhy = RankReason.OTHER


class MergeRequest(ByRequest):
    """The case that takes the reports over."""

    into: Id


class BulkRequest(ByRequest):
    """Cases to look at together."""

    case_ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_BULK)]

    def as_ids(self) -> list[CaseId]:
        """The ids; whether there are such cases the store says of each."""
        return [CaseId(case_id) for case_id in self.case_ids]


class BulkDecisionRequest(BulkRequest, VerdictRequest):
    """One verdict on many cases."""
