"""Moving a database's schema up and down with Alembic; no alembic.ini is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from cases.errors import DamagedRecordError, InvalidInputError, NotMigratedError
from cases.store.database import unavailable
from cases.store.engine import WRITES, database_url, make_engine, sqlite_path

MIGRATIONS = Path(__file__).parent / "migrations"

UPGRADE_COMMAND = "caseload db upgrade"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`; a SQLite file and its folder are made when missing.

    Raises:
        InvalidInputError: `url` is of no database that Caseload runs on.
        StoreUnavailableError: The database does not answer.
        DamagedRecordError: A row of a SQLite file refers to one that is not there; nothing was changed.
    """
    path = sqlite_path(database_url(url))
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` down to `revision`; "base" drops every table, with all that is in them.

    Raises:
        InvalidInputError: `url` is of no database that Caseload runs on, or there is no such revision.
        StoreUnavailableError: The database does not answer.
        DamagedRecordError: A row of a SQLite file refers to one that is not there; nothing was changed.
    """
    _run(url, lambda config: command.downgrade(config, revision))


def current(url: str) -> str | None:
    """The revision that the database at `url` is at, or None before the first; a missing file is not created.

    Raises:
        InvalidInputError: `url` is of no database that Caseload runs on.
        StoreUnavailableError: The database does not answer.
    """
    engine = make_engine(url)
    try:
        return engine_revision(engine)
    finally:
        engine.dispose()


def engine_revision(engine: Engine) -> str | None:
    """The revision of the engine's database, as `current` says it."""
    path = sqlite_path(engine.url)
    if path is not None and not path.exists():
        return None
    with _translated(engine), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_head(engine: Engine) -> None:
    """Check that the engine's database is at this version's schema.

    Raises:
        NotMigratedError: It is not; the message names the command that brings it there.
        StoreUnavailableError: The database does not answer.
    """
    scripts = ScriptDirectory.from_config(_config())
    head, found = scripts.get_current_head(), engine_revision(engine)
    if found == head:
        return
    known = {script.revision for script in scripts.walk_revisions()}
    advice = f"run `{UPGRADE_COMMAND}`" if found is None or found in known else "it is newer: update Caseload"
    raise NotMigratedError(
        f"'database' must be at revision {head} (got {found or 'none'} in "
        f"{engine.url.render_as_string(hide_password=True)}); {advice}"
    )


def _config() -> Config:
    config = Config()
    # Alembic reads a per cent sign as an interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _run(url: str, action: Callable[[Config], None]) -> None:
    engine = make_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        # A table that is made anew there is dropped meanwhile, under the feet of those that refer to it; the check
        # comes at the end instead (https://www.sqlite.org/lang_altertable.html, section 7).
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA foreign_keys = OFF"))
    try:
        with _translated(engine), engine.execution_options(**{WRITES: True}).begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            action(config)
            if sqlite and (astray := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise DamagedRecordError(
                    f"'database' must keep its references whole (got {len(astray)} astray, the first in "
                    f"{astray[0][0]}); nothing was changed: `PRAGMA foreign_key_check` lists them, mend them or "
                    "restore a backup that has none"
                )
    except CommandError as error:
        raise InvalidInputError(
            f"'revision' must be one of this version's migrations (got: {error}); see `caseload db status`",
            field="revision",
        ) from error
    finally:
        engine.dispose()


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        # A statement that failed is a fault of the migration, and is shown; a connection that failed is not.
        if not error.statement:
            raise unavailable(engine, error) from error
        raise
