"""What a case is about: its category in the policy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.joint import JointClassifier


class CategoryClassifier(JointClassifier):
    """Feature frame to category ids; see `JointClassifier`. Labels are strings."""

    def _labels(self, y: npt.ArrayLike) -> npt.NDArray[np.generic]:
        return super()._labels(np.asarray(y, dtype=object))
