"""Failed sign-ins: how many there were from one address within a minute, and who is refused for it, unheard.

Counted are keys that are unknown, revoked or ended, secrets and signatures that do not hold. An address that failed
too often is refused before anything is hashed or looked up. Behind one address there may be many, though: what was
let in from there before goes on being heard, and is refused for failures of its own alone.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from ipaddress import ip_network
from typing import Any

from serving.access.proxies import TrustedProxies, address_of
from serving.api.problems import NotSignedError, RateLimitedError, UnauthorizedError
from serving.observing.logs import logger
from serving.observing.measures import measures

WINDOW_SECONDS = 60.0
# Of each kind of thing that is remembered; what was used longest ago makes room.
MOST_REMEMBERED = 10_000
# Of a key so much is its name here: "cl_" and 78 of its 256 bits.
_PREFIX = 16
# Whoever has one IPv6 address has all of its network.
_IPV6_PREFIX = 64

_NOWHERE = "nowhere"


class Means(StrEnum):
    """What somebody signs in by."""

    KEY = "key"
    PERSON = "person"
    SIGNATURE = "signature"


_Key = tuple[str, ...]  # an address; or one, the means, and the name of that: a key's prefix, a source


class _Windows:
    """Failures by what failed, each counted for a minute from the first."""

    def __init__(self) -> None:
        self._found: OrderedDict[_Key, tuple[int, float]] = OrderedDict()

    def count(self, what: _Key, now: float) -> tuple[int, float]:
        """How many there were, and when these are forgotten."""
        count, until = self._found.get(what, (0, 0.0))
        return (count, until) if now < until else (0, now + WINDOW_SECONDS)

    def add(self, what: _Key, now: float) -> int:
        """One more; answers how many there were."""
        count, until = self.count(what, now)
        self._found[what] = (count + 1, until)
        self._found.move_to_end(what)
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)
        return count + 1

    def many(self, limit: int, now: float) -> int:
        """Of how many there were so many, and are still counted."""
        return sum(count >= limit and now < until for count, until in self._found.values())


class Failures:
    """Counts failed sign-ins, and refuses whoever had too many. Threads may share it.

    Args:
        proxies: Who is believed about addresses.
        per_minute: How many may fail from one address, at least 1.
        now: Seconds that only ever grow.
    """

    def __init__(self, proxies: TrustedProxies, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._proxies = proxies
        self._per_minute = per_minute
        self._now = now
        self._of_address, self._of_named = _Windows(), _Windows()
        self._let_in: OrderedDict[_Key, None] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def attempt(self, scope: Mapping[str, Any], means: Means, name: str = "") -> Iterator[None]:
        """While somebody is asked who they are: what fails within is counted.

        Args:
            scope: The request's, by ASGI.
            means: What they sign in by.
            name: Which of these: the key, whose first characters alone are kept, or the source that signs.

        Raises:
            RateLimitedError: Too many failed; says in how many seconds the next is heard.
        """
        # What a proxy says of its own address is worth nothing before it has proven itself.
        address = address_of(scope) if means is Means.PERSON else self._proxies.asker(scope)
        where = _network(address)
        who = (where, means.value, name[:_PREFIX] if means is Means.KEY else name)
        self._refuse_after_many(where, who, means)
        try:
            yield
        except (UnauthorizedError, NotSignedError):
            self._failed(where, who, means)
            raise
        with self._lock:
            self._let_in[who] = None
            self._let_in.move_to_end(who)
            if len(self._let_in) > MOST_REMEMBERED:
                self._let_in.popitem(last=False)

    def addresses(self) -> int:
        """From how many addresses what is not known is refused at this moment."""
        with self._lock:
            return self._of_address.many(self._per_minute, self._now())

    def _refuse_after_many(self, where: str, who: _Key, means: Means) -> None:
        now = self._now()
        with self._lock:
            counted = [self._of_named.count(who, now)]
            if who not in self._let_in:
                counted.append(self._of_address.count((where,), now))
        over = [until for count, until in counted if count >= self._per_minute]
        if over:
            measures().sign_ins_refused.labels(means.value).inc()
            raise RateLimitedError(
                f"'sign-ins' must fail at most {self._per_minute} times a minute from one address (got as many); "
                "wait, then send what is let in",
                math.ceil(max(over) - now),
            )

    def _failed(self, where: str, who: _Key, means: Means) -> None:
        now = self._now()
        with self._lock:
            self._of_named.add(who, now)
            count = self._of_address.add((where,), now)
        measures().sign_ins_failed.labels(means.value).inc()
        if count == self._per_minute:
            # Without the address, which is somebody's; a proxy or a firewall knows it.
            logger.warning("%d sign-ins failed from one address: those to come are refused for a minute", count)


def _network(address: str) -> str:
    """The address that failures are counted by: an IPv6 one's network, since whoever has one has all of that."""
    try:
        network = ip_network(f"{address}/{_IPV6_PREFIX}" if ":" in address else address, strict=False)
    except ValueError:
        return _NOWHERE
    return str(network)
