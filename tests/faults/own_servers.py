"""Database servers that a test starts for itself from a temporary folder, and so may kill."""

from __future__ import annotations

import contextlib
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
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cases.store.engine import database_url

# A server that was killed makes sure of each of its thousand files before it answers, and the disk may be busy.
_START_SECONDS = 240


class OwnServer:
    """A server of PostgreSQL or MariaDB with a data folder of its own.

    Attributes:
        url: Of its maintenance database, without a database name of ours.
    """

    def __init__(self, command: list[str], url: str, database: str, user: str, said: Path) -> None:
        self.url = url
        self._said = said
        self._command, self._database, self._user = command, database, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, after a crash too, and wait until it answers."""
        self._process = self._begun()
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                # What it left behind when it was killed may not be gone yet.
                time.sleep(0.2)
                self._process = self._begun()
            if time.monotonic() > deadline:
                last = "\n".join(self._said.read_text(errors="replace").splitlines()[-20:])
                raise TimeoutError(f"the server at {self.url} did not answer in {_START_SECONDS} s; it said:\n{last}")
            time.sleep(0.05)

    def _begun(self) -> subprocess.Popen[bytes]:
        with self._said.open("ab") as said:
            return subprocess.Popen(self._command, user=self._user, stdout=said, stderr=said)

    def kill(self) -> None:
        """SIGKILL it and the processes that it forked: what they had not handed to the system is gone."""
        if self._process is None:
            return
        # PostgreSQL's have sessions of their own, so there is no group to kill.
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        forked = children.read_text().split() if children.exists() else []
        for pid in (self._process.pid, *map(int, forked)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        engine = create_engine(database_url(self.url).set(database=self._database), poolclass=NullPool)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError:
            # Not there yet, or still recovering.
            return False
        return True


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
    return OwnServer(command, f"postgresql://postgres@127.0.0.1:{port}", "postgres", user, folder / "postgres-said")


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
    return OwnServer(command, f"mariadb://root@127.0.0.1:{port}", "", user, folder / "mysql-said")


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
