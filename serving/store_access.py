"""The store, opened when it is first needed: a database that is late, or migrated late, needs no restart of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cases.store import CaseStore


class StoreAccess:
    """Call it for the open store. Threads may share it.

    Args:
        open_store: Opens it; called again after each failure.
    """

    def __init__(self, open_store: Callable[[], CaseStore]) -> None:
        self._open = open_store
        self._store: CaseStore | None = None
        self._opening = threading.Lock()

    def __call__(self) -> CaseStore:
        """The store.

        Raises:
            NotMigratedError: The database is not at this version's schema.
            StoreUnavailableError: It does not answer.
        """
        with self._opening:
            if self._store is None:
                self._store = self._open()
            return self._store

    def close(self) -> None:
        """Close the store, if it was opened."""
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None
