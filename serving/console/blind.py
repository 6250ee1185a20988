"""The blind slice: a few cases of which the associate sees no suggestion before they have decided.

What people decide while they see a suggestion is partly the suggestion. On these cases it is theirs alone, so they
say how good the model is, and how much it leads. Which cases they are follows from the case's id, so nobody can
reload a page until the suggestion shows, and two associates see the same.
"""

from __future__ import annotations

from hashlib import blake2b

from cases.ids import CaseId
from cases.record import Case

_BITS = 53  # of a double's mantissa


def is_blind(case_id: CaseId, share: float) -> bool:
    """Whether the suggestion is hidden on this case, as on `share` of all, in [0, 1]."""
    # Not the draw of the random lane: whether a case ranks by lot says nothing of whether it is decided blind.
    digest = blake2b(case_id.encode("ascii"), digest_size=8, person=b"blind-slice").digest()
    return (int.from_bytes(digest, "big") >> (64 - _BITS)) / float(1 << _BITS) < share


def is_hidden(case: Case, share: float) -> bool:
    """Whether the suggestion is kept from view: the case is of the blind slice and nobody has decided it."""
    return case.decision_id is None and is_blind(case.id, share)
