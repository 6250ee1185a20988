"""How sure is sure enough: each category's target of precision, and what it leaves, held out and live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from cases.errors import ArtifactError
from cases.suggested import TierCounts
from evaluation.held_out import CategoryCoverage, Coverage, HeldOutFigures, from_json
from models.artifact import read_held_out
from serving.console.overseeing.shares import Share, share_of
from serving.services import Services

TIERS = ("apply", "suggest", "abstain")


@dataclass(frozen=True, slots=True)
class Live:
    """What became of a category's suggestions in the last days.

    Attributes:
        cases: How many.
        shares: Of each tier, in the order apply, suggest, abstain; empty where no case told its tier.
        right: Of those in the tier "apply" that people decided, the share in the category suggested.
    """

    cases: int
    shares: tuple[float, ...]
    right: Share | None


@dataclass(frozen=True, slots=True)
class Targets:
    """A category's target of precision, and what it leaves.

    Attributes:
        today: The policy's, in (0, 1].
        held_out: At the target that the model was trained for; None where that is not known for this model.
        if_moved: At the target asked for; None where none was, or it is not known.
        live: In the last days; None where nothing was suggested.
    """

    today: float
    held_out: Coverage | None
    if_moved: Coverage | None
    live: Live | None


def held_out_of(parts: Services) -> HeldOutFigures | None:
    """How the model that serves did on the cases held out; None where it does not tell, or none serves."""
    champion = parts.watch.serving.champion
    if champion is None or parts.watch.serving.model is None:
        return None
    try:
        return from_json(read_held_out(parts.settings.models_dir / champion.sha256))
    except ArtifactError:
        # The model was verified when it was loaded, so its files were touched since; the watch tells of that.
        return None


@dataclass(frozen=True)
class TargetsAsked:
    """The targets that are looked at; the model's figures and the record are read once.

    Attributes:
        days: How far back what is live goes.
        moved: Other targets to ask about, by category.
    """

    parts: Services
    days: int
    moved: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def figures(self) -> HeldOutFigures | None:
        """What `held_out_of` tells."""
        return held_out_of(self.parts)

    @cached_property
    def each(self) -> dict[str, Targets]:
        """By category."""
        known = {} if self.figures is None else {each.category: each for each in self.figures.coverage}
        counts = self.parts.store().tier_counts(timedelta(days=self.days))
        return {
            name: _targets(today, known.get(name), counts.get(name), self.moved.get(name))
            for name, today in self.parts.taxonomy.precision_targets.items()
        }


def _targets(
    today: float, coverage: CategoryCoverage | None, counts: TierCounts | None, asked: float | None
) -> Targets:
    return Targets(
        today,
        None if coverage is None else coverage.trained,
        None if coverage is None or asked is None else coverage.at(asked),
        None if counts is None else _live(counts),
    )


def _live(counts: TierCounts) -> Live:
    told = [counts.scored.get(tier, 0) for tier in TIERS]
    return Live(
        sum(counts.scored.values()),
        tuple(each / sum(told) for each in told) if sum(told) else (),
        share_of(counts.right, counts.decided),
    )
