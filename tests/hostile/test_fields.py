"""Each text in each field of each body that the OpenAPI document tells of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from serving.access.permissions import ROUTES, SIGNED
from serving.api.storable import storable
from tests.contract.arranging import VERDICT, Caller
from tests.hostile.asking import JSON, Answer, Door, Request
from tests.hostile.checking import faults
from tests.hostile.corpus.texts import TEXTS, WORD
from tests.hostile.fields import KEY, Field, body_schema, example, fields, operations, with_value

NOWHERE = "0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"
SENT: Counter[str] = Counter()


def with_bodies(door: Door) -> Iterator[tuple[str, str, Mapping[str, Any], list[Field]]]:
    for method, path, operation in operations(door.document):
        schema = body_schema(operation)
        if schema is not None and ROUTES[method, path] != SIGNED:
            yield method, path, operation, list(fields(schema, door.document))


def request(method: str, path: str, body: Any, ids: Mapping[str, str]) -> Request:
    headers = [*JSON, ("If-Match", b"*")]
    known = {"case_id": NOWHERE, "report_id": NOWHERE, "bulk_id": NOWHERE, "webhook_id": NOWHERE} | ids
    return Request(method, path.format(**known), json.dumps(body).encode(), headers, template=path)


def all_faults(
    door: Door, operation: Mapping[str, Any], sent: list[tuple[str, Request]]
) -> tuple[list[str], list[Answer]]:
    answers = door.ask([each for _, each in sent])
    found = [
        f"{each.method} {each.template} {name}: {fault}"
        for (name, each), answer in zip(sent, answers, strict=True)
        for fault in faults(answer, operation, door.document)
    ]
    SENT["requests"] += len(answers)
    SENT["taken"] += sum(answer.status < 300 for answer in answers)
    return found, answers


def test_each_text_in_each_field_is_refused_as_documented_or_taken(door: Door) -> None:
    found: list[str] = []
    for method, path, operation, places in with_bodies(door):
        good = example(operation)
        for field in places:
            sent = [
                (f"{field.place} {name}", request(method, path, with_value(good, field.place, text), {}))
                for name, text in TEXTS.items()
            ]
            found += all_faults(door, operation, sent)[0]
    assert found == []


def test_that_were_as_many_as_it_should_be(door: Door) -> None:
    places = [field for *_, found in with_bodies(door) for field in found]
    assert len(places) >= 100
    assert SENT["requests"] >= len(places) * len(TEXTS)
    assert SENT["taken"] > 1_000


@pytest.mark.parametrize("more", [0, 1])
def test_a_text_of_the_longest_is_taken_and_one_longer_is_refused_by_name(door: Door, more: int) -> None:
    for method, path, operation, places in with_bodies(door):
        for field in places:
            # Ids of ours have a length and no text has one; a list of reports is answered one by one.
            if not field.free or field.longest in (0, 36) or 0 in field.place or KEY in field.place:
                continue
            text = WORD + "x" * (field.longest + more - len(WORD))
            body = with_value(example(operation), field.place, text)
            [answer] = all_faults(door, operation, [("", request(method, path, body, {}))])[1]
            named = answer.status == 422 and answer.json().get("field", "").startswith(str(field.place[0]))
            assert named == bool(more), (path, field, answer)
            assert WORD.encode() not in answer.body or answer.status < 300


def test_words_that_nobody_has_are_not_repeated_where_all_else_is_right(door: Door, caller: Caller) -> None:
    case, lease = caller.claimed()
    decision, wrong = {**lease, **VERDICT}, [
        ("/v1/cases/{case_id}/decision", {"shown": {"score_id": WORD, "categories": []}}),
        *(("/v1/cases/{case_id}/decision", {name: WORD}) for name in ("category", "sub_policy", "action", "reason")),
        ("/v1/cases/{case_id}/decision", {"other_categories": [WORD]}),
        ("/v1/cases/{case_id}/decision", {"shown": {"score_id": "x", "categories": [WORD]}}),
        ("/v1/cases/{case_id}/escalate", {**lease, "team": WORD}),
        ("/v1/cases/{case_id}/move", {"queue": WORD}),
        ("/v1/cases/{case_id}/priority", {"priority": WORD}),
        ("/v1/cases/{case_id}/merge", {"into": WORD}),
        ("/v1/queue/claim", {"queues": [WORD]}),
        ("/v1/queue/claim", {"case_id": WORD}),
        ("/v1/erasures", {"case_id": WORD}),
    ]  # fmt: skip
    for path, body in wrong:
        whole = {**decision, **body} if path.endswith("decision") else body
        [answer] = door.ask([request("POST", path, whole, {"case_id": case})])
        assert faults(answer, door.document["paths"][path]["post"], door.document) == [], (path, body)
        assert answer.status in (404, 422), (path, body, answer)


def test_what_is_noted_assigned_and_held_is_shown_as_it_was_sent(door: Door, caller: Caller) -> None:
    """Texts that stay with a case, each where only a real lease or a real decision lets it through."""
    for name, text in TEXTS.items():
        clean, by = storable(text), storable(text).strip()
        case, lease = caller.claimed()
        noted = door.post(f"/v1/cases/{case}/escalate", lease | {"team": "legal", "note": text})
        assert noted.status == 200, (name, noted)
        assigned = door.ask(
            [request("POST", "/v1/cases/{case_id}/assign", {"to": text, "by": text}, {"case_id": case})]
        )
        assert assigned[0].status == 200, (name, assigned)
        claimed = door.post("/v1/queue/claim", {"case_id": case, "holder": text})
        assert claimed.json()["lease"]["holder"] == by, name
        shown = door.get(f"/v1/cases/{case}")
        assert shown.header("content-type") == "application/json"
        told = shown.json()
        assert ([note["text"] for note in told["notes"]], told["assigned_to"]) == ([clean], by), name
        events = door.get(f"/v1/cases/{case}/events").json()["events"]
        assert [each["actor"] for each in events][-2:] == [by, by], name
        released = door.post(
            f"/v1/cases/{case}/lease/release", {"token": claimed.json()["lease"]["token"], "holder": text}
        )
        assert released.status == 204, (name, released)
