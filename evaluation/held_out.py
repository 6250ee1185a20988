"""How a model did on the cases that were held out, as its artifact carries it: coverage by target, and calibration.

The schema is `caseload.held-out/1`, a part of the artifact's contract. Coverage is counted on the held-out cases, at
thresholds that were chosen on others (`models.tiers`), so it is what a target leaves on cases that are new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from evaluation.calibration_bins import CalibrationBin, CalibrationVerdict, calibration_bins, calibration_verdict
from models.judge import Judgement
from models.shortlist import LEVELS
from models.tiers import TARGETS, Tier, Tiers

SCHEMA = "caseload.held-out/1"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the suggestions of one category at one target of precision.

    Attributes:
        target: In (0, 1].
        applied: Cases whose suggestion is applied.
        suggested: Cases on which it is offered among few.
        abstained: Cases on which nothing is said.
        right: How many of the applied are right.
    """

    target: float
    applied: int
    suggested: int
    abstained: int
    right: int

    @property
    def cases(self) -> int:
        """All of them."""
        return self.applied + self.suggested + self.abstained


@dataclass(frozen=True, slots=True)
class CategoryCoverage:
    """One category, as suggested.

    Attributes:
        category: Its id.
        trained: At the target that the model was trained for.
        by_target: At each of `models.tiers.TARGETS`, rising.
    """

    category: str
    trained: Coverage
    by_target: tuple[Coverage, ...]

    def at(self, target: float) -> Coverage | None:
        """At the target nearest to `target`, one of those kept; None where none is."""
        return min(self.by_target, key=lambda each: abs(each.target - target), default=None)


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """All of it.

    Attributes:
        cases: How many were held out.
        coverage: Of each category learnt; empty for a judge that knows no tiers.
        calibration: The error of the first suggestion's probability.
        bins: Its reliability diagram.
    """

    cases: int
    coverage: tuple[CategoryCoverage, ...]
    calibration: CalibrationVerdict
    bins: tuple[CalibrationBin, ...]

    def of(self, category: str) -> CategoryCoverage | None:
        """That of a category; None where it was not learnt."""
        return next((each for each in self.coverage if each.category == category), None)


_FIGURES = TypeAdapter(HeldOutFigures)


def held_out_figures(
    labels: Sequence[str], tiers: Tiers | None, judgements: Sequence[Judgement], truth: Sequence[str]
) -> HeldOutFigures:
    """The figures of n held-out cases.

    Args:
        labels: Ids of the categories learnt, in the order of the tiers.
        tiers: Of the judge whose answers they are; None where it knows none.
        judgements: n of them, n ≥ 1.
        truth: n ids of the categories decided.
    """
    places = {label: place for place, label in enumerate(labels)}
    codes = np.array([places.get(name, -1) for name in truth], dtype=np.int64)
    probabilities = np.array([[each.category.get(label, 0.0) for label in labels] for each in judgements])
    top = probabilities.max(axis=1)
    return HeldOutFigures(
        len(judgements),
        () if tiers is None else _coverage(tiers, labels, probabilities, codes, judgements),
        calibration_verdict(codes, probabilities),
        tuple(calibration_bins(top, probabilities.argmax(axis=1) == codes)),
    )


def as_json(figures: HeldOutFigures) -> dict[str, Any]:
    """The figures as the artifact has them."""
    return {"schema": SCHEMA, **_FIGURES.dump_python(figures, mode="json")}


def from_json(found: Mapping[str, Any] | None) -> HeldOutFigures | None:
    """What `as_json` made; None of nothing, and of what another version wrote."""
    if found is None or found.get("schema") != SCHEMA:
        return None
    try:
        return _FIGURES.validate_python({name: value for name, value in found.items() if name != "schema"})
    except ValidationError:
        return None


def _coverage(
    tiers: Tiers,
    labels: Sequence[str],
    probabilities: npt.NDArray[np.float64],
    codes: npt.NDArray[np.int64],
    judgements: Sequence[Judgement],
) -> tuple[CategoryCoverage, ...]:
    sizes = [len(each.shortlists[LEVELS[0]]) for each in judgements]
    silent = [each.novel or not each.language_supported for each in judgements]
    suggested = probabilities.argmax(axis=1)

    def counted(at: Tiers) -> list[Coverage]:
        given = np.array(at.tier(probabilities, sizes, silent))
        return [
            _counts(float(at.targets[code]), given[own], (suggested == codes)[own])
            for code in range(len(labels))
            for own in (suggested == code,)
        ]

    trained = counted(tiers)
    others = [counted(at) for target in TARGETS if (at := tiers.at(float(target))) is not None]
    return tuple(
        CategoryCoverage(label, trained[code], tuple(each[code] for each in others))
        for code, label in enumerate(labels)
    )


def _counts(target: float, given: npt.NDArray[np.str_], right: npt.NDArray[np.bool_]) -> Coverage:
    def count(tier: Tier) -> int:
        return int((given == tier).sum())

    return Coverage(target, count("apply"), count("suggest"), count("abstain"), int(right[given == "apply"].sum()))
