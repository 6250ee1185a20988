"""A snapshot's rows as the models take them, and a judge's answers as matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.assemble import AssembledCase, assemble
from models.judge import Judgement


def assembled_rows(rows: pd.DataFrame) -> list[AssembledCase]:
    """Each row through the one assembly that serving uses too."""
    columns = ("title", "description", "channel", "attributes")
    return [
        assemble(title, description, channel=channel, attributes=attributes)
        for title, description, channel, attributes in zip(*(rows[name] for name in columns), strict=True)
    ]


def category_matrix(judgements: Sequence[Judgement], labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """(n, k) probabilities in the order of `labels`; 0 for a label that the model has not learnt."""
    return np.array([[judgement.category.get(label, 0.0) for label in labels] for judgement in judgements])


def severity_matrix(judgements: Sequence[Judgement], levels: Sequence[int]) -> npt.NDArray[np.float64]:
    """(n, K) probabilities of the levels in their order; 0 for a level that the model has not learnt."""
    return np.array([[judgement.severity.get(level, 0.0) for level in levels] for judgement in judgements])
