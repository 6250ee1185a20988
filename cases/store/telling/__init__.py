"""Telling others what happens: a transactional outbox that is read from the log of events.

    events ──(deriving, in order, once)──► deliveries ──(delivering, leased)──► receivers

No step with a case writes anything for this or waits for it. Alarms, which are no events of a case, are put among the
deliveries as they begin and end.
"""

from __future__ import annotations

from cases.store.telling.alarming import Alarming
from cases.store.telling.delivering import Delivering
from cases.store.telling.deriving import Deriving
from cases.store.telling.hooking import Hooking
from cases.store.telling.listing import Listing
from cases.store.telling.replaying import Replaying

__all__ = ["Telling"]


class Telling(Hooking, Deriving, Alarming, Delivering, Listing, Replaying):
    """The part of the store that tells others."""
