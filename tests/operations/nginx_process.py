"""A real nginx with the configuration that is shipped, on a port of its own, in front of a service.

It is looked for on the path and at CASELOAD_TEST_NGINX. Ports, paths and the user are changed; nothing else is.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.operations.page import ROOT
from tests.serving.service_process import free_port

CONFIGURATION = ROOT / "serving" / "container" / "nginx.conf"


@dataclass(frozen=True)
class Nginx:
    """One that answers.

    Attributes:
        port: On the loopback.
        log: What it printed, its access log among it.
    """

    port: int
    log: Path

    def raw(self, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request byte by byte as it stands here; answers the status, 0 for none, and all that came back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            connection.settimeout(20)
            answer = b""
            try:
                while piece := connection.recv(65_536):
                    answer += piece
            except ConnectionResetError:
                pass
        status = answer.split(b" ", 2)[1:2]
        return int(status[0]) if status else 0, answer


def binary() -> str:
    found = os.environ.get("CASELOAD_TEST_NGINX") or shutil.which("nginx") or ""
    if not found:
        message = "nginx is not here; install nginx-light or set CASELOAD_TEST_NGINX"
        if "nginx" in os.environ.get("CASELOAD_REQUIRE", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextmanager
def nginx_process(folder: Path, upstream: str) -> Iterator[Nginx]:
    """Start one that passes requests on to `upstream`, host and port."""
    port = free_port()
    text = CONFIGURATION.read_text(encoding="utf-8")
    changes = {
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "server caseload:3000;": f"server {upstream};",
        "/tmp/nginx": f"{folder}/nginx",  # noqa: S108 - it stands in the configuration
        "/dev/stdout": f"{folder}/nginx-access.txt",
        "/dev/stderr": f"{folder}/nginx-error.txt",
        "worker_processes auto;": "worker_processes 1;",
    }
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    configuration = folder / "nginx.conf"
    # A test's folders are its own user's alone.
    configuration.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
    program, error_log = binary(), str(folder / "nginx-error.txt")
    checked = subprocess.run(
        [program, "-t", "-c", configuration, "-e", error_log], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([program, "-c", configuration, "-e", error_log, "-g", "daemon off;"])
    try:
        _wait_until_it_listens(port, process)
        yield Nginx(port, folder / "nginx-access.txt")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not listen")
