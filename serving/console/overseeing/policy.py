"""The policy in words: what each category holds, cases of it, how sure is sure enough, and what that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from cases.errors import ArtifactError
from cases.identity import Identity
from cases.suggested import TierCounts
from evaluation.held_out import CategoryCoverage, Coverage, HeldOutFigures, from_json
from models.artifact import read_held_out
from models.tiers import TARGETS
from serving.console.overseeing.shares import Share, share_of
from serving.console.pages import PageRoute, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=365)]

EXAMPLES = 3
_TIERS = ("apply", "suggest", "abstain")


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


@router.get("/policy")
def show_policy(
    request: Request,
    parts: Parts,
    who: Who,
    days: Days = 30,
    category: Annotated[str, Query(max_length=100)] = "",
    target: Annotated[float | None, Query(ge=TARGETS[0], le=TARGETS[-1])] = None,
) -> HTMLResponse:
    """The taxonomy in words, examples, targets; `category` and `target` ask what another target would leave."""
    figures, counts = held_out_of(parts), parts.store().tier_counts(timedelta(days=days))
    known = {} if figures is None else {each.category: each for each in figures.coverage}
    asked = target if category in parts.taxonomy.category_ids else None
    return page(
        request,
        "policy.html",
        days=days,
        known=figures is not None and bool(figures.coverage),
        held_out=0 if figures is None else figures.cases,
        asked=category,
        wanted=asked,
        choosable=[float(each) for each in TARGETS],
        targets={
            name: _targets(today, known.get(name), counts.get(name), asked if name == category else None)
            for name, today in parts.taxonomy.precision_targets.items()
        },
        examples={
            name: [(each, each.title if who.sees(each.queue) else None) for each in found]
            for name, found in parts.store().examples(EXAMPLES).items()
        },
    )


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
    told = [counts.scored.get(tier, 0) for tier in _TIERS]
    return Live(
        sum(counts.scored.values()),
        tuple(each / sum(told) for each in told) if sum(told) else (),
        share_of(counts.right, counts.decided),
    )
