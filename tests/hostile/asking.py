"""Requests put straight to the service's ASGI app, byte by byte: no client in between that tidies them up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from starlette.types import ASGIApp, Message

from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore
from serving.app import build_app, build_services
from tests.databases import fresh_database


@dataclass(frozen=True)
class Request:
    """What is sent: `path` as it is after decoding, `query` and `headers` as they come."""

    method: str
    path: str
    body: bytes = b""
    headers: Sequence[tuple[str, bytes]] = ()
    query: bytes = b""
    template: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name.lower()), "")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Door:
    """The routes of a service without a model; nothing is done in the background."""

    app: ASGIApp
    store: CaseStore
    key: str
    document: dict[str, Any] = field(repr=False)

    def ask(self, requests: Iterable[Request], *, keyed: bool = True) -> list[Answer]:
        """Their answers, one after the other."""

        async def each() -> list[Answer]:
            return [await self._one(request, keyed=keyed) for request in requests]

        return asyncio.run(each())

    def post(self, path: str, body: object) -> Answer:
        return self.ask([Request("POST", path, json.dumps(body).encode(), JSON)])[0]

    def get(self, path: str) -> Answer:
        path, _, query = path.partition("?")
        return self.ask([Request("GET", path, query=query.encode())])[0]

    async def _one(self, request: Request, *, keyed: bool) -> Answer:
        key = [("Authorization", f"Bearer {self.key}".encode())] if keyed else []
        headers = [(name.lower().encode(), value) for name, value in [*request.headers, *key]]
        raw = quote_from_bytes(request.path.encode("utf-8", "surrogatepass")).encode()
        scope = {
            "type": "http", "method": request.method, "path": request.path, "raw_path": raw, "scheme": "http",
            "query_string": request.query, "headers": headers, "client": ("127.0.0.1", 1), "http_version": "1.1",
            "server": ("127.0.0.1", 3000), "root_path": "",
        }  # fmt: skip
        sent: list[Message] = []
        waiting: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        # What hangs is no answer either.
        await asyncio.wait_for(self.app(scope, receive, send), timeout=10)
        told = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        return Answer(sent[0]["status"], told, b"".join(part.get("body", b"") for part in sent[1:]))


JSON = (("Content-Type", b"application/json"),)


@contextmanager
def a_door(folder: Path, **settings: Any) -> Iterator[Door]:
    """On an empty record."""
    with fresh_database("sqlite", folder) as url:
        # What is sent here fails to sign in more often than an address may.
        settings = {"failed_sign_ins_per_minute": 1_000_000, **settings}
        services = build_services(load_settings(home=folder / "home", database_url=url, **settings))
        store = services.store()
        app = build_app(services)
        yield Door(app, store, store.add_caller("tests", Role), app.openapi())
        services.store.close()
