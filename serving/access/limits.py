"""How much of the service one identity may take: requests a second, and requests at once. Counted in this process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cases.identity import Identity, IdentityKind
from serving.api.problems import RateLimitedError

# After silence so many seconds' worth of requests may come in one go.
BURST_SECONDS = 2.0


@dataclass(slots=True)
class _Share:
    """What one identity has left: tokens at a time, and how many requests are being answered."""

    tokens: float
    at: float
    answering: int = 0


class Limits:
    """A token bucket and a count for each identity. One event loop may share it.

    Args:
        per_second: Requests a second that each may send for long, above 0.
        at_once: Requests of each that may be answered at one time, at least 1.
        now: Seconds that only ever grow.
    """

    def __init__(self, per_second: float, at_once: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._now = now
        # Of those who are let in alone, so there are never more than callers and people.
        self._shares: dict[tuple[IdentityKind, str], _Share] = {}

    @contextmanager
    def one(self, who: Identity) -> Iterator[None]:
        """While one request of theirs is being answered.

        Raises:
            RateLimitedError: They have sent too many; says in how many seconds the next is let in.
        """
        most, now = max(1.0, self._per_second * BURST_SECONDS), self._now()
        share = self._shares.setdefault((who.kind, who.name), _Share(most, now))
        share.tokens, share.at = min(most, share.tokens + (now - share.at) * self._per_second), now
        if share.answering >= self._at_once:
            raise RateLimitedError(
                f"'requests' must be at most {self._at_once} at a time (got one more); wait for some to end", 1
            )
        if share.tokens < 1:
            raise RateLimitedError(
                f"'requests' must be at most {self._per_second:g} a second (got more); send them more slowly",
                math.ceil((1 - share.tokens) / self._per_second),
            )
        share.tokens -= 1
        share.answering += 1
        try:
            yield
        finally:
            share.answering -= 1
