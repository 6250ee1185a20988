"""What comes in over HTTP: strict pydantic models, nothing extra, no silent conversions.

NUL characters and lone surrogates are dropped before anything else looks at a string: no database keeps the one, no
encoding the other, and a report must not be lost for either. All else that is wrong is refused with its field named.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from cases.decision import SuggestionShown, Verdict
from cases.event import AttributeValue
from cases.handling import Outcome
from cases.ids import ScoreId
from cases.record import NewReport
from serving.api.items import EACH_FOR_ITSELF
from serving.api.storable import storable
from serving.scoring.ranking import CaseToJudge

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_DESCRIPTION = 1_000_000
MAX_TITLE = 1_000
MAX_NOTE = 20_000
MAX_CASES = 500
MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE_TEXT = 1_000
MAX_PAGE = 200
MAX_QUEUES = 50
# Each is an error to be told, which a body full of them must not cost us.
MAX_UNKNOWN = 20

# JSON's own safe integers; beyond them two systems no longer agree on the number.
SAFE_INTEGER = 2**53 - 1
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _few(value: object) -> object:
    # Before each is looked at, which may be an error each.
    if isinstance(value, dict) and len(value) > MAX_ATTRIBUTES:
        raise ValueError(f"must hold at most {MAX_ATTRIBUTES} attributes")
    return value


def time_as_text(value: object) -> object:
    """`value`, unless it is no text: a time must be written as one."""
    # pydantic reads a bare number as seconds or milliseconds, by its size: too clever for a record.
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - pydantic turns ValueError alone into a validation error
    return value


def _without_blanks(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise ValueError("must hold text, not blanks alone")
    return stripped


def _attribute(value: object) -> AttributeValue:
    # One function for the four kinds: a union would complain four times about one value.
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= SAFE_INTEGER:
        return value
    if isinstance(value, str) and len(value) <= MAX_ATTRIBUTE_TEXT:
        return value
    raise ValueError(f"must be true, false, a number within ±2^53 or text of at most {MAX_ATTRIBUTE_TEXT} characters")


# Of a path or a query, which no body's model looks through.
Storable = BeforeValidator(storable)
Code = Annotated[StrictStr, Field(pattern=r"^[a-z0-9_]{1,100}$")]
# A name is the same with blanks around it, as the store keeps it.
Name = Annotated[StrictStr, Field(min_length=1, max_length=255), AfterValidator(_without_blanks)]
OptionalName = Annotated[StrictStr, Field(max_length=255)]
ShortCode = Annotated[StrictStr, Field(max_length=100)]
Moment = Annotated[AwareDatetime, BeforeValidator(time_as_text), Field(strict=False, ge=EARLIEST, le=LATEST)]
Attribute = Annotated[
    bool | int | float | str,
    PlainValidator(_attribute),
    WithJsonSchema({"type": ["boolean", "number", "string"], "maxLength": MAX_ATTRIBUTE_TEXT}),
]
AttributeName = Annotated[StrictStr, Field(min_length=1, max_length=100)]
LeaseSeconds = Annotated[StrictInt, Field(ge=1, le=86_400)]


class Incoming(BaseModel):
    """A request's body, or a part of it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:  # noqa: ANN401 - whatever JSON held
        if isinstance(data, dict) and cls.model_config.get("extra") == "forbid":
            unknown = len(data.keys() - cls.model_fields.keys())
            if unknown > MAX_UNKNOWN:
                raise ValueError(f"must hold the fields of this request alone; remove the {unknown} others")
        return storable(data)


class CaseText(Incoming):
    """What a case is judged by."""

    title: Annotated[StrictStr, Field(max_length=MAX_TITLE)] = ""
    description: Annotated[
        StrictStr, Field(min_length=1, max_length=MAX_DESCRIPTION, pattern=r"\S", description="What was reported.")
    ]
    channel: ShortCode = Field(default="", description="How it came in, as the model was trained: email, chat, …")
    attributes: Annotated[dict[AttributeName, Attribute], BeforeValidator(_few), Field(max_length=MAX_ATTRIBUTES)] = (
        Field(
            default_factory=dict,
            description="Signals beside the text.",
            examples=[{"reach": 1200, "minor_involved": False}],
        )
    )
    received_at: Moment | None = Field(
        default=None,
        description="When it was received, with a zone; now where absent.",
        examples=["2026-03-01T09:30:00Z"],
    )


class CaseToScore(CaseText):
    """A case to score; nothing of it is kept."""

    case_ref: OptionalName = Field(default="", description="The caller's own name for it, given back.")

    def as_case(self, now: datetime) -> CaseToJudge:
        """What of it is judged, received `now` unless it says when."""
        return CaseToJudge(
            title=self.title,
            description=self.description,
            received_at=self.received_at or now,
            channel=self.channel,
            attributes=self.attributes,
        )


