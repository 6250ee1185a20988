"""Each value in each parameter of a path or a query, and tricks with headers, at each operation of the document."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from serving.access.permissions import OPEN, ROUTES, SIGNED
from tests.hostile.asking import JSON, Door, Request
from tests.hostile.checking import faults, guarded, of_type, problem_faults
from tests.hostile.corpus.bodies import GOOD
from tests.hostile.corpus.headers import CURSORS, IDEMPOTENCY_KEYS, IF_MATCH, NO_KEY, SOMEBODY, TRICKS, VALUES
from tests.hostile.corpus.texts import TEXTS, WORD
from tests.hostile.fields import body_schema, example, operations

Operation = tuple[str, str, Mapping[str, Any]]


def asked(door: Door, where: str) -> Iterator[tuple[Operation, str]]:
    """Each operation with each of its parameters there."""
    for method, path, operation in operations(door.document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == where:
                yield (method, path, operation), parameter["name"]


def request(operation: Operation, path: str = "", query: str = "", headers: Any = ()) -> Request:
    method, template, described = operation
    known = {"{case_id}": "x", "{report_id}": "x", "{bulk_id}": "x", "{webhook_id}": "x", "{erasure_id}": "x"}
    path = path or template.replace("{delivery_id}", "1").replace("{source}", "desk")
    for name, value in known.items():
        path = path.replace(name, value)
    body = json.dumps(example(described)).encode() if body_schema(described) is not None else b""
    return Request(method, path, body, [*JSON, *headers], query.encode(), template)


def all_faults(door: Door, operation: Operation, sent: dict[str, Request]) -> list[str]:
    answers = door.ask(sent.values())
    return [
        f"{operation[:2]} {name}: {fault} {answer.body[:200]!r}"
        for name, answer in zip(sent, answers, strict=True)
        for fault in faults(answer, operation[2], door.document)
    ]


def test_each_value_in_each_parameter_of_a_query(door: Door) -> None:
    found, count = [], 0
    for operation, parameter in asked(door, "query"):
        said = {name: quote(value, safe="", errors="replace") for name, value in VALUES.items()}
        said["raw bytes"] = f"{WORD}%ff%fe%c0%af&{parameter}={WORD}%00"
        sent = {
            f"{parameter} {name}": request(operation, query=f"{parameter}={value}") for name, value in said.items()
        }
        sent["names of others"] = request(operation, query=f"{WORD}1=1&{quote(TEXTS['markup: script'])}=2")
        found += all_faults(door, operation, sent)
        count += len(sent)
    assert found == []
    assert count > 2_000


def test_each_value_in_each_parameter_of_a_path(door: Door) -> None:
    found, count = [], 0
    for operation, parameter in asked(door, "path"):
        _, template, _ = operation
        sent = {}
        for name, value in VALUES.items():
            # A slash in it makes it another path, of which the next test tells.
            part = value.replace("/", "∕").encode("utf-8", "replace").decode()  # noqa: RUF001 - a division slash
            if part:
                path = template.replace(f"{{{parameter}}}", part)
                sent[f"{parameter} {name}"] = request(operation, path)
        found += all_faults(door, operation, sent)
        count += len(sent)
    assert found == []
    assert count > 2_000


@pytest.mark.parametrize("keyed", [True, False])
def test_a_path_that_is_none_is_told_so_and_not_repeated(door: Door, keyed: bool) -> None:
    paths = [
        f"/{WORD}", f"//{WORD}/v1/cases", "/v1/cases/../webhooks", "/v1//cases", "/V1/CASES", "/v1/cases;a=b",
        "/./v1/cases", "/problems/../v1/cases", f"/problems/{WORD}", f"/problems/<script>{WORD}</script>",
        "/health/live/../../metrics", f"/deprecations/{WORD}", "/v1/inbound/zendesk/../../cases", "/openapi.json/",
        "/docs", "/redoc", "/static_content/x", "/v1/cases\x00", "/\ud800", "/" + "x" * 60_000, "/" + "a/" * 20_000,
        f"/{WORD}\x1b[2J", "*", "",
    ]  # fmt: skip
    methods = ("GET", "POST", "DELETE", "TRACE", WORD.upper())
    requests = [Request(method, path) for path in paths for method in methods]
    for each, answer in zip(requests, door.ask(requests, keyed=keyed), strict=True):
        assert answer.status in ({404, 405} if keyed else {401, 404, 405}), (each, answer)
        assert guarded(answer) + problem_faults(answer, None) == [], (each, answer)


def test_pages_for_people_are_html_that_says_nothing_of_the_request(door: Door) -> None:
    plain = {
        path: door.get(path).body for path in ("/problems", "/problems/invalid_input", "/deprecations/queue_offset")
    }
    for path, said in plain.items():
        for name, text in TEXTS.items():
            query = f"{quote(text, errors='replace')}={quote(text, errors='replace')}".encode()
            headers = [("Referer", b"http://example.invalid/<script>"), ("Host", b"<script>")]
            [answer] = door.ask([Request("GET", path, headers=headers, query=query)], keyed=False)
            assert (answer.status, answer.body) == (200, said), name
            assert guarded(answer) + of_type(answer, "text/html; charset=utf-8") == []


@pytest.mark.parametrize("cursor", CURSORS, ids=range(len(CURSORS)))
def test_a_cursor_that_is_none_of_ours_is_refused(door: Door, cursor: bytes) -> None:
    given = base64.urlsafe_b64encode(cursor).decode().rstrip("=")
    assert len(given) <= 500
    case = door.store.file_reports([_report(given)], actor="tests")[0].case_id
    for path in ("/v1/queue", "/v1/cases", f"/v1/cases/{case}/events", "/v1/webhooks/deliveries"):
        template = path.replace(str(case), "{case_id}")
        answer = door.get(f"{path}?cursor={given}")
        assert faults(answer, door.document["paths"][template]["get"], door.document) == []
        assert (answer.status, answer.json()["field"]) == (422, "cursor")


def _report(name: str) -> Any:
    from datetime import UTC, datetime

    from cases.record import NewReport

    return NewReport("desk", name[:200], "", "A report.", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize("headers", TRICKS.values(), ids=TRICKS)
def test_headers_that_are_none_of_ours_change_nothing(door: Door, headers: Any) -> None:
    for operation in operations(door.document):
        if ROUTES[operation[0], operation[1]] == SIGNED:
            continue
        plain, tricked = door.ask([request(operation), request(operation, headers=headers)])
        assert all_faults(door, operation, {"": request(operation, headers=headers)}) == []
        # What is filed, or claimed, is filed and claimed the first time alone.
        statuses = {plain.status, tricked.status}
        assert len(statuses) == 1 or statuses <= {200, 201, 204}, (
            operation[:2],
            plain,
            tricked,
        )


@pytest.mark.parametrize("headers", NO_KEY.values(), ids=NO_KEY)
def test_what_is_no_key_lets_nobody_in(door: Door, headers: Any) -> None:
    needed = [each for each in operations(door.document) if ROUTES[each[0], each[1]] not in (OPEN, SIGNED)]
    for operation in needed:
        [answer] = door.ask([request(operation, headers=headers)], keyed=False)
        assert faults(answer, operation[2], door.document) == []
        assert (answer.status, answer.json()["code"]) == (401, "unauthorized"), operation[:2]


@pytest.mark.parametrize("headers", SOMEBODY.values(), ids=SOMEBODY)
def test_whoever_tells_of_a_person_or_has_two_keys_is_nobody(door: Door, headers: Any) -> None:
    needed = [each for each in operations(door.document) if ROUTES[each[0], each[1]] not in (OPEN, SIGNED)]
    for operation in needed:
        [answer] = door.ask([request(operation, headers=headers)])
        assert faults(answer, operation[2], door.document) == []
        assert (answer.status, answer.json()["code"]) == (401, "unauthorized"), operation[:2]


def test_preconditions_that_are_none_are_refused_by_name(door: Door) -> None:
    for operation, name in asked(door, "header"):
        if name not in ("If-Match", "If-None-Match"):
            continue
        sent = {repr(value[:40]): request(operation, headers=[(name, value)]) for value in IF_MATCH}
        assert all_faults(door, operation, sent) == []
        for answer in door.ask(sent.values()) if name == "If-Match" else ():
            assert (answer.status, answer.json()["field"]) == (422, "If-Match"), operation[:2]


def test_keys_that_are_none_are_refused_by_name_and_nothing_is_done(door: Door) -> None:
    before = door.store.queue_length()
    for value in (*IDEMPOTENCY_KEYS, None):
        headers = [("Idempotency-Key", value)] if value is not None else [("Idempotency-Key", b"a")] * 2
        report = json.dumps(GOOD | {"external_id": repr(value)[:200]}).encode()
        [answer] = door.ask([Request("POST", "/v1/cases", report, [*JSON, *headers])])
        assert faults(answer, door.document["paths"]["/v1/cases"]["post"], door.document) == []
        assert (answer.status, answer.json()["field"]) == (422, "Idempotency-Key")
    assert door.store.queue_length() == before
