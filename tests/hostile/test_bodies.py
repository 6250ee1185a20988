"""Bodies that are no JSON, or JSON that nobody of good will sends, at each operation that takes one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from serving.access.permissions import ROUTES, SIGNED
from tests.hostile.asking import JSON, Answer, Door, Request
from tests.hostile.checking import faults, problem_faults
from tests.hostile.corpus.bodies import GOOD, NOT_JSON, OTHER_KINDS, SAME_KIND, TOO_LONG, TOO_MANY, WRONG_JSON
from tests.hostile.fields import body_schema, example, operations

IF_ANY = (*JSON, ("If-Match", b"*"))


def with_bodies(door: Door) -> Iterator[tuple[str, Any, bool]]:
    """Path, operation, and whether it does without a body, too."""
    for method, path, operation in operations(door.document):
        schema = body_schema(operation)
        if schema is not None and ROUTES[method, path] != SIGNED:
            yield path, operation, not operation["requestBody"].get("required", False)


def post(door: Door, body: bytes, path: str = "/v1/cases", headers: Any = IF_ANY) -> Answer:
    return door.ask([Request("POST", path, body, headers)])[0]


def judged(door: Door, answer: Answer, path: str = "/v1/cases") -> list[str]:
    return faults(answer, door.document["paths"][path]["post"], door.document)


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_is_refused_by_each_operation(door: Door, body: Any) -> None:
    raw, found = body(), {}
    for path, operation, _ in with_bodies(door):
        answer = post(door, raw, path)
        if faults(answer, operation, door.document) or (answer.status, answer.json()["code"]) != (
            400,
            "invalid_body",
        ):
            found[path] = answer
    assert found == {}


@pytest.mark.parametrize("body", WRONG_JSON.values(), ids=WRONG_JSON)
def test_what_is_no_report_is_refused_by_name_and_nothing_is_stored(door: Door, body: Any) -> None:
    raw, before = body(), door.store.queue_length()
    answer = post(door, raw)
    assert judged(door, answer) == []
    assert (answer.status, answer.json()["code"]) == (422, "invalid_input")
    assert len(answer.body) < 4_000
    found = {}
    # Reading a large one takes the better part of a second, whoever reads it.
    for path, operation, optional in with_bodies(door) if len(raw) < 2_000_000 else ():
        answer = post(door, raw, path)
        refused = answer.status == 422 or (optional and raw in (b"", b"null"))
        if faults(answer, operation, door.document) or not refused:
            found[path] = answer
    assert (found, door.store.queue_length()) == ({}, before)


def test_a_list_of_one_too_many_is_refused(door: Door) -> None:
    for path, name in (("/v1/cases/batch", "reports"), ("/v1/score", "cases"), ("/v1/bulk/preview", "case_ids")):
        for count in (TOO_MANY, 1_000_000):
            answer = post(door, json.dumps({name: [0] * count}).encode(), path)
            assert judged(door, answer, path) == []
            assert (answer.status, answer.json()["field"]) == (422, name)


def test_each_report_of_a_list_is_refused_for_itself_however_many_faults_they_have(door: Door) -> None:
    worst = [GOOD | {"attributes": {str(n): [] for n in range(100)}}] * 500
    for reports in (worst, [dict.fromkeys(map(str, range(900)), 0)] * 500):
        answer = post(door, json.dumps({"reports": reports}).encode(), "/v1/cases/batch")
        assert judged(door, answer, "/v1/cases/batch") == []
        assert {each["status"] for each in answer.json()["results"]} == {422}


def test_a_body_above_the_limit_is_refused_by_each_operation(door: Door) -> None:
    for path, operation, _ in with_bodies(door):
        for headers in (IF_ANY, (*IF_ANY, ("Content-Length", b"9" * 4_500))):
            body = TOO_LONG if headers is IF_ANY else b"{}"
            answer = post(door, body, path, headers)
            assert faults(answer, operation, door.document) == []
            assert (answer.status, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_what_is_said_to_be_of_another_kind_is_refused(door: Door, kind: str) -> None:
    for path, operation, _ in with_bodies(door):
        answer = post(
            door, json.dumps(example(operation)).encode(), path, [("Content-Type", kind.encode()), IF_ANY[-1]]
        )
        assert faults(answer, operation, door.document) == []
        assert (answer.status, answer.json()["code"]) == (415, "unsupported_media_type"), path


@pytest.mark.parametrize("kind", SAME_KIND)
def test_whatever_else_is_said_of_json_it_is_utf_8(door: Door, kind: str) -> None:
    report = GOOD | {"external_id": kind[:200], "title": "Grüße, 你好"}
    answer = post(door, json.dumps(report, ensure_ascii=False).encode(), headers=[("Content-Type", kind.encode())])
    assert judged(door, answer) == []
    assert answer.status == 201
    assert door.get(f"/v1/cases/{answer.json()['case_id']}").json()["reports"]
    refused = post(door, json.dumps(report).encode("utf-16"), headers=[("Content-Type", kind.encode())])
    assert (refused.status, problem_faults(refused, {"invalid_body"})) == (400, [])


def test_of_a_name_said_twice_the_last_counts_and_is_checked(door: Door) -> None:
    raw = (
        json.dumps(GOOD | {"external_id": "twice"}).encode()[:-1]
        + b',"description":"The last.","title":"a","title":"b"}'
    )
    case = post(door, raw).json()["case_id"]
    content = door.get(f"/v1/cases/{case}").json()["content"]
    assert (content["title"], content["description"]) == ("b", "The last.")
