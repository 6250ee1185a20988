"""From what Zendesk sends to a report: a new ticket, or new words on one that is known.

A webhook of Zendesk either is subscribed to events, whose body is Zendesk's own, or hangs on a trigger, whose body is
written by whoever sets it up: docs/inbound.md has the one to take.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from serving.api.schemas import MAX_DESCRIPTION, MAX_TITLE, Incoming, Moment, ReportRequest

CREATED = "zen:event-type:ticket.created"
COMMENTED = "zen:event-type:ticket.comment_added"

Ignored = Literal["other_event", "by_staff", "no_new_words"]


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[0-9]{1,20}$")]


class Foreign(Incoming):
    """A part of somebody else's body: what we do not know of it is passed over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)


class Via(Foreign):
    """How a ticket came in."""

    channel: StrictStr | None = None


class Author(Foreign):
    """Who wrote a comment."""

    id: Number | None = None
    is_staff: StrictBool = False


class Comment(Foreign):
    """A comment."""

    id: Number | None = None
    body: StrictStr = ""
    author: Author = Author()


class Change(Foreign):
    """What happened to the ticket."""

    comment: Comment | None = None


class Detail(Foreign):
    """The ticket as it now is."""

    id: Number
    subject: StrictStr | None = None
    description: StrictStr | None = None
    created_at: Moment
    updated_at: Moment
    requester_id: Number | None = None
    via: Via | None = None


class TicketEvent(Foreign):
    """An event of a ticket, as Zendesk writes it."""

    type: StrictStr
    detail: Detail
    event: Change = Change()


class TriggeredTicket(Foreign):
    """The body that a trigger sends."""

    ticket_id: Number
    event: Literal["created", "updated"]
    title: StrictStr = ""
    text: StrictStr
    updated_at: Moment
    via: StrictStr = ""
    requester_id: StrictStr = ""


def report_of(source: str, body: dict[str, Any]) -> ReportRequest | Ignored:
    """The report that a body of Zendesk's comes to, or why it comes to none.

    A ticket's first report has the ticket's id as its external id; later ones that and when the ticket was updated,
    and the comment's id where it is known: two comments may fall into one second. All share a case by the id.

    Args:
        source: The reports' source.
        body: JSON.

    Raises:
        pydantic.ValidationError: It is not as it must be.
    """
    if "ticket_id" in body:
        return _of_trigger(source, TriggeredTicket.model_validate(body))
    kind = body.get("type")
    if isinstance(kind, str) and kind not in (CREATED, COMMENTED):
        return "other_event"
    event = TicketEvent.model_validate(body)
    return _created(source, event.detail) if event.type == CREATED else _commented(source, event)


def _of_trigger(source: str, ticket: TriggeredTicket) -> ReportRequest | Ignored:
    created = ticket.event == "created"
    return _report(
        source,
        ticket.ticket_id,
        external_id=ticket.ticket_id if created else f"{ticket.ticket_id}@{_moment(ticket.updated_at)}",
        title=ticket.title if created else "",
        text=ticket.text or (ticket.title if created else ""),
        received_at=ticket.updated_at,
        channel=ticket.via,
        reporter=ticket.requester_id,
    )


def _created(source: str, detail: Detail) -> ReportRequest | Ignored:
    return _report(
        source,
        detail.id,
        external_id=detail.id,
        title=detail.subject or "",
        text=detail.description or detail.subject or "",
        received_at=detail.created_at,
        channel=(detail.via.channel if detail.via else None) or "",
        reporter=detail.requester_id or "",
    )


def _commented(source: str, event: TicketEvent) -> ReportRequest | Ignored:
    detail, comment = event.detail, event.event.comment or Comment()
    if comment.author.is_staff:
        return "by_staff"
    if comment.body.strip() == (detail.description or "").strip():
        # The ticket's first comment is its description, which came with the ticket.
        return "no_new_words"
    named = f"/{comment.id}" if comment.id else ""
    return _report(
        source,
        detail.id,
        external_id=f"{detail.id}@{_moment(detail.updated_at)}{named}",
        title="",
        text=comment.body,
        received_at=detail.updated_at,
        channel=(detail.via.channel if detail.via else None) or "",
        reporter=comment.author.id or "",
    )


def _report(
    source: str,
    ticket_id: str,
    *,
    external_id: str,
    title: str,
    text: str,
    received_at: datetime,
    channel: str,
    reporter: str,
) -> ReportRequest | Ignored:
    if not text.strip():
        return "no_new_words"
    # Longer than ours may be is cut: a ticket must not be lost for it.
    return ReportRequest.model_validate(
        {
            "source": source,
            "external_id": external_id,
            "case_ref": ticket_id,
            "title": title[:MAX_TITLE],
            "description": text[:MAX_DESCRIPTION],
            "received_at": received_at.isoformat(),
            "channel": channel[:100],
            "reporter": reporter[:255],
        }
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
