"""Reports that are signed in place of a key: what opens the endpoints, and what Zendesk's bodies come to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cases.inbound import InboundKind
from cases.telling import Told
from tests.cases.store.builders import decide
from tests.serving.conftest import Place, Running, an_api, state, wait_until
from tests.serving.receiver import a_receiver, verified
from tests.serving.service_process import service_process

ZENDESK_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - of Zendesk's documentation
GENERIC_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of Standard Webhooks' own
ZENDESK, GENERIC = "/v1/inbound/zendesk/helpdesk", "/v1/inbound/generic/detector"


def created(**changes: Any) -> dict[str, Any]:
    """A ticket that was made, as Zendesk writes it."""
    detail = {
        "id": "5158", "subject": "Copied course", "description": "This lecture is my book, read aloud.",
        "created_at": "2026-11-01T12:30:59Z", "updated_at": "2026-11-01T12:30:59Z", "requester_id": "844",
        "via": {"channel": "web_service"}, "status": "NEW", "tags": ["vip"], "organization_id": None,
    }  # fmt: skip
    return {
        "type": "zen:event-type:ticket.created", "account_id": 221298, "id": "cbe4028c", "subject": "zen:ticket:5158",
        "time": "2026-11-01T12:30:59.512345678Z", "zendesk_event_version": "2022-11-06",
        "detail": detail | changes, "event": {},
    }  # fmt: skip


def commented(body: str = "They have put up lecture five, too.", **changes: Any) -> dict[str, Any]:
    """A comment that its requester added."""
    author = {"id": 844, "is_staff": changes.pop("is_staff", False), "name": "Jo Doe"}
    comment = {"id": changes.pop("comment_id", 9876543210), "body": body, "is_public": True, "author": author}
    event = created(updated_at="2026-11-01T13:00:07Z", **changes)
    return event | {"type": "zen:event-type:ticket.comment_added", "event": {"comment": comment}}


def by_zendesk(
    body: bytes,
    *,
    secret: str = ZENDESK_SECRET,
    at: datetime | None = None,
    name: str = "X-Zendesk-Webhook-Signature",
) -> dict[str, str]:
    """The headers that Zendesk sends, made apart from what checks them."""
    stamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, hashlib.sha256)).decode()
    return {name: told, f"{name}-Timestamp": stamp, "Content-Type": "application/json", "Authorization": ""}


def by_standard(
    body: bytes, *, secret: str = GENERIC_SECRET, at: datetime | None = None, beside: str = ""
) -> dict[str, str]:
    """The same by Standard Webhooks."""
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = base64.b64encode(hmac.digest(key, f"msg_1.{stamp}.".encode() + body, hashlib.sha256)).decode()
    return {
        "webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"{beside}v1,{told}",
        "Content-Type": "application/json", "Authorization": "",
    }  # fmt: skip


def send(api: Running, body: dict[str, Any], path: str = ZENDESK) -> httpx2.Response:
    raw = json.dumps(body).encode()
    headers = by_zendesk(raw) if "zendesk" in path else by_standard(raw)
    return api.client.post(path, content=raw, headers=headers)


@pytest.fixture
def api(place: Place) -> Iterator[Running]:
    """An API without a model that two sources may send reports to."""
    place.store.add_inbound("helpdesk", InboundKind.ZENDESK, ZENDESK_SECRET)
    place.store.add_inbound("detector", InboundKind.GENERIC, GENERIC_SECRET)
    with an_api(place) as running:
        yield running


def test_a_ticket_begins_a_case_and_sent_again_changes_nothing(api: Running) -> None:
    first = send(api, created())
    assert first.status_code == 201
    answer = first.json()
    assert (answer["ignored"], answer["filed"]["created"], answer["triage"]) == (None, True, None)
    assert answer["filed"]["unscored"]["code"] == "model_missing"
    again = send(api, created())
    assert (again.status_code, again.json()["filed"]["created"]) == (200, False)
    store, case_id = api.place.store, answer["filed"]["case_id"]
    case = store.case(case_id)
    assert (case.content.title, case.content.description) == ("Copied course", "This lecture is my book, read aloud.")
    assert (case.received_at, case.content.channel) == (datetime(2026, 11, 1, 12, 30, 59, tzinfo=UTC), "web_service")
    [report] = store.reports(case_id)
    assert (report.source, report.external_id) == ("helpdesk", "5158")
    assert store.events(case_id)[0].actor == "inbound/helpdesk"


def test_a_comment_joins_the_tickets_case_once(api: Running) -> None:
    case_id = send(api, created()).json()["filed"]["case_id"]
    for status, sent in (
        (201, commented()),
        (200, commented()),
        # In the same second.
        (201, commented("And six.", comment_id="9876543211")),
    ):
        answer = send(api, sent)
        assert (answer.status_code, answer.json()["filed"]["case_id"]) == (status, case_id)
    store = api.place.store
    assert store.case(case_id).content.description == (
        "This lecture is my book, read aloud.\n\nThey have put up lecture five, too.\n\nAnd six."
    )
    assert [each.external_id for each in store.reports(case_id)] == [
        "5158", "5158@2026-11-01T13:00:07Z/9876543210", "5158@2026-11-01T13:00:07Z/9876543211",
    ]  # fmt: skip


def test_a_comment_that_comes_before_its_ticket_begins_the_case(api: Running) -> None:
    ids = {send(api, body).json()["filed"]["case_id"] for body in (commented(), created())}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (commented(is_staff=True), "by_staff"),
        (commented("This lecture is my book, read aloud. "), "no_new_words"),
        (commented("  "), "no_new_words"),
        (created(description="", subject=""), "no_new_words"),
        (created() | {"type": "zen:event-type:ticket.status_changed"}, "other_event"),
        ({"type": "zen:event-type:user.created"}, "other_event"),
    ],
)
def test_what_is_no_report_is_taken_note_of_and_not_filed(api: Running, body: dict[str, Any], why: str) -> None:
    answer = send(api, body)
    assert (answer.status_code, answer.json()) == (200, {"ignored": why, "filed": None, "triage": None})
    assert api.place.store.queue_length() == 0


def test_a_triggers_body_is_taken_too(api: Running) -> None:
    made = {
        "ticket_id": "77", "event": "created", "title": "Copied course", "text": "My book, read aloud.",
        "updated_at": "2026-11-01T12:30Z", "via": "Mail", "requester_id": "844",
    }  # fmt: skip
    case_id = send(api, made).json()["filed"]["case_id"]
    new = {"ticket_id": 77, "event": "updated", "text": "Now five.", "updated_at": "2026-11-01T14:30:00+01:00"}
    assert send(api, new).json()["filed"]["case_id"] == case_id
    assert [each.external_id for each in api.place.store.reports(case_id)] == ["77", "77@2026-11-01T13:30:00Z"]
    assert api.place.store.case(case_id).content.title == "Copied course"


def test_long_or_missing_parts_lose_no_ticket(api: Running) -> None:
    long = send(api, created(subject="x" * 5_000, description="y" * 1_000_100))
    assert long.status_code == 201
    content = api.place.store.case(long.json()["filed"]["case_id"]).content
    assert (len(content.title), len(content.description)) == (1_000, 1_000_000)
    bare = {
        "id": 6000,
        "created_at": "2026-11-01T12:30:59Z",
        "updated_at": "2026-11-01T12:30:59Z",
        "subject": "Copied",
    }
    assert send(api, {"type": "zen:event-type:ticket.created", "detail": bare}).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "zen:event-type:ticket.created"}, "detail"),
        (created(id="mariposa"), "detail.id"),
        (created(updated_at="mariposa"), "detail.updated_at"),
        (created(description=["mariposa"]), "detail.description"),
        ({"ticket_id": "77", "event": "mariposa", "text": "x", "updated_at": "2026-11-01T12:30:59Z"}, "event"),
    ],
)
def test_what_is_not_as_it_must_be_is_named_and_not_repeated(api: Running, body: dict[str, Any], field: str) -> None:
    answer = send(api, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert field in {each["field"] for each in answer.json()["errors"]}
    assert "mariposa" not in answer.text


def test_a_generic_report_is_of_the_source_that_signed(api: Running) -> None:
    body = {"external_id": "T-1", "description": "This lecture is my book.", "reporter": "r-5"}
    first = send(api, body, GENERIC)
    assert first.status_code == 201
    assert send(api, body | {"source": "detector"}, GENERIC).status_code == 200
    [report] = api.place.store.reports(first.json()["filed"]["case_id"])
    assert (report.source, report.external_id) == ("detector", "T-1")
    other = send(api, body | {"source": "helpdesk", "external_id": "T-2"}, GENERIC)
    assert (other.status_code, other.json()["field"]) == (422, "source")
    assert api.place.store.queue_length() == 1


def test_a_source_has_its_share_of_the_service(place: Place) -> None:
    place.store.add_inbound("detector", InboundKind.GENERIC, GENERIC_SECRET)
    slow = place.settings.model_copy(update={"requests_per_second": 0.5})
    with an_api(replace(place, settings=slow)) as api:
        body = {"external_id": "T-1", "description": "x"}
        answers = [send(api, body, GENERIC) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1].json()["code"] == "rate_limited"


@pytest.mark.slow
def test_a_service_in_a_process_of_its_own_takes_signed_reports_and_tells_of_their_decisions(
    place: Place, tmp_path: Path
) -> None:
    place.store.add_inbound("helpdesk", InboundKind.ZENDESK, ZENDESK_SECRET)
    here = replace(place, settings=place.settings.model_copy(update={"webhook_networks": "127.0.0.0/8"}))
    raw = json.dumps(created(description="mariposa")).encode()
    with a_receiver() as receiver, service_process(here.settings, tmp_path, ready=False) as service:
        _, secret = place.store.add_webhook(receiver.url, [Told.DECIDED])
        with httpx2.Client(base_url=service.url, timeout=30) as client:
            unsigned = client.post(ZENDESK, content=raw)
            taken = client.post(ZENDESK, content=raw, headers=by_zendesk(raw))
        assert (unsigned.status_code, unsigned.json()["code"]) == (401, "not_signed")
        assert taken.status_code == 201
        decision = decide(place.store, taken.json()["filed"]["case_id"])
        wait_until(lambda: bool(receiver.got), seconds=30)
        assert "mariposa" not in service.printed()
    [got] = receiver.got
    assert verified(got, secret)
    assert got.event["data"]["decision_id"] == decision.id
    assert got.event["data"]["reports"] == [{"source": "helpdesk", "external_id": "5158"}]
    assert "mariposa" not in got.body.decode()


def test_a_scored_report_is_answered_with_its_triage(place: Place) -> None:
    place.store.add_inbound("helpdesk", InboundKind.ZENDESK, ZENDESK_SECRET)
    place.promote()
    with an_api(place) as api:
        wait_until(lambda: state(api) == "ready")
        answer = send(api, created()).json()
    score, triage = answer["filed"]["score"], answer["triage"]
    # The small model does not abstain here; what abstaining gives is in tests/cases/test_triage.py.
    assert score["tier"] != "abstain"
    best, shown = score["categories"][0]["category"], score["severity"]["shown"]
    assert (triage["category"], triage["severity"]) == (best, shown)
    assert {f"caseload_category_{best}", f"caseload_severity_{shown}"} <= set(triage["tags"])
    assert {triage["category_confidence"], triage["severity_confidence"]} <= {"High", "Medium", "Low"}
