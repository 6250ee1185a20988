"""What a case is about: its category in the policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.frame import SIGNALS, TEXT, embedding_columns
from models.blocks import FeatureBlocks
from models.dense import Definitions
from models.joint import JointClassifier


class CategoryClassifier(JointClassifier):
    """Feature frame to category ids; see `JointClassifier`. Labels are strings."""

    def _labels(self, y: npt.ArrayLike) -> npt.NDArray[np.generic]:
        return super()._labels(np.asarray(y, dtype=object))

    @classmethod
    def from_definitions(cls, labels: Sequence[str], vectors: npt.NDArray[np.float32]) -> Self:
        """A classifier from what the policy says of each category alone, before anything has been decided.

        It goes by how near a case is to each definition. With no decided case there is nothing to calibrate on: its
        probabilities rank categories, and are no promise.

        Args:
            labels: k ≥ 2 category ids.
            vectors: Shape (k, d): the embedding of each one's definition, unit length.
        """
        order = np.argsort(np.asarray(labels))
        head = cls(lexical_weight=0.0, dense_weight=1.0)
        names = embedding_columns(vectors.shape[1])
        frame = pd.DataFrame(vectors, columns=names)
        frame.insert(0, TEXT, pd.Series([""] * len(labels), dtype="str"))
        frame.insert(1, SIGNALS, pd.Series([{} for _ in labels], dtype="object"))
        member = Definitions(vectors[order]).fit(vectors, np.arange(len(labels)), len(labels))
        head.classes_ = head._labels(np.asarray(labels, dtype=object)[order])
        head.blocks_ = FeatureBlocks(0.0, 1.0).fit(frame)
        head.weights_ = member.weights.astype(np.float32)
        head.intercepts_ = member.intercepts.astype(np.float32)
        head.temperature_, head.C_, head.pool_ = 1.0, 1.0, {"definitions": 1.0}
        head.lexical_weight_, head.dense_weight_ = 0.0, 1.0
        return head
