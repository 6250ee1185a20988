"""What comes in over HTTP as a query: pages of lists, and which items are asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from cases.errors import InvalidInputError
from cases.listing import CaseFilter, QueueFilter
from cases.record import CaseStatus
from serving.api.schemas import EARLIEST, LATEST, MAX_PAGE, MAX_QUEUES, Storable

MAX_OFFSET = 10_000_000
_CODE = r"^[a-z0-9_]{1,100}$"
_WAITING = (CaseStatus.OPEN, CaseStatus.CLAIMED)


def _no_number(value: object) -> object:
    # pydantic reads digits as seconds or milliseconds, by their size.
    if isinstance(value, str) and not value.strip("+-.0123456789"):
        raise ValueError("must be a time as in 2026-03-01T09:30:00Z")
    return value


Code = Annotated[str, Field(pattern=_CODE)]
Text = Annotated[str, Storable, Field(min_length=1, max_length=255)]
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number), Field(ge=EARLIEST, le=LATEST)]


class Page(BaseModel):
    """A page of a list."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    cursor: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="The `next_cursor` of the page before; absent: the first page."
    )


class QueueQuery(Page):
    """Which undecided cases; all that is asked for must hold."""

    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] = Field(
        default=0,
        description="After so many. Use `cursor`: while the queue moves, cases are passed over by it.",
        # Not pydantic's own `deprecated`, which warns whoever reads the field, and so ourselves.
        json_schema_extra={"deprecated": True},
    )
    queues: Annotated[list[Code], Field(max_length=MAX_QUEUES)] | None = Field(
        default=None, description="Of these queues alone; repeat it."
    )
    status: CaseStatus | None = Field(default=None, description="`open` or `claimed`.")
    severity: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="Due by this severity: the one that a person set, else the one shown."
    )
    category: Code | None = Field(default=None, description="The likeliest by the latest score.")
    assigned_to: Text | None = Field(default=None, description="Handed out to nobody but them.")

    def as_filter(self) -> QueueFilter:
        """As the store takes it, but for the queues.

        Raises:
            InvalidInputError: No undecided case has the status.
        """
        if self.status is not None and self.status not in _WAITING:
            raise InvalidInputError(
                "'status' must be open or claimed (got another); list cases that are decided by /v1/cases",
                field="status",
            )
        return QueueFilter(
            level=self.severity, category=self.category, status=self.status, assigned_to=self.assigned_to
        )


class CasesQuery(Page):
    """Which cases; all that is asked for must hold."""

    status: CaseStatus | None = None
    queue: Code | None = Field(default=None, description="Where it waits, or waited last.")
    source: Text | None = Field(default=None, description="With a report of this source.")
    external_id: Text | None = Field(default=None, description="And of this id there; needs `source`.")
    subject_kind: Text | None = Field(default=None, description="About a subject of this kind.")
    subject_ref: Text | None = Field(default=None, description="And of this id; needs `subject_kind`.")
    received_from: Moment | None = Field(default=None, description="Received then or later.")
    received_before: Moment | None = Field(default=None, description="Received earlier.")

    def as_queues(self) -> list[str] | None:
        """The queue that is asked for, if one is."""
        return None if self.queue is None else [self.queue]

    def as_filter(self) -> CaseFilter:
        """As the store takes it, but for the queue.

        Raises:
            InvalidInputError: Half of a pair is missing.
        """
        for half, whole in (("external_id", "source"), ("subject_ref", "subject_kind")):
            if getattr(self, half) is not None and getattr(self, whole) is None:
                raise InvalidInputError(
                    f"'{half}' must stand beside '{whole}' (got it alone); say of which {whole} it is", field=half
                )
        return CaseFilter(
            status=self.status,
            source=self.source,
            external_id=self.external_id,
            subject_kind=self.subject_kind,
            subject_ref=self.subject_ref,
            received_from=self.received_from,
            received_before=self.received_before,
        )


class EventsQuery(Page):
    """Which of a case's events."""

    limit: Annotated[int, Field(ge=1, le=1_000)] = 1_000
