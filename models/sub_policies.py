"""The fine answer: which clause of a category a case falls under, said only where it is likely enough to be right.

Predicted fine and rolled up: the clause comes from a model of all clauses, the category from `models.category`. Where
the clause is unsure its parent alone is said; half an answer that is right helps more than a whole one that is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError
from models.calibration import fit_temperature, probabilities
from models.dense import Codes, DenseLinear, DenseMember, Rows, Vectors
from models.search import learnable
from models.tiers import Tiers

# Whoever reads it has the category before them and the case at hand; four of five right is worth reading.
PRECISION = 0.8
_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class SubPolicies:
    """A calibrated linear model of the clauses.

    Attributes:
        labels: f names "category/clause", in the order of the columns.
        model: On the embedding; its temperature is in its weights.
        tiers: From which probability on a clause is said.
    """

    labels: tuple[str, ...]
    model: DenseLinear
    tiers: Tiers

    @classmethod
    def fit(
        cls, member: DenseMember, vectors: Vectors, labels: Sequence[str], codes: Codes, rows: Rows, folds: Rows
    ) -> Self:
        """Fit on decided cases.

        Args:
            member: The kind of model.
            vectors: Shape (n, d).
            labels: f names "category/clause", in the order of the codes.
            codes: Shape (n,), 0..f-1.
            rows: Shape (m,): rows to calibrate on, each by a fit without its fold.
            folds: Shape (m,).
        """
        held_out = member.out_of_fold(vectors, codes, len(labels), rows, folds)
        usable = learnable(codes[rows], folds) & np.isfinite(held_out).all(axis=1)
        truth = codes[rows][usable]
        temperature = fit_temperature(held_out[usable], truth)
        fitted = member.fit(vectors, codes, len(labels))
        model = DenseLinear(fitted.weights / temperature, fitted.intercepts / temperature)
        tiers = Tiers.fit(probabilities(held_out[usable], temperature), truth, default=PRECISION)
        return cls(tuple(labels), model, tiers)

    def clauses(self, vectors: Vectors, categories: Sequence[str]) -> list[str]:
        """The clause of each row's category, "" where it is unsure.

        Args:
            vectors: Shape (n, d).
            categories: n ids: the category suggested.
        """
        chances = probabilities(self.model.logits(vectors))
        return [self._clause(row, category) for row, category in zip(chances, categories, strict=True)]

    def _clause(self, chances: npt.NDArray[np.float64], category: str) -> str:
        best = int(chances.argmax())
        parent, _, clause = self.labels[best].partition(_SEPARATOR)
        # A clause of another category would contradict what is suggested beside it.
        sure = parent == category and chances[best] >= self.tiers.thresholds[best]
        return clause if sure else ""

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON settings that `from_store` reads."""
        arrays, _ = self.tiers.to_store()
        return {"weights": self.model.weights, "intercepts": self.model.intercepts, **arrays}, {
            "labels": list(self.labels)
        }

    @classmethod
    def from_store(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """What `to_store` wrote.

        Raises:
            ArtifactError: It does not fit together.
        """
        try:
            labels = tuple(str(label) for label in settings["labels"])
            model = DenseLinear(arrays["weights"], arrays["intercepts"])
        except (KeyError, TypeError) as error:
            raise _refused(type(error).__name__) from error
        tiers = Tiers.from_store(arrays, {})
        if not model.weights.ndim == 2 or not model.weights.shape[1] == len(model.intercepts) == len(labels):
            raise _refused(f"{model.weights.shape} weights for {len(labels)} labels")
        if len(tiers.thresholds) != len(labels):
            raise _refused(f"{len(tiers.thresholds)} thresholds for {len(labels)} labels")
        return cls(labels, model, tiers)


def clause_label(category: str, sub_policy: str) -> str:
    """The name of a clause among those of all categories."""
    return f"{category}{_SEPARATOR}{sub_policy}"


def _refused(got: str) -> ArtifactError:
    return ArtifactError(
        f"'sub_policies' must be a weight, an intercept and a threshold a clause (got {got}); promote it again from "
        "the tracker, or roll back"
    )
