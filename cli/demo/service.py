"""The demonstration's service: `caseload serve` in a process of its own, spoken to over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from pydantic import SecretStr

from cases.errors import CaseloadError
from cases.settings import Settings

_PATIENCE_SECONDS = 120.0


class RunningService:
    """Starts the service on entering, ends it on leaving.

    Args:
        settings: As the service is to have them.
        key: The bearer key to call it with.
        log: Where its output goes.
    """

    def __init__(self, settings: Settings, key: str, log: Path) -> None:
        self._settings = settings
        self._log = log
        self.address = f"http://{settings.host}:{settings.port}"
        self._http = httpx2.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {key}"}, timeout=60.0, trust_env=False
        )

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "cli.main", "serve"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                command, stdout=log, stderr=log, env=_environment(self._settings), start_new_session=True
            )
        try:
            self._await_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """The JSON that a GET answers."""
        return self._answer(self._http.get(path, params=query))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON that a POST answers."""
        return self._answer(self._http.post(path, json=body))

    def wait(self) -> None:
        """Until the service ends by itself or is interrupted."""
        self._process.wait()

    def _answer(self, response: httpx2.Response) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        if response.is_error:
            raise CaseloadError(
                f"the service answered {response.status_code} {body.get('code')}: {body.get('detail')}"
            )
        return body

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if self._http.get("/health/ready").status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.2)
        last = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise CaseloadError(f"the service did not get ready; {self._log} says: {' '.join(last)}")

    def _end(self) -> None:
        self._http.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def free_port(preferred: int, host: str) -> int:
    """`preferred` where nothing listens there, else one that the system chooses."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise CaseloadError(f"'host' must be an address of this machine (got {host}); set CASELOAD_HOST")


def _environment(settings: Settings) -> dict[str, str]:
    given = {f"CASELOAD_{name.upper()}": _written(value) for name, value in settings if value is not None}
    return {**os.environ, **given}


def _written(value: object) -> str:
    # A secret's own text is stars.
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
