"""Shares of what was counted, with the interval that says how much to make of them."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.bootstrap import Interval
from evaluation.wilson import wilson

# Below so many decisions a share says nothing that one more could not turn round.
FEW = 30


@dataclass(frozen=True, slots=True)
class Share:
    """A share of decisions, with its 95 % interval.

    Attributes:
        of: How many decisions it is a share of.
        interval: The share, and between what it lies.
    """

    of: int
    interval: Interval

    @property
    def few(self) -> bool:
        """Whether it is of too few to say much."""
        return self.of < FEW


def share_of(hits: int, of: int) -> Share | None:
    """`hits` out of `of`; None of nothing."""
    found = wilson(hits, of)
    return None if found is None else Share(of, found)
