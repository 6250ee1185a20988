"""Turns at writing, for a database that takes one writer at a time.

SQLite lets those who wait for its write lock try again after sleeps of up to a tenth of a second: a crowd is slow,
and some of it starve. Here the writers of a process queue for a lock of their own, and only the first of them
contends with other processes', for a lock on a file beside the database, which the system takes back from a process
that dies.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

# How long the first of a process's writers sleeps until it asks again.
_ASK_AGAIN_SECONDS = 0.001
SUFFIX = "-turn"


class NoTurnError(Exception):
    """The turn did not come in time, or nobody can have one: its file cannot be opened."""


class Turns:
    """Who may write next.

    Args:
        database: The database's file; None where it has none, and other processes cannot reach it.
        seconds: How long to wait for a turn.
    """

    def __init__(self, database: Path | None, seconds: float) -> None:
        self._lock = threading.Lock()
        self._file = None if database is None else database.with_name(database.name + SUFFIX)
        self._seconds = seconds

    @contextmanager
    def next(self) -> Iterator[None]:
        """Wait for a turn and have it.

        Raises:
            NoTurnError: It did not come in time, or never can.
        """
        until = time.monotonic() + self._seconds
        if not self._lock.acquire(timeout=self._seconds):
            raise NoTurnError
        try:
            with self._among_processes(until):
                yield
        finally:
            self._lock.release()

    @contextmanager
    def _among_processes(self, until: float) -> Iterator[None]:
        if self._file is None or sys.platform == "win32" or not self._file.parent.is_dir():
            yield
            return
        descriptor = self._opened(self._file)
        try:
            while not _locked(descriptor):
                if time.monotonic() > until:
                    raise NoTurnError
                time.sleep(_ASK_AGAIN_SECONDS)
            yield
        finally:
            # Gives the turn to whoever asks next.
            os.close(descriptor)

    def _opened(self, file: Path) -> int:
        """The file, which whoever may write the database may open: its content is of no use, so reading is enough."""
        try:
            return os.open(file, os.O_RDONLY | os.O_CREAT, 0o666)
        except OSError as error:
            raise NoTurnError from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
