"""Each text in each field of what signed senders send, each body that is none, and headers that sign nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cases.inbound import InboundKind
from serving.api.storable import storable
from tests.hostile.asking import Answer, Door, Request
from tests.hostile.checking import faults
from tests.hostile.corpus.bodies import GOOD, NOT_JSON, WRONG_JSON
from tests.hostile.corpus.headers import VALUES
from tests.hostile.corpus.texts import TEXTS, WORD
from tests.hostile.fields import fields, with_value
from tests.serving.test_inbound import (
    GENERIC_SECRET,
    ZENDESK_SECRET,
    by_standard,
    by_zendesk,
    commented,
    created,
)  # fmt: skip

ZENDESK, GENERIC = "/v1/inbound/zendesk/{source}", "/v1/inbound/generic/{source}"
SIGNED = {ZENDESK: (by_zendesk, "helpdesk"), GENERIC: (by_standard, "detector")}
KNOWN = {
    "type", "id", "subject", "description", "created_at", "updated_at", "requester_id", "channel", "body", "is_staff",
    "ticket_id", "event", "title", "text", "via",
}  # fmt: skip
TRIGGERED = {
    "ticket_id": "5158", "event": "updated", "title": "A", "text": "More.", "updated_at": "2026-11-01T13:00:07Z",
    "via": "web", "requester_id": "844",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def sources(door: Door) -> None:
    door.store.add_inbound("helpdesk", InboundKind.ZENDESK, ZENDESK_SECRET)
    door.store.add_inbound("detector", InboundKind.GENERIC, GENERIC_SECRET)


def request(path: str, raw: bytes, source: str = "") -> Request:
    sign, named = SIGNED[path]
    headers = [(name, value.encode("latin-1")) for name, value in sign(raw).items() if name != "Authorization"]
    return Request("POST", path.format(source=source or named), raw, headers)


def judged(door: Door, path: str, sent: dict[str, Request]) -> tuple[list[str], list[Answer]]:
    answers = door.ask(sent.values(), keyed=False)
    operation = door.document["paths"][path]["post"]
    return [
        f"{name}: {fault}"
        for name, answer in zip(sent, answers, strict=True)
        for fault in faults(answer, operation, door.document)
    ], answers


def leaves(body: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(body, dict):
        return [each for name, value in body.items() for each in leaves(value, (*place, name))]
    return [place]


@pytest.mark.parametrize("body", [created(), commented(), TRIGGERED], ids=["created", "commented", "triggered"])
def test_each_text_in_each_field_of_a_ticket(door: Door, body: dict[str, Any]) -> None:
    places = leaves(body)
    # What is not known of a ticket is passed over, whatever it says: all of that at once.
    passed = [place for place in places if place[-1] not in KNOWN]
    sent = {
        f"{place} {name}": request(ZENDESK, json.dumps(with_value(body, place, text)).encode())
        for place in places
        if place not in passed
        for name, text in TEXTS.items()
    }
    for name, text in TEXTS.items():
        whole = body
        for place in passed:
            whole = with_value(whole, place, text)
        sent[f"passed over {name}"] = request(ZENDESK, json.dumps(whole).encode())
    found, answers = judged(door, ZENDESK, sent)
    assert found == []
    assert {answer.status for answer in answers} == {200, 201, 422}


def test_each_text_in_each_field_of_a_report_and_it_is_shown_as_it_was_sent(door: Door) -> None:
    schema = {"$ref": "#/components/schemas/ReportRequest"}
    good = {name: value for name, value in GOOD.items() if name != "source"}
    places = [field.place for field in fields(schema, door.document)]
    sent = {
        f"{place} {name}": request(GENERIC, json.dumps(with_value(good, place, text)).encode())
        for place in places
        for name, text in TEXTS.items()
    }
    assert judged(door, GENERIC, sent)[0] == []
    for number, text in enumerate(TEXTS.values()):
        body = {"external_id": f"shown {number}", "title": text, "description": text, "case_ref": f"{number}"}
        [answer] = judged(door, GENERIC, {"": request(GENERIC, json.dumps(body).encode())})[1]
        content = door.get(f"/v1/cases/{answer.json()['filed']['case_id']}").json()["content"]
        assert (content["title"], content["description"]) == (storable(text), storable(text))


@pytest.mark.parametrize("path", SIGNED)
def test_each_body_that_is_none_is_refused_once_it_is_signed_and_before(door: Door, path: str) -> None:
    small = {name: raw for name, make in (NOT_JSON | WRONG_JSON).items() if len(raw := make()) < 1_100_000}
    found, answers = judged(door, path, {name: request(path, raw) for name, raw in small.items()})
    assert found == []
    refused = dict(zip(small, answers, strict=True))
    assert {refused[name].json()["code"] for name in small if name in NOT_JSON} == {"invalid_body"}
    assert {answer.status for answer in answers} <= {200, 400, 415, 422}
    unsigned = {name: Request("POST", path.format(source="helpdesk"), raw) for name, raw in small.items()}
    found, answers = judged(door, path, unsigned)
    assert (found, {answer.json()["code"] for answer in answers}) == ([], {"not_signed"})


@pytest.mark.parametrize("path", SIGNED)
def test_each_value_as_the_source_or_in_a_header_that_signs(door: Door, path: str) -> None:
    raw = json.dumps(GOOD).encode()
    sent = {}
    for name, value in VALUES.items():
        # A slash makes it another path; a surrogate none at all; what is longer than a source may be is told so.
        part = value.replace("/", "-").encode("utf-8", "replace").decode()[:100]
        if part:
            sent[f"source {name}"] = request(path, raw, part)
    for header, _ in request(path, raw).headers:
        if header == "Content-Type":
            continue
        for name, value in VALUES.items():
            given = [(key, old) for key, old in request(path, raw).headers if key != header]
            told = value.encode("utf-8", "replace")
            whole = Request("POST", path.format(source=SIGNED[path][1]), raw, [*given, (header, told)])
            sent[f"{header} {name}"] = whole
    found, answers = judged(door, path, sent)
    assert found == []
    assert {answer.json()["code"] for answer in answers} == {"not_signed"}
    assert all(WORD.encode() not in answer.body for answer in answers)
