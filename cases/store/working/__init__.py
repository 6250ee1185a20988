"""Working the queue: each thing that people do with a case has its module, and `Working` is their sum.

All come in the same form: lock the case, see whether it may happen, let it happen (`cases.store.living`).
"""

from __future__ import annotations

from cases.store.working.bulk import Bulk
from cases.store.working.deciding import Deciding
from cases.store.working.parking import Parking
from cases.store.working.placing import Placing
from cases.store.working.queueing import Queueing
from cases.store.working.ranking import Ranking, Reranked
from cases.store.working.reviewing import Reviewing
from cases.store.working.undoing import Undoing

__all__ = ["Reranked", "Working"]


class Working(Queueing, Parking, Placing, Deciding, Reviewing, Undoing, Bulk, Ranking):
    """The part of the store that people work with."""
