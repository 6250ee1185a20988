"""Real databases for tests: an empty one of a random name for each test, dropped in the end.

A room that needs the store imports the fixtures into its conftest:

    from tests.databases import database_kind, empty_url, store_url  # noqa: F401

`store_url` runs a test three times: on SQLite, PostgreSQL and MariaDB. A test that needs one kind only, or that
breaks its schema, takes `fresh_database("postgresql", tmp_path)`: making one takes a third of a second, so the
servers' migrated databases are emptied and used again.

A server that does not answer skips its tests with the reason, or fails them where CASELOAD_REQUIRE names its kind
("postgresql,mariadb"). CASELOAD_TEST_POSTGRESQL and CASELOAD_TEST_MARIADB are the servers' URLs, without a database.
"""

from __future__ import annotations

import functools
import os
import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from cases.store import migrate
from cases.store.engine import database_url, make_engine
from cases.store.migrations import (
    append_only_0001,
    append_only_0003,
    append_only_0007,
    append_only_0014,
    append_only_0016,
)
from cases.store.tables import metadata

SERVERS = {
    "postgresql": os.environ.get("CASELOAD_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432"),
    "mariadb": os.environ.get("CASELOAD_TEST_MARIADB", "mariadb://root@127.0.0.1:3306"),
}

# What one connects to in order to make another.
MAINTENANCE = {"postgresql": "postgres", "mariadb": ""}

DROP = {"postgresql": "DROP DATABASE IF EXISTS {} WITH (FORCE)", "mariadb": "DROP DATABASE IF EXISTS {}"}

_spare: dict[str, list[str]] = defaultdict(list)

each_database = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]


@pytest.fixture(params=each_database)
def database_kind(request: pytest.FixtureRequest) -> str:
    """The database that this run of the test is on."""
    return str(request.param)


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    with fresh_database(database_kind, tmp_path, migrated=False) as url:
        yield url


@pytest.fixture
def store_url(database_kind: str, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a migrated, empty database, whose schema the test leaves as it is."""
    if database_kind == "sqlite":
        with fresh_database(database_kind, tmp_path) as url:
            yield url
        return
    if not _spare[database_kind]:
        making = ExitStack()
        _spare[database_kind].append(making.enter_context(fresh_database(database_kind, tmp_path)))
        pytestconfig.add_cleanup(making.close)
    url = _spare[database_kind].pop()
    yield url
    emptied(url)
    _spare[database_kind].append(url)


@contextmanager
def fresh_database(kind: str, folder: Path, *, migrated: bool = True) -> Iterator[str]:
    """A database of that kind, dropped at the end; skips, or fails, where its server does not answer."""
    name = f"caseload_test_{secrets.token_hex(6)}"
    if kind == "sqlite":
        path = folder / f"{name}.db"
        if migrated:
            shutil.copyfile(_migrated_sqlite(folder.parent), path)
        yield f"sqlite:///{path}"
        return
    _require(kind)
    _administer(kind, f"CREATE DATABASE {name}")
    url = database_url(SERVERS[kind]).set(database=name).render_as_string(hide_password=False)
    try:
        if migrated:
            migrate.upgrade(url)
        yield url
    finally:
        _administer(kind, DROP[kind].format(name))


def emptied(url: str) -> None:
    """Take all rows out of a server's database, whatever triggers hold them."""
    engine = make_engine(url)
    with engine.begin() as connection:
        tables = [table.name for table in reversed(metadata.sorted_tables)]
        asked = ", ".join(f"EXISTS (SELECT 1 FROM {name})" for name in tables)  # noqa: S608 - our own tables
        filled = [
            name
            for name, is_filled in zip(tables, connection.execute(text(f"SELECT {asked}")).one(), strict=True)
            if is_filled
        ]
        if engine.dialect.name == "postgresql":
            # Deleting is quicker than truncating, once the triggers that forbid both are off.
            for name in filled:
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
                connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608
                connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        else:
            connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
            triggers = (append_only_0001, append_only_0003, append_only_0007, append_only_0014, append_only_0016)
            refused = {name: changes for each in triggers for name, changes in each.REFUSED.items()}
            for name in filled:
                # Here it is truncating that asks no trigger, and deleting that is quick.
                truncates = "DELETE" in refused.get(name, ())
                connection.execute(text(f"{'TRUNCATE TABLE' if truncates else 'DELETE FROM'} {name}"))
    engine.dispose()


@functools.cache
def _migrated_sqlite(folder: Path) -> Path:
    """A migrated file to copy; `folder` is the test run's own."""
    path = folder / "migrated.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


def _require(kind: str) -> None:
    why = _why_unreachable(kind)
    if why is None:
        return
    message = f"{kind} does not answer ({why}); start it or set CASELOAD_TEST_{kind.upper()}"
    if kind in os.environ.get("CASELOAD_REQUIRE", "").split(","):
        pytest.fail(message)
    pytest.skip(message)


@functools.cache
def _why_unreachable(kind: str) -> str | None:
    try:
        _administer(kind, "SELECT 1")
    except DBAPIError as error:
        return str(error.orig).splitlines()[0]
    return None


def _administer(kind: str, statement: str) -> None:
    url: URL = database_url(SERVERS[kind]).set(database=MAINTENANCE[kind])
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        connection.execute(text(statement))
