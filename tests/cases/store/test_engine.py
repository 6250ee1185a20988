from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from cases.errors import InvalidInputError, StoreUnavailableError
from cases.ids import new_id
from cases.store import CaseStore, migrate
from cases.store.database import Database
from cases.store.engine import make_engine, sqlite_journal_mode
from cases.store.tables import callers, cases, subjects
from tests.cases.store.builders import file_one, report
from tests.cases.store.conftest import SetClock
from tests.databases import fresh_database


def test_sqlite_runs_with_foreign_keys_and_a_journal_that_is_safe_for_its_version(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("foreign_keys", "journal_mode")
        }
    engine.dispose()
    assert pragmas == {"foreign_keys": 1, "journal_mode": sqlite_journal_mode(sqlite3.sqlite_version_info).lower()}


@pytest.mark.parametrize(
    ("version", "mode"),
    [((3, 40, 1), "TRUNCATE"), ((3, 51, 2), "TRUNCATE"), ((3, 51, 3), "WAL"), ((3, 60, 0), "WAL")],
)
def test_wal_is_used_only_from_the_version_that_mended_its_reset(version: tuple[int, ...], mode: str) -> None:
    assert sqlite_journal_mode(version) == mode


def test_a_naive_time_is_refused_on_its_way_into_every_database(store_url: str) -> None:
    engine = make_engine(store_url)
    naive = datetime(2026, 3, 4, 12)  # noqa: DTZ001 - naive on purpose
    row = {"name": "n", "key_sha256": "k", "created_at": naive}
    with (
        pytest.raises((StatementError, InvalidInputError), match="must carry a time zone"),
        engine.begin() as connection,
    ):
        connection.execute(insert(callers).values(**row))
    engine.dispose()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 4, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-7))),
        datetime(1999, 1, 1, tzinfo=UTC),
    ],
)
def test_times_come_back_in_utc_to_the_microsecond(store_url: str, moment: datetime) -> None:
    engine = make_engine(store_url)
    with engine.begin() as connection:
        connection.execute(insert(callers).values(name="n", key_sha256="k", created_at=moment))
        found = connection.execute(select(callers.c.created_at)).scalar_one()
    engine.dispose()
    assert found == moment
    assert found.tzinfo is UTC


def test_the_databases_clock_is_the_present(store_url: str, clock: SetClock) -> None:
    engine = make_engine(store_url)
    with engine.begin() as connection:
        assert abs(Database(engine, clock).now(connection) - datetime.now(UTC)) < timedelta(seconds=5)
    engine.dispose()


def test_two_transactions_that_read_and_then_write_both_get_through(store_url: str, clock: SetClock) -> None:
    engine = make_engine(store_url)
    database = Database(engine, clock)
    both_began = threading.Barrier(2, timeout=20)

    def count_then_insert(name: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(select(func.count()).select_from(callers)).scalar_one()
            connection.execute(insert(callers).values(name=name, key_sha256=name, created_at=clock()))

        both_began.wait()
        database.write(work)

    threads = [threading.Thread(target=count_then_insert, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        database.read(lambda connection: connection.execute(select(func.count()).select_from(callers)).scalar()) == 2
    )
    engine.dispose()


def test_work_that_fails_leaves_nothing_behind(store_url: str, clock: SetClock) -> None:
    engine = make_engine(store_url)
    database = Database(engine, clock)

    def half(connection: Connection) -> None:
        connection.execute(insert(subjects).values(id=new_id(), kind="user", external_id="u1"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(half)
    assert database.read(lambda connection: connection.execute(select(subjects)).all()) == []
    engine.dispose()


@pytest.mark.postgresql
def test_a_deadlock_is_run_again(tmp_path: Path, clock: SetClock) -> None:
    with fresh_database("postgresql", tmp_path) as url, CaseStore.open(url, clock) as store:
        ids = [file_one(store, number).id for number in (1, 2)]
        engine = make_engine(url)
        database = Database(engine, clock)
        runs: list[str] = []
        each_has_one = threading.Barrier(2, timeout=20)

        def lock_both(order: list[str]) -> None:
            def work(connection: Connection) -> None:
                runs.append(order[0])
                first_run = runs.count(order[0]) == 1
                for number, case_id in enumerate(order):
                    connection.execute(select(cases).where(cases.c.id == case_id).with_for_update())
                    if number == 0 and first_run:
                        each_has_one.wait()

            database.write(work)

        threads = [threading.Thread(target=lock_both, args=(order,)) for order in (ids, ids[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()
        assert len(runs) == 3


def test_the_error_of_a_failed_statement_holds_no_text(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = make_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE report_identities"))
    engine.dispose()
    with CaseStore.open(empty_url) as store, pytest.raises(DBAPIError, match="report_identities") as caught:
        store.file_reports([report(2, description="the secret text", reporter="Jo Doe")], actor="intake")
    assert "the secret text" not in str(caught.value)
    assert "Jo Doe" not in str(caught.value)


@pytest.mark.postgresql
def test_a_connection_that_the_server_cut_is_replaced(tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url, CaseStore.open(url) as store:
        assert store.queue_length() == 0
        engine = make_engine(url)
        with engine.begin() as connection:
            cut = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert connection.execute(text(cut)).scalars().all() == [True]
        engine.dispose()
        assert store.queue_length() == 0


def test_a_locked_sqlite_file_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.store.engine.SQLITE_BUSY_MILLISECONDS", 50)
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as store:
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="OperationalError"):
            store.file_reports([report()], actor="intake")
        other.execute("ROLLBACK")
        other.close()
        assert store.file_reports([report()], actor="intake")[0].created


@pytest.mark.postgresql
@pytest.mark.parametrize(("asked", "kept"), [("", True), ("?prepare=no", False)])
def test_postgresql_keeps_the_plans_of_steps_with_one_case_unless_its_url_says_no(
    tmp_path: Path, clock: SetClock, asked: str, kept: bool
) -> None:
    with fresh_database("postgresql", tmp_path) as url, CaseStore.open(url + asked, clock) as store:
        for number in range(8):
            file_one(store, number)
            assert store.claim_next("ann", 60) is not None
        store.queue(1)
        engine = store._db.engine  # noqa: SLF001 - what is prepared is of a connection, and only the store's own has it
        with engine.connect() as connection:
            prepared = [
                row.statement for row in connection.execute(text("SELECT statement FROM pg_prepared_statements"))
            ]
    assert any("FOR NO KEY UPDATE SKIP LOCKED" in statement for statement in prepared) is kept
    # Filing and reading look up many cases at once, of which a kept plan knows nothing.
    assert not any("INSERT INTO reports" in statement for statement in prepared)
