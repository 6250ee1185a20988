"""Who calls: the bearer key in the Authorization header, and the name that it belongs to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cases.store import CaseStore

# A key looked up once is believed for so long, so that revoking one takes effect within that time.
TRUSTED_SECONDS = 5.0
_REMEMBERED = 1_000


class Callers:
    """Names by key. Threads may share it.

    Args:
        store: Answers the open store.
        now: Seconds that only ever grow.
    """

    def __init__(self, store: Callable[[], CaseStore], now: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._now = now
        self._known: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def name(self, authorization: str) -> str | None:
        """The caller's name, or None where the header holds no key that is valid now.

        Args:
            authorization: The header's value: `Bearer <key>`.

        Raises:
            NotMigratedError, StoreUnavailableError: The key cannot be looked up; it is not let through either.
        """
        scheme, _, key = authorization.partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            return None
        with self._lock:
            name, until = self._known.get(key, ("", 0.0))
        if until > self._now():
            return name
        found = self._store().caller_for_key(key)
        with self._lock:
            if found is None:
                self._known.pop(key, None)
            else:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[key] = (found, self._now() + TRUSTED_SECONDS)
        return found
