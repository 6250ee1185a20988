"""Database servers that a test starts for itself from a temporary folder, and so may kill."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_START_SECONDS = 60


class OwnServer:
    """A server of PostgreSQL or MariaDB with a data folder of its own.

    Attributes:
        url: Of its maintenance database, without a database name of ours.
    """

    def __init__(self, command: list[str], port: int, url: str, user: str) -> None:
        self.url = url
        self._command, self._port, self._user = command, port, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, after a crash too, and wait until it takes connections."""
        self._process = subprocess.Popen(
            self._command, user=self._user, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"the server on port {self._port} did not come up in {_START_SECONDS} s")

    def kill(self) -> None:
        """SIGKILL it and its workers: what was not on disk is gone."""
        if self._process is not None:
            # A session of its own, so that the group is the server and what it forked, and nobody else.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def own_server(kind: str, folder: Path) -> Iterator[OwnServer]:
    """A running server of that kind; skips, or fails, where its programs are not installed."""
    server = {"postgresql": _postgresql, "mariadb": _mariadb}[kind](folder, _free_port())
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _postgresql(folder: Path, port: int) -> OwnServer:
    initdb = _program("postgresql", "initdb")
    data, user = _data_folder(folder, "postgres")
    subprocess.run(
        [initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"],
        user=user,
        check=True,
        capture_output=True,
    )
    command = [str(initdb.parent / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data), "-h", "127.0.0.1"]
    return OwnServer(command, port, f"postgresql://postgres@127.0.0.1:{port}", user)


def _mariadb(folder: Path, port: int) -> OwnServer:
    data, user = _data_folder(folder, "mysql")
    # root without a password over TCP, as the servers of CI have it.
    subprocess.run(
        [_program("mariadb", "mariadb-install-db"), f"--datadir={data}", f"--user={user}", "--skip-test-db",
         "--auth-root-authentication-method=normal"],
        check=True, capture_output=True,
    )  # fmt: skip
    command = [
        str(_program("mariadb", "mariadbd")), "--no-defaults", f"--datadir={data}", f"--port={port}",
        "--bind-address=127.0.0.1", f"--socket={data}/socket", f"--pid-file={data}/pid",
    ]  # fmt: skip
    return OwnServer(command, port, f"mariadb://root@127.0.0.1:{port}", user)


def _data_folder(folder: Path, user: str) -> tuple[Path, str]:
    """An empty folder of the server's user: neither server runs as root."""
    data = folder / f"{user}-data"
    data.mkdir()
    if os.geteuid() != 0:
        return data, pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(data, user)
    # pytest's own folders are closed to others.
    for above in data.parents:
        if above.stat().st_uid == 0 and above != Path("/") and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    return data, user


def _program(kind: str, name: str) -> Path:
    found = shutil.which(name) or next((str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), "")
    found = found or shutil.which(name, path="/usr/sbin") or ""
    if not found:
        message = f"{name} is not installed; install {kind} with your system's packages"
        if kind in os.environ.get("CASELOAD_REQUIRE", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    return Path(found)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
