"""What a judge knows about its own answers: shortlists, tiers, novelty, clauses, precedents, what it need not read.

All of it is fitted on out-of-fold answers of the heads, so that it holds for cases that they have not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.encoder.protocol import Vectors
from models.novelty import NoveltyDetector
from models.padding import PaddingDetector
from models.precedents import Precedents
from models.priority import HandlingTimes
from models.shortlist import LEVELS, Shortlister
from models.sub_policies import SubPolicies
from models.tiers import Tier, Tiers

# One familiar case in a hundred is called novel by mistake; a person looks at it, which costs little.
NOVEL_BELOW = 0.01
NEIGHBOURS = 5
_TIERED_BY = LEVELS[0]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Assurances:
    """Of n cases, in their order.

    Attributes:
        novelty_p: P-values in (0, 1], small = unlike all decided so far; None where the judge has no memory.
        tiers: How far each suggestion is to be trusted.
        shortlists: By coverage: the columns listed of each case, likeliest first.
        sub_policies: The clause where sure, else "".
    """

    novelty_p: tuple[float | None, ...]
    tiers: tuple[Tier, ...]
    shortlists: dict[float, list[tuple[int, ...]]]
    sub_policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assurance:
    """The fitted parts.

    Attributes:
        shortlister: Conformal sets.
        tiers: Thresholds by the policy's precision targets.
        novelty: None where too little was decided to tell.
        precedents: The decided cases learnt from; None without.
        sub_policies: None where the cases name no clauses.
        padding: None where nothing is set aside of long cases.
        handling: How long cases take; None where no decision said so.
    """

    shortlister: Shortlister
    tiers: Tiers
    novelty: NoveltyDetector | None = None
    precedents: Precedents | None = None
    sub_policies: SubPolicies | None = None
    padding: PaddingDetector | None = None
    handling: HandlingTimes | None = None

    def of(
        self,
        vectors: Vectors,
        logits: Floats,
        probabilities: Floats,
        labels: Sequence[str],
        supported: npt.NDArray[np.bool_],
    ) -> Assurances:
        """What is known of n judged cases.

        Args:
            vectors: Shape (n, d), unit length.
            logits: Shape (n, k), calibrated.
            probabilities: Shape (n, k).
            labels: k names.
            supported: Shape (n,): whether the language was learnt.
        """
        shortlists = self.shortlister.sets(probabilities)
        novelty = self._novelty(vectors, logits)
        novel = np.zeros(len(vectors), dtype=np.bool_) if novelty is None else novelty < NOVEL_BELOW
        sizes = [len(listed) for listed in shortlists[_TIERED_BY]]
        best = [labels[place] for place in probabilities.argmax(axis=1)]
        clauses = [""] * len(best) if self.sub_policies is None else self.sub_policies.clauses(vectors, best)
        return Assurances(
            novelty_p=(None,) * len(best) if novelty is None else tuple(novelty.tolist()),
            tiers=tuple(self.tiers.tier(probabilities, sizes, novel | ~supported)),
            shortlists=shortlists,
            sub_policies=tuple(clauses),
        )

    def _novelty(self, vectors: Vectors, logits: Floats) -> Floats | None:
        if self.novelty is None or self.precedents is None:
            return None
        found: Floats = self.novelty.p_values(logits.max(axis=1), self.precedents.distance(vectors, NEIGHBOURS))
        return found
