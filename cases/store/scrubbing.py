"""Taking what was erased out of the database's own free space.

SQLite keeps deleted rows in pages that it will use again, and in its journal: the file is written anew and the
journal emptied. PostgreSQL and MariaDB free the space; what their logs and backups hold until these roll over is
theirs (docs/privacy.md).
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy.exc import DBAPIError

from cases.errors import StoreUnavailableError
from cases.store.database import Database
from cases.store.tables import (
    cases,
    contents,
    fingerprints,
    golden_cases,
    letters,
    notes,
    qa_readings,
    report_identities,
    reports,
    subjects,
)

_EMPTIED = (
    contents, notes, letters, qa_readings, golden_cases, report_identities, fingerprints, reports, subjects, cases,
)  # fmt: skip

# A journal is emptied when nobody reads what it holds; a reader is seldom at it for longer.
_TRIES, _PAUSE_SECONDS = 20, 0.25


class Scrubbing:
    """The part of the store that leaves nothing of what was erased in the database's files."""

    _db: Database

    def scrub(self) -> None:
        """Free the space of deleted rows and write over it.

        On SQLite writers wait while the file is written anew, at some hundred megabytes a second; PostgreSQL and
        MariaDB work beside everybody.

        Raises:
            StoreUnavailableError: The database does not answer, or SQLite's journal could not be emptied since
                somebody went on reading it.
        """
        dialect = self._db.engine.dialect.name
        try:
            if dialect == "sqlite":
                self._rewrite_sqlite()
                return
            raw = self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            with raw as connection:
                for table in _EMPTIED:
                    connection.exec_driver_sql(
                        f"VACUUM {table.name}" if dialect == "postgresql" else f"OPTIMIZE TABLE {table.name}"
                    )
        except DBAPIError as error:
            raise self._db.in_our_words(error) from error

    def _rewrite_sqlite(self) -> None:
        with self._db.engine.connect() as connected:
            # Beside SQLAlchemy: it would begin a transaction, and a file cannot be written anew within one.
            connection: Any = connected.connection.driver_connection
            with self._db.turn():
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("VACUUM")
            for _ in range(_TRIES):
                busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
                time.sleep(_PAUSE_SECONDS)
        raise StoreUnavailableError(
            f"'database' must be left alone for a moment (got readers of its journal for {_TRIES * _PAUSE_SECONDS:g} "
            "s); try again when nothing long is read"
        )
