"""A real service in a process of its own, as `caseload serve` runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from cases.settings import Settings

START = """
from cases.settings import load_settings
from serving.serve import serve
serve(load_settings(), listening=lambda url: print("listening at", url, flush=True))
print("ended in order", flush=True)
"""


@dataclass(frozen=True)
class ServiceProcess:
    """A service that accepts requests.

    Attributes:
        url: Where.
        output: The file that it prints to, both streams.
    """

    url: str
    output: Path
    process: subprocess.Popen[bytes]

    def client(self, key: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def end(self, signal_number: int = signal.SIGTERM) -> int:
        """Send the signal and answer the exit status."""
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=20)


@contextmanager
def service_process(
    settings: Settings,
    folder: Path,
    *,
    ready: bool = True,
    beside: Mapping[str, str] | None = None,
    first: str = "",
) -> Iterator[ServiceProcess]:
    """Start a service on a free port.

    `ready`: wait until its model serves; `beside`: more of its environment; `first`: what its process does before.
    """
    output = folder / "service-output.txt"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASELOAD_")}
    environment |= {
        "CASELOAD_HOME": str(settings.home),
        "CASELOAD_DATABASE_URL": settings.database_url,
        "CASELOAD_PORT": str(free_port()),
        "CASELOAD_TRUSTED_PROXIES": settings.trusted_proxies,
        "CASELOAD_PROXY_SECRET": settings.proxy_secret.get_secret_value(),
        "CASELOAD_WEBHOOK_NETWORKS": settings.webhook_networks,
        # A killed service cannot tidy up after itself.
        "TMPDIR": str(folder),
        **(beside or {}),
    }
    with output.open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-c", first + START], env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
    try:
        url = _wait_for_address(process, output)
        if ready:
            _wait_until_ready(url)
        yield ServiceProcess(url, output, process)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_address(process: subprocess.Popen[bytes], output: Path) -> str:
    # It takes four seconds; beside much else many times that, and how long is not what tests are about.
    until = time.monotonic() + 240
    while time.monotonic() < until:
        found = re.search(r"listening at (\S+)", output.read_text())
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the service did not start:\n{output.read_text()}")


def _wait_until_ready(url: str) -> None:
    # It takes four seconds; beside much else many times that, and how long is not what tests are about.
    until = time.monotonic() + 240
    while httpx2.get(f"{url}/health/ready").status_code != 200:
        if time.monotonic() > until:
            raise AssertionError(httpx2.get(f"{url}/health/ready").text)
        time.sleep(0.05)
