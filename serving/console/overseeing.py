"""What leads, policy owners and whoever trains the model look at: the team's work, the policy, the model in use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from cases.identity import Identity
from cases.ids import CaseId
from cases.store import CameOf
from evaluation.bootstrap import Interval
from evaluation.wilson import wilson
from serving.console.pages import PageRoute, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]
Days = Annotated[int, Query(ge=1, le=90)]

# Below so many decisions a share says nothing that one more could not turn round.
FEW = 30


@dataclass(frozen=True, slots=True)
class Share:
    """A share of decisions, with its 95 % interval.

    Attributes:
        of: How many decisions it is a share of.
        interval: The share, and between what it lies.
    """

    of: int
    interval: Interval

    @property
    def few(self) -> bool:
        """Whether it is of too few to say much."""
        return self.of < FEW


def share_of(hits: int, of: int) -> Share | None:
    """`hits` out of `of`; None of nothing."""
    found = wilson(hits, of)
    return None if found is None else Share(of, found)


@router.get("/team")
def show_team(request: Request, parts: Parts, who: Who, days: Days = 7) -> HTMLResponse:
    """What waits and for how long, who holds what, what each person decided and how it came out."""
    store, window = parts.store(), timedelta(days=days)
    levels = parts.taxonomy.severity_levels
    overdue = {known.level: len(store.overdue(known.level, known.first_touch)) for known in levels}
    held = store.all_leases()
    return page(
        request,
        "team.html",
        days=days,
        pulse=store.pulse(timedelta(hours=24)),
        waiting=store.waiting(),
        overdue=overdue,
        held=[(lease, _title(parts, who, lease.case_id)) for lease in held],
        work=store.work_of_each(window),
    )


@router.get("/policy")
def show_policy(request: Request) -> HTMLResponse:
    """The taxonomy in words: what each category holds, what it is not, what severity means, what raises it."""
    return page(request, "policy.html")


@router.get("/model")
def show_model(request: Request, parts: Parts, days: Days = 90) -> HTMLResponse:
    """What serves, what it knows, and how good it is where people decided without seeing what it said."""
    window = timedelta(days=days)
    blind, came = parts.store().blind_slice(window), parts.store().came_of_suggestions(window)
    return page(
        request,
        "model.html",
        days=days,
        serving=parts.watch.serving,
        unlearned=_unlearned(parts),
        blind=blind,
        first=share_of(sum(each.first for each in blind), sum(each.decided for each in blind)),
        among=share_of(sum(each.among for each in blind), sum(each.decided for each in blind)),
        shown=_accepted_first(came),
        by_category=[(each, share_of(each.first, each.decided)) for each in blind],
        blind_share=parts.settings.blind_share,
    )


def _title(parts: Services, who: Identity, case_id: CaseId) -> str | None:
    """What the case is called; None where it is not theirs to see."""
    case = parts.store().case(case_id)
    return (case.content.title or "Untitled") if who.sees(case.queue) else None


def _unlearned(parts: Services) -> list[str]:
    model = parts.watch.serving.model
    return [] if model is None else [c.name for c in parts.taxonomy.categories if c.id not in model.categories]


def _accepted_first(came: list[CameOf]) -> Share | None:
    """How often the first suggestion stood where people saw it: what leads them is in it, so it is no accuracy."""
    seen = [each for each in came if each.suggestion.value != "unaided"]
    return share_of(sum(each.decisions for each in seen if each.rank == 1), sum(each.decisions for each in seen))
