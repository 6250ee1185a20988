"""Who asks: a system by the key in its Authorization header, or a person: whom a trusted proxy signed in, or whose
session in the console it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from cases.clock import Clock, utc_now
from cases.identity import Identity
from cases.store import CaseStore
from serving.access.failures import Failures, Means
from serving.access.proxies import TrustedProxies, keys_of
from serving.api.problems import UnauthorizedError, UnknownPersonError

# What was looked up once is believed for so long, so that revoking a key takes effect within that time.
TRUSTED_SECONDS = 5.0
_REMEMBERED = 1_000
_NO_KEY = "Send 'Authorization: Bearer <key>', once, with a key that is not revoked or ended."

# Of a person who signed in to the console without a proxy.
SESSION_COOKIE = "caseload_session"


class _How(Enum):
    KEY = auto()
    PERSON = auto()
    SESSION = auto()


class _Told(NamedTuple):
    """What a request tells of who asks: a key, a person's name that is to be believed, or a session's token."""

    how: _How
    by: str


class Callers:
    """Identities of requests. Threads may share it.

    Args:
        store: Answers the open store.
        proxies: Who is believed about people.
        failures: Who failed to say who they are.
        clock: Business time, by which keys end.
        now: Seconds that only ever grow.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        proxies: TrustedProxies,
        failures: Failures,
        clock: Clock = utc_now,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._proxies = proxies
        self._failures = failures
        self._clock = clock
        self._now = now
        self._known: dict[_Told, tuple[Identity, float]] = {}
        self._lock = threading.Lock()

    def remembered(self, scope: Mapping[str, Any]) -> Identity | None:
        """Who asks, where that was looked up a moment ago; None where `of_request` must tell. It waits for nothing.

        Args:
            scope: The request's, by ASGI.
        """
        told = self._person_told(scope) if self._proxies.tells(scope) else _key_told(scope)
        return None if told is None else self._remembered(told)

    def of_request(self, scope: Mapping[str, Any]) -> Identity:
        """Who asks. A request that tells of a person is theirs or nobody's: no key stands in for it.

        Args:
            scope: The request's, by ASGI.

        Raises:
            UnauthorizedError: It holds no key that is valid now, and is of no proxy that is believed.
            UnknownPersonError: A proxy that is believed signed somebody in who is not let in.
            RateLimitedError: Too many failed to say who they are from where this comes from.
            NotMigratedError, StoreUnavailableError: They cannot be looked up; they are not let through either.
        """
        if self._proxies.tells(scope):
            return self._person(scope)
        told = _key_told(scope)
        if told is None:
            raise UnauthorizedError(_NO_KEY)
        with self._failures.attempt(scope, Means.KEY, told.by):
            known = self._remembered(told) or self._looked_up(told)
            if known is None:
                raise UnauthorizedError(_NO_KEY)
            return known

    def of_visitor(self, scope: Mapping[str, Any]) -> Identity | None:
        """Which person asks for a page; None where nobody is signed in. A key opens none: it is no person's.

        Args:
            scope: The request's, by ASGI.

        Raises:
            UnauthorizedError: What is said of a person is of no proxy that is believed.
            UnknownPersonError: A proxy that is believed signed somebody in who is not let in.
            RateLimitedError: As of `of_request`.
            NotMigratedError, StoreUnavailableError: They cannot be looked up; they are not let through either.
        """
        if self._proxies.tells(scope):
            return self._person(scope)
        token = session_of(scope)
        if token is None:
            return None
        told = _Told(_How.SESSION, token)
        return self._remembered(told) or self._looked_up(told)

    def forget(self, token: str) -> None:
        """Believe the session no more: it was ended."""
        with self._lock:
            self._known.pop(_Told(_How.SESSION, token), None)

    def _person(self, scope: Mapping[str, Any]) -> Identity:
        with self._failures.attempt(scope, Means.PERSON):
            told = self._person_told(scope)
            if told is None:
                raise UnauthorizedError(
                    "What a proxy says of a person counts alone, said once, from a trusted network and with its "
                    "secret."
                )
            known = self._remembered(told) or self._looked_up(told)
            if known is None:
                raise UnknownPersonError(
                    "You are signed in, and nobody has let you in here: `caseload person add` does."
                )
            return known

    def _person_told(self, scope: Mapping[str, Any]) -> _Told | None:
        name = self._proxies.person(scope)
        return None if name is None else _Told(_How.PERSON, name)

    def _remembered(self, told: _Told) -> Identity | None:
        with self._lock:
            identity, until = self._known.get(told, (None, 0.0))
        return identity if until > self._now() else None

    def _looked_up(self, told: _Told) -> Identity | None:
        store = self._store()
        if told.how is _How.KEY:
            found = store.caller_for_key(told.by, self._clock())
        elif told.how is _How.PERSON:
            found = store.person(told.by)
        else:
            found = store.person_of_session(told.by)
        with self._lock:
            if found is None:
                self._known.pop(told, None)
            else:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[told] = (found, self._now() + TRUSTED_SECONDS)
        return found


def session_of(scope: Mapping[str, Any]) -> str | None:
    """The session's token that the request carries; None where it carries none, or more than one."""
    told = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie"]
    pairs = [pair.strip().partition("=") for header in told for pair in header.split(";")]
    tokens = [value for name, _, value in pairs if name == SESSION_COOKIE and value]
    return tokens[0] if len(tokens) == 1 else None


def _key_told(scope: Mapping[str, Any]) -> _Told | None:
    keys = keys_of(scope)
    scheme, _, key = keys[0].partition(" ") if len(keys) == 1 else ("", "", "")
    key = key.strip()
    return _Told(_How.KEY, key) if scheme.lower() == "bearer" and key else None
