"""Who asks: a system by the key in its Authorization header, or a person whom a trusted proxy signed in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cases.clock import Clock, utc_now
from cases.identity import Identity, IdentityKind
from cases.store import CaseStore
from serving.problems import UnauthorizedError, UnknownPersonError
from serving.proxies import TrustedProxies, keys_of

# What was looked up once is believed for so long, so that revoking a key takes effect within that time.
TRUSTED_SECONDS = 5.0
_REMEMBERED = 1_000
_NO_KEY = "Send 'Authorization: Bearer <key>', once, with a key that is not revoked or ended."


class _Told(NamedTuple):
    """What a request tells of who asks: a key, or the name of a person."""

    kind: IdentityKind
    by: str


class Callers:
    """Identities of requests. Threads may share it.

    Args:
        store: Answers the open store.
        proxies: Who is believed about people.
        clock: Business time, by which keys end.
        now: Seconds that only ever grow.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        proxies: TrustedProxies,
        clock: Clock = utc_now,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._proxies = proxies
        self._clock = clock
        self._now = now
        self._known: dict[_Told, tuple[Identity, float]] = {}
        self._lock = threading.Lock()

    def remembered(self, scope: Mapping[str, Any]) -> Identity | None:
        """Who asks, where that was looked up a moment ago; None where `of_request` must tell. It waits for nothing.

        Args:
            scope: The request's, by ASGI.

        Raises:
            UnauthorizedError: It holds no key, or is of no proxy that is believed.
        """
        return self._remembered(self._told(scope))

    def of_request(self, scope: Mapping[str, Any]) -> Identity:
        """Who asks. A request that tells of a person is theirs or nobody's: no key stands in for it.

        Args:
            scope: The request's, by ASGI.

        Raises:
            UnauthorizedError: It holds no key that is valid now, and is of no proxy that is believed.
            UnknownPersonError: A proxy that is believed signed somebody in who is not let in.
            NotMigratedError, StoreUnavailableError: They cannot be looked up; they are not let through either.
        """
        told = self._told(scope)
        known = self._remembered(told) or self._looked_up(told)
        if known is not None:
            return known
        if told.kind is IdentityKind.PERSON:
            raise UnknownPersonError("You are signed in, and nobody has let you in here: `caseload person add` does.")
        raise UnauthorizedError(_NO_KEY)

    def _told(self, scope: Mapping[str, Any]) -> _Told:
        if self._proxies.tells(scope):
            name = self._proxies.person(scope)
            if name is None:
                raise UnauthorizedError(
                    "What a proxy says of a person counts alone, said once, from a trusted network and with its "
                    "secret."
                )
            return _Told(IdentityKind.PERSON, name)
        keys = keys_of(scope)
        scheme, _, key = keys[0].partition(" ") if len(keys) == 1 else ("", "", "")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise UnauthorizedError(_NO_KEY)
        return _Told(IdentityKind.CALLER, key)

    def _remembered(self, told: _Told) -> Identity | None:
        with self._lock:
            identity, until = self._known.get(told, (None, 0.0))
        return identity if until > self._now() else None

    def _looked_up(self, told: _Told) -> Identity | None:
        store = self._store()
        is_person = told.kind is IdentityKind.PERSON
        found = store.person(told.by) if is_person else store.caller_for_key(told.by, self._clock())
        with self._lock:
            if found is None:
                self._known.pop(told, None)
            else:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[told] = (found, self._now() + TRUSTED_SECONDS)
        return found
