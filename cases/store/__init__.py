"""The SQL store: one object, all SQL behind it, on SQLite, PostgreSQL and MariaDB (MySQL is expected to work).

Each noun has its module, and `CaseStore` is their sum. docs/database.md describes the tables.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from cases.clock import Clock, utc_now
from cases.store.admitting import Admitting
from cases.store.answering import Answering
from cases.store.burning import Burning
from cases.store.calling import Calling
from cases.store.championing import Championing
from cases.store.choosing import Choosing
from cases.store.database import Around, Database, nothing_around
from cases.store.engine import make_engine
from cases.store.erasing import Erasing
from cases.store.exporting import Exporting
from cases.store.filing import UNSCORED_ORDER_KEY, Filing
from cases.store.filing_plan import Start
from cases.store.gathering import Gathering
from cases.store.habits import Habit, Habits
from cases.store.holding import Holding
from cases.store.learning import Learning
from cases.store.lettering import Lettering
from cases.store.listing import Listing
from cases.store.migrate import require_head
from cases.store.noting import Noting
from cases.store.overseeing import Blind, Overseeing, Work
from cases.store.past_decisions import PastDecisions
from cases.store.policing import Policing
from cases.store.quality import Quality
from cases.store.reading import Reading
from cases.store.rebuilding import Rebuilding
from cases.store.retention import Retention
from cases.store.scoring import Scoring
from cases.store.scrubbing import Scrubbing
from cases.store.sealing import Sealing
from cases.store.signing_in import CODE_LASTS, SigningIn
from cases.store.sourcing import Sourcing
from cases.store.suggesting import Suggesting
from cases.store.telling import Telling
from cases.store.verifying import Verifying
from cases.store.watching import CameOf, Pulse, Standing, Unsealed, Waiting, Watching
from cases.store.weighing import Weighing
from cases.store.working import Reranked, Working

__all__ = [
    "CODE_LASTS",
    "UNSCORED_ORDER_KEY",
    "Blind",
    "CameOf",
    "CaseStore",
    "Habit",
    "Pulse",
    "Reranked",
    "Standing",
    "Start",
    "Unsealed",
    "Waiting",
    "Work",
]


class CaseStore(
    Filing,
    Gathering,
    Reading,
    Listing,
    Answering,
    Noting,
    Lettering,
    Scoring,
    Watching,
    Working,
    PastDecisions,
    Learning,
    Championing,
    Calling,
    Admitting,
    SigningIn,
    Choosing,
    Holding,
    Habits,
    Overseeing,
    Quality,
    Suggesting,
    Exporting,
    Policing,
    Weighing,
    Rebuilding,
    Sealing,
    Verifying,
    Telling,
    Burning,
    Sourcing,
    Erasing,
    Retention,
    Scrubbing,
):
    """Cases and everything that happens to them. Open it with `CaseStore.open`; threads may share it.

    Every method is one transaction, committed when it answers. Any of them raises StoreUnavailableError when the
    database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    @classmethod
    def open(cls, url: str, clock: Clock = utc_now, around: Around = nothing_around) -> Self:
        """The store in the database at `url`.

        Args:
            url: `sqlite:///cases.db`, `postgresql://user@host/name` or `mariadb://user@host/name`.
            clock: Business time: when things were filed, claimed, decided. Leases go by the database's own clock.
            around: Is entered around each transaction with the name of the store's method, for whoever watches.

        Raises:
            InvalidInputError: `url` is of no database that Caseload runs on.
            NotMigratedError: The database is not at this version's schema.
            StoreUnavailableError: It does not answer.
        """
        engine = make_engine(url)
        try:
            require_head(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(Database(engine, clock, around))

    def close(self) -> None:
        """Close the connections."""
        self._db.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
