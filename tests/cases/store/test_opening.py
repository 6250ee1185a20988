"""Which databases can be opened, and what is said of the others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from cases.errors import InvalidInputError, NotMigratedError, StoreUnavailableError
from cases.store import CaseStore, migrate
from cases.store.engine import make_engine
from tests.cases.store.test_migrations import HEAD
from tests.databases import fresh_database


def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(empty_url: str) -> None:
    with pytest.raises(NotMigratedError, match=r"got none in .*run `caseload db upgrade`"):
        CaseStore.open(empty_url)


def test_a_missing_sqlite_file_is_refused_and_not_created(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "cases.db"
    with pytest.raises(NotMigratedError, match="caseload db upgrade"):
        CaseStore.open(f"sqlite:///{path}")
    assert not path.exists()


def test_upgrade_makes_a_missing_sqlite_file_and_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'per%cent' / 'cases.db'}"
    migrate.upgrade(url)
    CaseStore.open(url).close()


def test_a_database_of_a_newer_version_is_refused_with_advice_to_update(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = make_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(NotMigratedError, match=r"got 9999 in .*newer: update Caseload"):
        CaseStore.open(empty_url)


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb", "mysql"])
@pytest.mark.parametrize("use", [CaseStore.open, migrate.upgrade, migrate.current])
def test_an_unreachable_server_is_named_without_its_password(scheme: str, use: object) -> None:
    assert callable(use)
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:9/caseload") as caught:
        use(f"{scheme}://ann:s3cret@127.0.0.1:9/caseload")
    assert "s3cret" not in str(caught.value)
    assert "CASELOAD_DATABASE_URL" in str(caught.value)


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "cases.db"
    path.write_text("this is a letter, and no database at all" * 100)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        CaseStore.open(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["oracle://ann:s3cret@host/x", "ann:s3cret@host", "", "sqlserver+x://s3cret@h"])
def test_a_url_of_no_supported_database_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInputError, match="'database_url' must") as caught:
        CaseStore.open(url)
    assert "s3cret" not in str(caught.value)


def test_a_closed_store_gives_its_connections_back(store_url: str) -> None:
    with closing(CaseStore.open(store_url)) as store:
        assert store.queue_length() == 0


def test_a_revision_that_there_is_not_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url:
        with pytest.raises(InvalidInputError, match="'revision' must"):
            migrate.downgrade(url, "0000")
        assert migrate.current(url) == HEAD