class ScoreRequest(Incoming):
    """Cases to score."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cases": [{"case_ref": "a-1", "description": "This lecture is my book."}]}]}
    )

    cases: Annotated[list[Annotated[CaseToScore, EACH_FOR_ITSELF]], Field(min_length=1, max_length=MAX_CASES)]
    top_k: Annotated[StrictInt, Field(ge=1, le=100)] = Field(default=3, description="How many categories to name.")


class ReportRequest(CaseText):
    """A report to file. Sent twice with one (source, external_id) it is filed once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "helpdesk",
                    "external_id": "T-1001",
                    "title": "Copied course",
                    "description": "This lecture is my book, read aloud.",
                    "subject_kind": "course",
                    "subject_ref": "c-77",
                    "attributes": {"reach": 1200},
                }
            ]
        }
    )

    source: Annotated[StrictStr, Field(min_length=1, max_length=100, pattern=r"\S")]
    external_id: Annotated[StrictStr, Field(min_length=1, max_length=255, pattern=r"\S")]
    subject_kind: ShortCode = ""
    subject_ref: OptionalName = ""
    case_ref: OptionalName = Field(default="", description="Reports of one source that share it are one case.")
    reporter: OptionalName = Field(default="", description="Who reported; kept apart, never given back.")

    def as_report(self, now: datetime) -> NewReport:
        """The report as the store takes it, received `now` unless it says when."""
        return NewReport(**{**self.model_dump(), "received_at": self.received_at or now})


class ReportsRequest(Incoming):
    """Reports to file."""

    reports: Annotated[list[Annotated[ReportRequest, EACH_FOR_ITSELF]], Field(min_length=1, max_length=MAX_CASES)]


class ClaimRequest(Incoming):
    """A claim of the most urgent case, or of the one named."""

    case_id: Annotated[StrictStr, Field(max_length=36)] | None = None
    queues: Annotated[list[Code], Field(min_length=1, max_length=MAX_QUEUES)] | None = Field(
        default=None, description="The queues whose work the holder can do; any where absent. Not with a case_id."
    )
    holder: Name | None = Field(default=None, description="Who takes it; the caller's name where absent.")
    lease_seconds: LeaseSeconds | None = None


class LeaseRequest(Incoming):
    """The lease that a claim answered."""

    token: Annotated[StrictInt, Field(ge=1, le=SAFE_INTEGER)]
    holder: Name | None = Field(default=None, description="As it claimed; the caller's name where absent.")


class RenewRequest(LeaseRequest):
    """A lease to prolong."""

    lease_seconds: LeaseSeconds | None = None


class Shown(Incoming):
    """The suggestion that the decider had on the screen, or would have had on the blind slice."""

    score_id: Annotated[StrictStr, Field(max_length=36)]
    categories: Annotated[list[Code], Field(max_length=100)]
    hidden: StrictBool = False


class VerdictRequest(Incoming):
    """The substance of a decision, by codes of the taxonomy, and the decider's own words."""

    category: Code
    severity: Annotated[StrictInt, Field(ge=1, le=100)]
    action: Code
    reason: Code
    sub_policy: Annotated[StrictStr, Field(pattern=r"^[a-z0-9_]{0,100}$")] = ""
    other_categories: Annotated[list[Code], Field(max_length=20)] = Field(default_factory=list)
    note: Annotated[StrictStr, Field(max_length=MAX_NOTE)] = ""

    def as_verdict(self) -> Verdict:
        """The substance of the decision."""
        return Verdict(
            category=self.category,
            severity=self.severity,
            action=self.action,
            reason=self.reason,
            sub_policy=self.sub_policy,
            other_categories=tuple(self.other_categories),
        )


class DecisionRequest(LeaseRequest, VerdictRequest):
    """A decision on a claimed case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": 1,
                    "category": "intellectual_property",
                    "severity": 3,
                    "action": "remove_content",
                    "reason": "clear_breach",
                }
            ]
        }
    )

    outcome: Annotated[Outcome, Field(strict=False)] | None = Field(
        default=None, description="What an appeal comes to; needed on one, and nowhere else."
    )
    handling_seconds: Annotated[StrictFloat | StrictInt, Field(ge=0, le=31_536_000, allow_inf_nan=False)] | None = (
        None
    )
    shown: Shown | None = Field(default=None, description="What the model offered; absent: nothing was offered.")

    def as_shown(self) -> SuggestionShown | None:
        """What was offered, as the store takes it."""
        if self.shown is None:
            return None
        return SuggestionShown(ScoreId(self.shown.score_id), tuple(self.shown.categories), hidden=self.shown.hidden)
