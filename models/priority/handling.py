"""How long a case takes, by category: learnt from decisions, drawn towards the mean of all where they are few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError

# A category's own mean counts as much as the mean of all when it has so many decisions.
_PRIOR_DECISIONS = 10
# A case left open over lunch is no handling time: what takes longer than so many times the median counts as that.
_LONGEST = 20.0


@dataclass(frozen=True, slots=True)
class HandlingTimes:
    """Mean handling minutes.

    Attributes:
        by_category: Of each category that has decisions with a time, above 0.
        overall: Of all of them, above 0.
    """

    by_category: Mapping[str, float]
    overall: float

    @classmethod
    def fit(cls, decided: Iterable[tuple[str, float]]) -> HandlingTimes | None:
        """From pairs of category and seconds worked; None where no pair has a time above 0."""
        timed = [(category, seconds) for category, seconds in decided if seconds > 0]
        if not timed:
            return None
        longest = _LONGEST * median(seconds for _, seconds in timed)
        taken_by: dict[str, list[float]] = defaultdict(list)
        for category, seconds in timed:
            taken_by[category].append(min(seconds, longest) / 60)
        every = [minutes for taken in taken_by.values() for minutes in taken]
        overall = sum(every) / len(every)
        return cls(
            {
                category: (sum(taken) + _PRIOR_DECISIONS * overall) / (len(taken) + _PRIOR_DECISIONS)
                for category, taken in sorted(taken_by.items())
            },
            overall,
        )

    def to_store(self) -> tuple[dict[str, npt.NDArray[np.float64]], dict[str, Any]]:
        """Arrays by name, and settings that JSON can hold."""
        minutes = np.array(list(self.by_category.values()), dtype=np.float64)
        return {"minutes": minutes}, {"categories": list(self.by_category), "overall": self.overall}

    @classmethod
    def from_store(cls, arrays: Mapping[str, npt.NDArray[np.float64]], settings: Mapping[str, Any]) -> HandlingTimes:
        """What `to_store` gave.

        Raises:
            ArtifactError: The times are not what they must be.
        """
        minutes, categories, overall = arrays["minutes"], settings["categories"], settings["overall"]
        if minutes.shape != (len(categories),) or not (np.isfinite(minutes) & (minutes > 0)).all() or not overall > 0:
            raise ArtifactError(
                f"'handling' must be minutes above 0, one for each of {len(categories)} categories (got shape "
                f"{minutes.shape}); promote it again from the tracker, or roll back"
            )
        return cls(dict(zip(categories, minutes.tolist(), strict=True)), float(overall))

    def expected(self, category: Mapping[str, float]) -> float:
        """Minutes expected under a distribution over categories, whose rest up to 1 takes as long as the mean."""
        rest = 1.0 - sum(category.values())
        return rest * self.overall + sum(
            probability * self.by_category.get(name, self.overall) for name, probability in category.items()
        )
