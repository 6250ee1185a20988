"""What must hold of a case for something to be done to it: as its caller saw it, and theirs to see.

Both are asked under the lock that the step takes, since what was looked at before may have changed by then.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Precondition:
    """As a case must be.

    Attributes:
        versions: The version that the caller saw, or one of several: the number of the case's latest event
            but for being ranked again (`CaseStore.version`). None: whichever it is.
        queues: Those whose cases the caller sees; None: all.
    """

    versions: Collection[int] | None = None
    queues: Collection[str] | None = None


ANYWAY = Precondition()
