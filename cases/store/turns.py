"""Turns at writing, for a database that takes one writer at a time.

SQLite lets those who wait for its write lock try again after sleeps of up to a tenth of a second: a crowd is slow,
and some of it starve. Here the writers of a process queue for a lock of their own, and only the first of them
contends with other processes', for locks on files beside the database, which the system takes back from a process
that dies. There are two: who holds the line's has the next turn, so that whoever had the last one, and is awake when
it ends, does not take the next one too while all others sleep.
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

# How long the one who has the next turn sleeps until it asks again; and those in line, the less the longer they have
# stood there, so that nobody stands there for ever by bad luck.
_NEXT_ASKS_AGAIN_SECONDS = 0.0003
_IN_LINE_ASKS_AGAIN_SECONDS = 0.002
_PATIENCE_SECONDS = 0.01
LINE, TURN = "-line", "-turn"


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
        self._database = database
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
        if self._database is None or sys.platform == "win32" or not self._database.parent.is_dir():
            yield
            return
        line = _locked(self._database, LINE, until)
        try:
            turn = _locked(self._database, TURN, until)
        finally:
            os.close(line)
        try:
            yield
        finally:
            # Gives the turn to whoever has the next one.
            os.close(turn)


def _locked(database: Path, suffix: str, until: float) -> int:
    """A descriptor of the locked file; closing it gives the lock back."""
    descriptor = _opened(database.with_name(database.name + suffix))
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now = time.monotonic()
            if now > until:
                os.close(descriptor)
                raise NoTurnError from None
            asks_again = _NEXT_ASKS_AGAIN_SECONDS
            if suffix == LINE:
                asks_again = _IN_LINE_ASKS_AGAIN_SECONDS / (1 + (now - began) / _PATIENCE_SECONDS)
            time.sleep(asks_again)
        else:
            return descriptor


def _opened(file: Path) -> int:
    """The file, which whoever may write the database may open: its content is of no use, so reading is enough."""
    try:
        return os.open(file, os.O_RDONLY | os.O_CREAT, 0o666)
    except OSError as error:
        raise NoTurnError from error
