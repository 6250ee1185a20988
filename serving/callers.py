"""Who calls: the bearer key in the Authorization header, and whose it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cases.clock import Clock, utc_now
from cases.identity import Identity
from cases.store import CaseStore

# What was looked up once is believed for so long, so that revoking a key takes effect within that time.
TRUSTED_SECONDS = 5.0
_REMEMBERED = 1_000


class Callers:
    """Identities by key. Threads may share it.

    Args:
        store: Answers the open store.
        clock: Business time, by which keys end.
        now: Seconds that only ever grow.
    """

    def __init__(
        self, store: Callable[[], CaseStore], clock: Clock = utc_now, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self._now = now
        self._known: dict[str, tuple[Identity, float]] = {}
        self._lock = threading.Lock()

    def of_key(self, authorization: str) -> Identity | None:
        """The caller, or None where the header holds no key that is valid now.

        Args:
            authorization: The header's value: `Bearer <key>`.

        Raises:
            NotMigratedError, StoreUnavailableError: The key cannot be looked up; it is not let through either.
        """
        scheme, _, key = authorization.partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            return None
        return self._remembered(f"key {key}", lambda: self._store().caller_for_key(key, self._clock()))

    def person(self, name: str) -> Identity | None:
        """Who is let in under that name; None for somebody unknown or removed.

        Raises:
            NotMigratedError, StoreUnavailableError: They cannot be looked up; they are not let through either.
        """
        return self._remembered(f"person {name}", lambda: self._store().person(name))

    def _remembered(self, what: str, look_up: Callable[[], Identity | None]) -> Identity | None:
        with self._lock:
            identity, until = self._known.get(what, (None, 0.0))
        if until > self._now():
            return identity
        found = look_up()
        with self._lock:
            if found is None:
                self._known.pop(what, None)
            else:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[what] = (found, self._now() + TRUSTED_SECONDS)
        return found
