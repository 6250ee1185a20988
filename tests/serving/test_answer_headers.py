from __future__ import annotations

import asyncio

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from serving.api.answer_headers import with_headers
from tests.serving.conftest import Running

WANTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


def answers(client: TestClient) -> list[httpx2.Response]:
    """One of each kind: given, refused by the guard, by a route, and by nobody's route."""
    page = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    return [
        client.get("/v1/queue", headers=page),
        client.get("/health/live", headers=page),
        client.get("/openapi.json", headers=page),
        client.get("/v1/queue", headers={**page, "Authorization": ""}),
        client.post("/v1/cases", headers=page, json={}),
        client.post("/v1/score", headers=page, content=b"x" * 9_000_000),
        client.get("/v1/cases/x", headers=page),
        client.get("/nowhere", headers=page),
        client.options("/v1/queue", headers=page),
    ]


def test_each_answer_forbids_to_guess_run_frame_or_keep_it_and_none_opens_it_to_other_origins(
    shared: Running,
) -> None:
    found = answers(shared.client)
    assert [answer.status_code for answer in found] == [200, 200, 200, 401, 422, 413, 404, 404, 405]
    for answer in found:
        assert {name: answer.headers.get_list(name) for name in WANTED} == {n: [v] for n, v in WANTED.items()}
        assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


def test_what_an_app_within_says_otherwise_is_taken_out() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"Cache-Control", b"public"), (b"x-kept", b"1")]
    asyncio.run(
        with_headers(send, {"X-Request-Id": "r", "X-Kept": "2"})(
            {"type": "http.response.start", "status": 200, "headers": headers}
        )
    )
    [start] = sent
    assert [name for name, _ in start["headers"]] == [b"x-kept", b"x-request-id", *(name.encode() for name in WANTED)]
    assert (b"cache-control", b"no-store") in start["headers"]


def test_no_websocket_is_opened(shared: Running) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, shared.client.websocket_connect("/v1/queue"):
        pass
    assert closed.value.code == 1008
