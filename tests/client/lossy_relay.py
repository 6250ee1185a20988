"""A relay before a real service that passes each request on and loses its first answer, as a bad network does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

_PASSED_ON = ("authorization", "content-type", "idempotency-key", "if-match", "if-none-match")


@dataclass
class Relay:
    """Where it is, and how many answers it lost."""

    url: str = ""
    lost: int = 0
    seen: set[tuple[str, str, bytes, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def loses(self, request: tuple[str, str, bytes, str]) -> bool:
        """Whether the answer to this request is lost: the first one is."""
        with self.lock:
            first = request not in self.seen
            self.seen.add(request)
            self.lost += first
            return first


class _Handler(BaseHTTPRequestHandler):
    relay: Relay
    service: httpx2.Client

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: self.headers[name] for name in _PASSED_ON if self.headers[name]}
        answer = self.service.request(self.command, self.path, headers=headers, content=body)
        if self.relay.loses((self.command, self.path, body, headers.get("idempotency-key", ""))):
            return
        self.send_response(answer.status_code)
        for name in ("content-type", "etag", "retry-after", "x-request-id", "idempotency-replayed"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = _pass_on  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def lossy_relay(service_url: str) -> Iterator[Relay]:
    relay = Relay()
    with httpx2.Client(base_url=service_url, timeout=30) as service:
        server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"relay": relay, "service": service})
        )
        relay.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield relay
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
