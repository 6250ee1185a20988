"""The random lane: a few cases rank by lot, so that what people decide is not only what a model thought urgent.

Whether a case ranks by lot and where follow from one number that its id gives, so a case keeps its lot for good:
scoring it again, by whichever model, draws nothing anew. The probability of having come to rank so is kept with the
score, which is what weighting decided cases by inverse propensity needs.
"""

from __future__ import annotations

from hashlib import blake2b

from cases.ids import CaseId

_BITS = 53  # of a double's mantissa


def lot_of(case_id: CaseId) -> float:
    """The case's lot, uniform in [0, 1) over ids."""
    digest = blake2b(case_id.encode("ascii"), digest_size=8, person=b"random-lane").digest()
    return (int.from_bytes(digest, "big") >> (64 - _BITS)) / float(1 << _BITS)
