"""A new kind of case: several that are unlike all that was decided, and like each other.

    group of a case = it and all within `DISTANCE` of it, 1 - cosine of the embeddings;  a new kind: at least `LEAST`

One novel case is an oddity; that several are odd in the same way is what chance does not do. The largest group is
taken, then the largest of what is left: the greedy form of density clustering's core points (Ester et al. 1996, "A
density-based algorithm for discovering clusters", KDD-96), without its chains, so that each member is like one case
that can be shown. How seldom cases that have nothing to do with each other make a group was measured: docs/fires.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt

WITHIN = timedelta(hours=72)
LEAST = 4
DISTANCE = 0.45


def new_kinds(
    case_ids: Sequence[str], vectors: npt.NDArray[np.float32], *, distance: float = DISTANCE, least: int = LEAST
) -> list[tuple[str, ...]]:
    """The groups of novel cases that are like each other, the largest first, each with its centre first.

    Args:
        case_ids: n ids of novel cases that came in within `WITHIN`, each once.
        vectors: Shape (n, d), float32, of length 1; 0 for a text without words, which is like no other.
        distance: How far from its centre a member may lie, 0..2.
        least: How many make a group, at least 2.

    Raises:
        ValueError: There is not one vector for each id.
    """
    if vectors.ndim != 2 or len(vectors) != len(case_ids):
        raise ValueError(
            f"'vectors' must be one for each case (got shape {vectors.shape} for {len(case_ids)}); embed each"
        )
    worded = np.einsum("ij,ij->i", vectors, vectors) > 0.5
    near = (vectors @ vectors.T >= 1.0 - distance) & worded[:, None] & worded[None, :]
    left, found = worded.copy(), list[tuple[str, ...]]()
    while left.any():
        sizes = np.where(left, (near & left[None, :]).sum(axis=1), 0)
        centre = int(sizes.argmax())
        if sizes[centre] < least:
            break
        members = near[centre] & left
        others = [int(row) for row in np.flatnonzero(members) if row != centre]
        found.append(tuple(case_ids[row] for row in (centre, *others)))
        left &= ~members
    return found
