"""An engine for each database that Caseload runs on, set up so that the three behave alike."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from cases.errors import InvalidInputError

# An execution option: the transaction will write, so SQLite takes its write lock at BEGIN.
WRITES = "caseload_writes"

# An execution option: its few statements look up one case each, so PostgreSQL may keep their plans.
KEEPS_PLANS = "caseload_keeps_plans"

# Of a statement on one connection, that PostgreSQL takes apart and plans anew.
_PLANNED_ANEW = 3

# Before this version two processes that checkpoint at once can lose committed pages in WAL mode.
SQLITE_WITH_SAFE_WAL = (3, 51, 3)

SQLITE_BUSY_MILLISECONDS = 30_000

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}


def database_url(url: str) -> URL:
    """`url` with the driver that Caseload installs; a driver named in it is replaced.

    Raises:
        InvalidInputError: It is no URL of SQLite, PostgreSQL, MariaDB or MySQL. The message does not repeat the URL,
            which may hold a password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInputError(
            "'database_url' must be a URL (got something that does not parse); write it as sqlite:///cases.db or "
            "postgresql://user@host/name",
            field="database_url",
        ) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise InvalidInputError(
            f"'database_url' must begin with one of {', '.join(_DRIVERS)} (got {parsed.get_backend_name()!r}); "
            "choose one of these databases",
            field="database_url",
        )
    return parsed.set(drivername=driver)


def sqlite_path(url: URL) -> Path | None:
    """The file of an SQLite database, or None for another database or one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def sqlite_journal_mode(version: tuple[int, ...]) -> str:
    """The journal that is safe with SQLite `version`: WAL, or TRUNCATE before its WAL-reset fault was mended."""
    return "WAL" if version >= SQLITE_WITH_SAFE_WAL else "TRUNCATE"


def make_engine(url: str | URL) -> Engine:
    """An engine for `url`; it connects only when it is used.

    Its errors do not show bound values, since these hold case text.
    """
    target = database_url(url) if isinstance(url, str) else url
    options: dict[str, Any] = {
        "hide_parameters": True,
        # Probabilities keep all their digits; a NaN is an error here rather than an unreadable row later.
        "json_serializer": partial(json.dumps, ensure_ascii=False, allow_nan=False),
    }
    if target.get_backend_name() == "sqlite":
        engine = create_engine(target, connect_args={"timeout": SQLITE_BUSY_MILLISECONDS / 1000}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # As many connections as a service has threads at work: those who wait for one of too few are starved by luck.
    options |= {"pool_size": 8, "max_overflow": 16}
    # READ COMMITTED on all: MySQL's default would answer a look-up after a lock from a snapshot taken before it.
    options |= {"pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
    if target.get_backend_name() == "mysql":
        engine = create_engine(target, connect_args={"charset": "utf8mb4"}, **options)
        event.listen(engine, "connect", _prepare_mysql)
        return engine
    # A plan kept for a look-up of a thousand keys does not see them, and compares each row with each: nothing is
    # prepared but where the transaction says so, and with `?prepare=no` not there either.
    prepares = target.query.get("prepare") != "no"
    engine = create_engine(
        target.difference_update_query(["prepare"]), connect_args={"prepare_threshold": None}, **options
    )
    if prepares:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes late and deferred; `_begin_sqlite` says it instead.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA foreign_keys = ON")
    # Without this, INSERT OR REPLACE deletes rows without asking the append-only triggers.
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute(f"PRAGMA journal_mode = {sqlite_journal_mode(sqlite3.sqlite_version_info)}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes fails at once when another wrote in between, whatever the time-out;
    # so a writer takes the lock, and waits for it, before it reads.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    keeps = connection.get_execution_options().get(KEEPS_PLANS, False)
    driver: Any = connection.connection.driver_connection
    driver.prepare_threshold = _PLANNED_ANEW if keeps else None


def _prepare_mysql(connection: Any, _record: object) -> None:  # noqa: ANN401 - PyMySQL ships no types
    with connection.cursor() as cursor:
        # Strict, or a value too long is cut with a warning; UTC, or the views' clock is the server's zone.
        cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), time_zone = '+00:00'")
