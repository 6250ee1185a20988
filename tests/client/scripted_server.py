"""A real HTTP server on a free port that answers by a script, badly where it says so, and remembers what came."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        cut_after: Close the connection after as many bytes of the body.
        silence: Seconds before the answer begins.
        drip: Seconds between two bytes of the body.
        raw: Sent in place of an answer; empty: nothing is, and the connection is closed.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut_after: int | None = None
    silence: float = 0.0
    drip: float = 0.0
    raw: bytes | None = None


HANG_UP = Reply(raw=b"")


def answer(value: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


def problem(status: int, code: str, detail: str = "It is so.", **headers: str) -> Reply:
    body = {"type": f"/problems/{code}", "title": "A title", "status": status, "code": code, "detail": detail}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(body).encode(), named, kind="application/problem+json")


@dataclass(frozen=True)
class Came:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        told: dict[str, object] = json.loads(self.body)
        return told


class ScriptedServer:
    """What it answers next, and what came; the last answer of a script is given again and again."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.url = ""
        self._replies: list[Reply] = []
        self._lock = threading.Lock()

    def script(self, *replies: Reply) -> None:
        with self._lock:
            self._replies = list(replies)
            self.came.clear()

    def take(self, came: Came) -> Reply:
        with self._lock:
            self.came.append(came)
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: ScriptedServer

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.script.take(Came(self.command, self.path, headers, self.rfile.read(length)))
        try:
            self._send(reply)
        except OSError:
            # Who asked has given up, as some scripts want.
            self.close_connection = True

    do_GET = do_POST = _answer  # noqa: N815 - http.server's names

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.silence)
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        if reply.status not in (204, 304):
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        sent = reply.body if reply.cut_after is None else reply.body[: reply.cut_after]
        if reply.drip:
            for byte in sent:
                self.wfile.write(bytes([byte]))
                time.sleep(reply.drip)
        elif reply.status not in (204, 304):
            self.wfile.write(sent)
        self.close_connection = self.close_connection or reply.cut_after is not None

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A script may keep a thread asleep for longer than its test lasts.
    block_on_close = False


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    script = ScriptedServer()
    handler = type("Handler", (_Handler,), {"script": script})
    server = _Server(("127.0.0.1", 0), handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
