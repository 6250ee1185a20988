from __future__ import annotations

import asyncio
import json

import httpx2
import pytest
from starlette.types import Message

from serving.api.schemas import MAX_BODY_BYTES
from serving.app import build_app
from tests.serving.conftest import Running, a_report

TOO_LONG = "x" * 1_000_001


def post(api: Running, path: str, content: bytes, kind: str = "application/json") -> httpx2.Response:
    return api.client.post(path, content=content, headers={"Content-Type": kind})


def score(api: Running, **case: object) -> httpx2.Response:
    return post(api, "/v1/score", json.dumps({"cases": [{"description": "x"} | case]}).encode())


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ({"description": ""}, "description"),
        ({"description": " \n\t"}, "description"),
        ({"description": "\x00"}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"description": TOO_LONG}, "description"),
        ({"description": None}, "description"),
        ({"description": 7}, "description"),
        ({"description": ["x"]}, "description"),
        ({"title": 7}, "title"),
        ({"title": "x" * 1_001}, "title"),
        ({"channel": {}}, "channel"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"reach": None}}, "attributes.reach"),
        ({"attributes": {"reach": [1]}}, "attributes.reach"),
        ({"attributes": {"reach": 10**400}}, "attributes.reach"),
        ({"attributes": {"reach": float("nan")}}, "attributes.reach"),
        ({"attributes": {"reach": float("inf")}}, "attributes.reach"),
        ({"attributes": {str(n): 1 for n in range(101)}}, "attributes"),
        ({"received_at": "yesterday"}, "received_at"),
        ({"received_at": 1_700_000_000}, "received_at"),
        ({"received_at": "2026-03-01T09:30:00"}, "received_at"),
        ({"received_at": "9999-12-31T23:59:59Z"}, "received_at"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_field_that_is_not_as_it_must_be_is_named(shared: Running, case: dict[str, object], field: str) -> None:
    [scored] = score(shared, **case).json()["scores"]

    assert (scored["problem"]["code"], scored["problem"]["status"]) == ("invalid_input", 422)
    assert scored["problem"]["field"] == f"cases.0.{field}"


@pytest.mark.parametrize("case", [None, "x", [], 7])
def test_what_is_no_case_is_told_in_its_place(shared: Running, case: object) -> None:
    fit = {"description": "x", "case_ref": "a"}
    answer = post(shared, "/v1/score", json.dumps({"cases": [fit, case, fit]}).encode())

    [first, wrong, last] = answer.json()["scores"]
    assert (wrong["problem"]["code"], wrong["problem"]["field"]) == ("invalid_input", "cases.1")
    assert first["case_ref"] == last["case_ref"] == "a"
    assert first["categories"] == last["categories"]


@pytest.mark.parametrize("cases", [[], [{"description": "x"}] * 501, "x", None, {"description": "x"}])
def test_a_list_of_cases_that_is_none_is_refused(shared: Running, cases: object) -> None:
    answer = post(shared, "/v1/score", json.dumps({"cases": cases}).encode())

    assert answer.status_code == 422
    assert answer.json()["field"].startswith("cases")


@pytest.mark.parametrize("field", ["source", "external_id", "description"])
@pytest.mark.parametrize("value", ["", "   ", None])
def test_a_report_without_what_it_must_have_is_refused_and_not_stored(
    shared: Running, field: str, value: object
) -> None:
    answer = shared.client.post("/v1/cases", json=a_report(**{field: value}))

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert shared.client.get("/v1/queue").json()["length"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{", b"[" * 100_000, b'{"cases": [}'])
def test_a_body_that_is_no_json_is_refused(shared: Running, body: bytes) -> None:
    answer = post(shared, "/v1/score", body)

    assert answer.status_code == (422 if body == b"" else 400)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/score", "/v1/cases"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_json_in_another_encoding_is_refused(shared: Running, path: str, encoding: str) -> None:
    answer = post(shared, path, json.dumps(a_report()).encode(encoding))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")


@pytest.mark.parametrize("opening", [b'{"a":', b"["])
def test_what_is_nested_deeper_than_anything_of_ours_is_refused(shared: Running, opening: bytes) -> None:
    closing = b"1}" if opening.startswith(b"{") else b"]"
    for deep in (64, 500, 900, 940, 960, 100_000):
        body = json.dumps(a_report()).encode()[:-1] + b',"attributes":' + opening * deep + closing * deep + b"}"
        answer = post(shared, "/v1/cases", body)
        assert answer.json()["code"] in ("invalid_input", "invalid_body"), deep


@pytest.mark.parametrize("where", ["{}", '{"attributes": {}}', '{"cases": [{"attributes": {}, "description": "x"}]}'])
def test_a_body_full_of_names_is_refused_before_each_of_them_is_told(shared: Running, where: str) -> None:
    names = ",".join(f'"{n:x}":[]' for n in range(500_000))
    answer = post(shared, "/v1/score", where.replace("{}", f"{{{names}}}", 1).encode())

    said = answer.json() if answer.is_error else answer.json()["scores"][0]["problem"]
    assert (said["code"], len(said["errors"])) == ("invalid_input", 1)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null", b"{}"])
def test_json_of_another_shape_is_refused(shared: Running, body: bytes) -> None:
    answer = post(shared, "/v1/score", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_a_body_of_another_kind_is_refused(shared: Running) -> None:
    answer = post(shared, "/v1/score", b'{"cases": [{"description": "x"}]}', kind="text/plain")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/v1/score", "/v1/cases"])
def test_a_body_above_the_limit_is_refused_before_it_is_parsed(shared: Running, path: str) -> None:
    answer = post(shared, path, b"{" + b" " * MAX_BODY_BYTES)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_that_does_not_say_its_length_is_limited_too(shared: Running) -> None:
    def pieces() -> object:
        for _ in range(9):
            yield b" " * 1024 * 1024

    answer = shared.client.post("/v1/score", content=pieces(), headers={"Content-Type": "application/json"})  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("length", ["8388609", "9" * 18, "9" * 30, "9" * 5_000])
def test_a_length_above_the_limit_is_refused_however_long_it_is(shared: Running, length: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": length}
    answer = shared.client.post("/v1/cases", content=b"{}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(shared: Running) -> None:
    body, sent = json.dumps(a_report()).encode(), []
    pieces = iter([{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(pieces)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [
        (b"content-type", b"application/json"),
        (b"authorization", shared.client.headers["Authorization"].encode()),
    ]
    scope = {"type": "http", "method": "POST", "path": "/v1/cases", "query_string": b"", "headers": headers}
    asyncio.run(build_app(shared.services)(scope, receive, send))

    assert sent == []
    assert shared.client.get("/v1/queue").json()["length"] == 0


def test_odd_characters_are_dropped_and_the_rest_is_stored(running: Running) -> None:
    body = json.dumps(a_report(title="a\ud800b", description="c\x00d", attributes={"kind\x00": "e\udfff"})).encode()

    case_id = post(running, "/v1/cases", body).json()["case_id"]

    content = running.client.get(f"/v1/cases/{case_id}").json()["content"]
    assert (content["title"], content["description"], content["attributes"]) == ("ab", "cd", {"kind": "e"})


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1e3"])
def test_a_page_that_is_none_is_refused(shared: Running, query: str) -> None:
    answer = shared.client.get(f"/v1/queue?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, query.partition("=")[0])


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/v1/score"), ("GET", "/v1/queue/claim"), ("PUT", "/v1/bulk/preview")]
)
def test_a_method_that_a_path_lacks_is_answered_with_those_it_has(shared: Running, method: str, path: str) -> None:
    answer = shared.client.request(method, path)

    assert (answer.status_code, answer.json()["code"], answer.headers["Allow"]) == (405, "method_not_allowed", "POST")


def test_a_path_that_is_not_there(shared: Running) -> None:
    answer = shared.client.get("/v2/score")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_route")
