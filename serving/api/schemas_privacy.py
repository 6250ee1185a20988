"""What comes in and goes out over HTTP about erasures: whose, whether, how much; what was erased never comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StrictBool, StrictStr, model_validator

from cases.erasure import ErasureKind, ErasureRequest, Place
from cases.store.storable import MAX_TEXT_CHARACTERS
from serving.api.answers_scores import Outgoing
from serving.api.schemas import Incoming, Name, ShortCode


class EraseRequest(Incoming):
    """Whose, or which, to erase: one of `reporter`, `subject_ref`, `case_id` and `external_id`."""

    reporter: Annotated[StrictStr, Field(min_length=1, max_length=MAX_TEXT_CHARACTERS)] | None = Field(
        default=None, description="All that this reporter reported, as the source names them."
    )
    subject_ref: Name | None = Field(
        default=None, description="The cases about this subject, each report on it, and the subject's own id."
    )
    case_id: Annotated[StrictStr, Field(min_length=1, max_length=36)] | None = Field(
        default=None, description="A case as a whole."
    )
    external_id: Name | None = Field(default=None, description="One report, by its source's own id.")
    source: ShortCode = Field(
        default="",
        description="Of the report, which needs it; of a reporter, whose reports of other sources then stay.",
    )
    subject_kind: ShortCode = Field(default="", description="Of the subject, which needs it.")
    confirm: StrictBool = Field(default=False, description="False: only say what would be erased.")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        named = (self.reporter, self.subject_ref, self.case_id, self.external_id)
        if sum(name is not None for name in named) != 1:
            raise ValueError("must name one of reporter, subject_ref, case_id and external_id")
        if self.external_id is not None and not self.source:
            raise ValueError("must name the source of external_id")
        if self.subject_ref is not None and not self.subject_kind:
            raise ValueError("must name the subject_kind of subject_ref")
        return self

    def as_request(self) -> ErasureRequest:
        """The record's own word for it."""
        if self.reporter is not None:
            return ErasureRequest(ErasureKind.REPORTER, self.reporter, self.source)
        if self.subject_ref is not None:
            return ErasureRequest(ErasureKind.SUBJECT, self.subject_ref, self.subject_kind)
        if self.external_id is not None:
            return ErasureRequest(ErasureKind.REPORT, self.external_id, self.source)
        return ErasureRequest(ErasureKind.CASE, self.case_id or "")


class EraseAnswer(Outgoing):
    """What was, or would be, erased."""

    erasure_id: str | None = Field(description="Of the record of it; null where nothing was erased.")
    erased: bool = Field(description="False: nothing changed.")
    counts: dict[str, int] = Field(
        description=(
            "How many, by name: cases (touched), reports (outside ids), contents (texts), identities, notes, "
            "fingerprints, answers (kept for repeated requests), "
            "deliveries (told of the case), subjects, embeddings."
        )
    )
    exports: int = Field(description="Exports in the service's own folder that go, too.")
    pending: list[Place] = Field(
        description="Where it has yet to reach; `tracker` waits for `caseload erase --finish`."
    )


class ErasureAnswer(Outgoing):
    """The record of an erasure: that it was, not what it was of."""

    erasure_id: str
    kind: ErasureKind = Field(description="What it was asked by; text and identity: by retention.")
    at: datetime
    by: str
    counts: dict[str, int]
    pending: list[Place]
    finished_at: datetime | None
