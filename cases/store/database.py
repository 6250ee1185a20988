"""Transactions on the store's database: reading, writing with retries, and what goes wrong in Caseload's words."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, literal_column, select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cases.clock import Clock
from cases.errors import CaseloadError, StoreUnavailableError
from cases.store.column_types import UtcDateTime
from cases.store.engine import KEEPS_PLANS, SQLITE_BUSY_MILLISECONDS, WRITES, sqlite_path
from cases.store.turns import NoTurnError, Turns

T = TypeVar("T")

# Enough for eight writers that keep colliding: at each collision one of them got through.
ATTEMPTS = 12

_DEADLOCK_SQLSTATES = {"40001", "40P01"}
_DEADLOCK_MYSQL_CODES = {1213, 1020}

# SQLite reports a mistake in a statement as an operational error too; being away has codes of its own.
_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}

_NOW = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
    # Not now(): that is when the transaction began, which may be before it waited for a lock.
    "postgresql": "clock_timestamp()",
    "mysql": "UTC_TIMESTAMP(6)",
}


_NO_TURN = (
    f"'database' must have time for another writer (got no turn in {SQLITE_BUSY_MILLISECONDS // 1000} s); look what "
    "writes to it for so long, that its folder can be written to, and try again"
)

# Is entered around each transaction, its attempts included, with the name of the store's method: "Deciding.decide".
Around = Callable[[str], contextlib.AbstractContextManager[None]]


def nothing_around(_name: str) -> contextlib.AbstractContextManager[None]:
    """Where nobody watches."""
    return contextlib.nullcontext()


class Database:
    """The engine, the clock for business time, and transactions.

    Attributes:
        engine: For what is not a transaction of the store: migrations, tests.
        clock: Business time.
        around: For whoever watches how long transactions take.
    """

    def __init__(self, engine: Engine, clock: Clock, around: Around = nothing_around) -> None:
        self.engine = engine
        self.clock = clock
        self.around = around
        self._now = literal_column(_NOW[engine.dialect.name], UtcDateTime)
        self._writing = engine.execution_options(**{WRITES: True})
        self._stepping = engine.execution_options(**{WRITES: True, KEEPS_PLANS: True})
        self._turns = None
        if engine.dialect.name == "sqlite":
            self._turns = Turns(sqlite_path(engine.url), SQLITE_BUSY_MILLISECONDS / 1000)

    @property
    def skips_locked(self) -> bool:
        """Whether the server knows SKIP LOCKED: PostgreSQL, MariaDB from 10.6, MySQL from 8.0.1."""
        dialect = self.engine.dialect
        if dialect.name == "mysql":
            floor = (10, 6) if getattr(dialect, "is_mariadb", False) else (8, 0, 1)
            return tuple(dialect.server_version_info or ()) >= floor
        return dialect.name == "postgresql"

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` answers in one read transaction.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        try:
            with self.around(_name_of(work)), self.engine.begin() as connection:
                return work(connection)
        except (DBAPIError, PoolTimeoutError) as error:
            raise self.in_our_words(error) from error

    def step(self, work: Callable[[Connection], T]) -> T:
        """`write` for one step with one case, which is taken often: PostgreSQL plans its statements once."""
        return self._write(self._stepping, work)

    def write(self, work: Callable[[Connection], T], *, retry_duplicates: bool = False) -> T:
        """What `work` answers in one write transaction, which is committed.

        `work` is run again from the start when the database gave it up for another's sake, so it must change nothing
        but the database.

        Args:
            work: Is given the connection.
            retry_duplicates: Run again on a broken unique constraint too: `work` looks before it inserts, and another
                process inserted in between.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        return self._write(self._writing, work, retry_duplicates=retry_duplicates)

    def now(self, connection: Connection) -> datetime:
        """The database's own clock, the only one that leases go by. On SQLite it is this machine's."""
        moment: datetime = connection.execute(select(self.now_column())).scalar_one()
        return moment

    def now_column(self) -> ColumnElement[datetime]:
        """The same as a column, for a statement that would be sent anyway."""
        return self._now

    def _write(self, engine: Engine, work: Callable[[Connection], T], *, retry_duplicates: bool = False) -> T:
        with self.around(_name_of(work)):
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    with self.turn(), engine.begin() as connection:
                        return work(connection)
                except NoTurnError as error:
                    raise StoreUnavailableError(_NO_TURN) from error
                except (DBAPIError, PoolTimeoutError) as error:
                    again = _is_deadlock(error) or (retry_duplicates and isinstance(error, IntegrityError))
                    if not again or attempt == ATTEMPTS:
                        raise self.in_our_words(error) from error
                # Not for secrecy: two that collided should not collide again.
                time.sleep(random.uniform(0.0, 0.02) * attempt)  # noqa: S311
            raise AssertionError  # the loop returns or raises

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """This writer's turn among those of all processes; SQLite alone needs one."""
        return contextlib.nullcontext() if self._turns is None else self._turns.next()

    def in_our_words(self, error: DBAPIError | PoolTimeoutError) -> Exception:
        """The error to raise for `error`: ours when the database is away, else itself."""
        return unavailable(self.engine, error) if _is_away(error) else error


def _name_of(work: Callable[[Connection], object]) -> str:
    """The method of the store that `work` is of: its qualified name before "<locals>"."""
    function = work.func if isinstance(work, partial) else work
    return str(getattr(function, "__qualname__", "")).partition(".<locals>")[0]


def unavailable(engine: Engine, error: DBAPIError | PoolTimeoutError) -> CaseloadError:
    """The database does not answer: which (without its password), and why in the driver's first line.

    Only a failed connection is quoted: a driver may repeat a statement's values in its complaint about it.
    """
    statement = getattr(error, "statement", None)
    cause = error.orig if isinstance(error, DBAPIError) else error
    why = type(cause).__name__
    if not statement and str(cause):
        why += f": {str(cause).splitlines()[0]}"
    return StoreUnavailableError(
        f"'database' must answer (got {why} from {engine.url.render_as_string(hide_password=True)}); "
        "check that it runs, that CASELOAD_DATABASE_URL names it, and that its disk and locks are free"
    )


def _is_away(error: DBAPIError | PoolTimeoutError) -> bool:
    if isinstance(error, PoolTimeoutError) or error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_AWAY  # the low byte; the rest tells variants apart
    return isinstance(error, (OperationalError, InterfaceError))


def _is_deadlock(error: DBAPIError | PoolTimeoutError) -> bool:
    original = getattr(error, "orig", None)
    if getattr(original, "sqlstate", None) in _DEADLOCK_SQLSTATES:
        return True
    arguments: tuple[object, ...] = getattr(original, "args", ())
    return bool(arguments) and arguments[0] in _DEADLOCK_MYSQL_CODES
