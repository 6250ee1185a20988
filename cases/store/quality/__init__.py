"""The quality of decisions: each thing that is done for it has its module, and `Quality` is their sum."""

from __future__ import annotations

from cases.store.quality.adjudicating import Adjudicating
from cases.store.quality.exercising import Exercising
from cases.store.quality.golden import Golden
from cases.store.quality.reading_again import ReadingAgain
from cases.store.quality.sampling import Sampling

__all__ = ["Quality"]


class Quality(Sampling, ReadingAgain, Adjudicating, Golden, Exercising):
    """The part of the store that tells how good decisions are, and lets people practise."""
