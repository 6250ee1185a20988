"""How much harm a case holds, and how soon."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cases.errors import InvalidInputError
from models.joint import JointClassifier


class SeverityClassifier(JointClassifier):
    """Feature frame to severity levels 1..K, 1 the most severe; see `JointClassifier`."""

    def _labels(self, y: npt.ArrayLike) -> npt.NDArray[np.generic]:
        given = np.asarray(y)
        try:
            with np.errstate(invalid="ignore"):  # what is no number becomes some integer, and is found out below
                levels = given.astype(np.int64)
        except (TypeError, ValueError):
            levels = np.zeros(0, dtype=np.int64)
        if len(levels) != len(given) or not np.array_equal(levels, given) or (levels < 1).any():
            raise InvalidInputError(
                f"'y' must hold whole severity levels from 1, the most severe (got {given.dtype} values that are "
                "not); map them, and turn them round where 1 is the least severe",
                field="y",
            )
        return levels
