"""Identifiers: UUIDv7 strings that we make, so that they sort by time of creation."""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import NewType

SubjectId = NewType("SubjectId", str)
CaseId = NewType("CaseId", str)
ReportId = NewType("ReportId", str)
ContentId = NewType("ContentId", str)
ScoreId = NewType("ScoreId", str)
DecisionId = NewType("DecisionId", str)
BulkId = NewType("BulkId", str)
NoteId = NewType("NoteId", str)
SampleId = NewType("SampleId", str)
SampledId = NewType("SampledId", str)
ReadingId = NewType("ReadingId", str)
GoldenSetId = NewType("GoldenSetId", str)
GoldenCaseId = NewType("GoldenCaseId", str)
AttemptId = NewType("AttemptId", str)

_RANDOM_BITS, _TAIL_BITS = 74, 62
_STEP = (1 << 32) - 1  # at random up to this, so that no id follows from the one before


class Ascending:
    """Makes UUIDv7s of which each is larger than all that it made before, whichever thread asks.

    By RFC 9562, section 6.2, method 2: within a millisecond the 74 random bits only grow, by a random step, and go on
    into the milliseconds should they ever be full. A clock that is set back counts as one that stands still.

    Args:
        clock: Nanoseconds since 1970.
        draw: So many random bytes.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns, draw: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._draw = draw
        self._last = 0  # without version and variant: the milliseconds, then the random bits
        self._lock = threading.Lock()
        if sys.platform != "win32":  # where there is no fork
            os.register_at_fork(after_in_child=self._part)

    def next(self) -> str:
        """The next, as 36 lower-case characters."""
        drawn = int.from_bytes(self._draw(10), "big")
        fresh = (self._clock() // 1_000_000 << _RANDOM_BITS) | (drawn >> 80 - _RANDOM_BITS)
        with self._lock:
            later = fresh >> _RANDOM_BITS > self._last >> _RANDOM_BITS
            made = self._last = fresh if later else self._last + 1 + (drawn & _STEP)
        head, tail = made >> _TAIL_BITS, made & (1 << _TAIL_BITS) - 1
        return str(uuid.UUID(int=head >> 12 << 80 | 0x7 << 76 | (head & 0xFFF) << 64 | 0x2 << _TAIL_BITS | tail))

    def _part(self) -> None:
        """Go on from elsewhere: a forked process could otherwise make the ids of the one that it came from."""
        self._lock = threading.Lock()  # another thread may have held it at the fork
        self._last += int.from_bytes(os.urandom(9), "big")


_ascending = Ascending()


def new_id() -> str:
    """A fresh UUIDv7 as 36 lower-case characters (RFC 9562, section 5.7), larger than all that this process made.

    Those of several processes sort by their clocks, to the millisecond.
    """
    return _ascending.next()


def is_id(text: str) -> bool:
    """Whether `text` is written as one of our identifiers."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
