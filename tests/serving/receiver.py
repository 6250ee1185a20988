"""A real receiver of events in the test's process, which answers as the test has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

# Writes the answer by itself, or does something worse.
Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Got:
    """A request that came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """What it got, and how it answers: each of `script` once, then 204."""

    url: str
    got: list[Got] = field(default_factory=list)
    script: list[int | Behaviour] = field(default_factory=list)
    # The most requests that were being answered at one time.
    most_at_once: int = 0

    def kinds(self) -> list[str]:
        return [got.event["type"] for got in self.got]


def answering(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Behaviour:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def a_receiver(*script: int | Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
    receiver = Receiver(f"{scheme}://{host}:{server.server_port}/hook", script=list(script))
    lock, at_once = Lock(), 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal at_once
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                at_once += 1
                receiver.most_at_once = max(receiver.most_at_once, at_once)
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(self.path, headers, body))
                step = receiver.script.pop(0) if receiver.script else 204
            try:
                (answering(step) if isinstance(step, int) else step)(self)
            except OSError:  # whoever posted has gone
                self.close_connection = True
            finally:
                with lock:
                    at_once -= 1

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server.RequestHandlerClass = Handler
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of connections that were broken off
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def verified(got: Got, secret: str) -> bool:
    """Whether the secret signed it, as standardwebhooks.com has receivers check; written apart from what signs."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    timestamp = int(got.headers["webhook-timestamp"])
    if abs(time.time() - timestamp) > 300:
        return False
    told = hmac.digest(key, f"{got.id}.{timestamp}.".encode() + got.body, hashlib.sha256)
    given = [part.split(",", 1) for part in got.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(base64.b64decode(text), told) for version, text in given)
