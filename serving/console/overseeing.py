"""What policy owners and whoever trains the model look at: the policy, and the model in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from cases.store import Blind, CameOf
from cases.taxonomy_parts import Category, SeverityLevel
from evaluation.bootstrap import Interval
from evaluation.wilson import wilson
from serving.console.pages import PageRoute, page, visited
from serving.console.tables import MAX_ROWS, Table, as_file, named
from serving.services import Services, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
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


def levels(parts: Services, limit: int) -> Table[SeverityLevel]:
    """What each severity means."""
    return Table(
        "/policy/severity",
        "Severity levels",
        {
            "severity": ("whole", lambda each: each.level),
            "name": ("text", lambda each: each.name),
            "first_touch_minutes": ("number", lambda each: each.first_touch / timedelta(minutes=1)),
            "means": ("text", lambda each: each.means),
        },
        parts.taxonomy.severity_levels,
        limit,
    )


def categories(parts: Services, limit: int) -> Table[Category]:
    """What each category holds, and what it is not."""
    return Table(
        "/policy/categories",
        "Categories",
        {
            "category": ("text", lambda each: each.id),
            "name": ("text", lambda each: each.name),
            "violation": ("truth", lambda each: each.violation),
            "sub_policies": ("text", lambda each: "; ".join(clause.name for clause in each.sub_policies)),
            "not_this": ("text", lambda each: each.not_this),
            "usual_severity": ("text", lambda each: ", ".join(map(str, each.usual_severity))),
            "precision_target": ("number", lambda each: parts.taxonomy.precision_targets[each.id]),
            "teams": ("text", lambda each: ", ".join(each.teams)),
            "sensitive": ("truth", lambda each: each.sensitive),
        },
        parts.taxonomy.categories,
        limit,
    )


POLICY_TABLES: Mapping[str, Callable[[Services, int], Table[Any]]] = {"severity": levels, "categories": categories}


@router.get("/policy")
def show_policy(request: Request, parts: Parts) -> HTMLResponse:
    """The taxonomy in words: what each category holds, what it is not, what severity means, what raises it."""
    return page(request, "policy.html", tables={name: made(parts, MAX_ROWS) for name, made in POLICY_TABLES.items()})


@router.get("/policy/{table}.{kind}")
def download_policy(table: str, kind: str, parts: Parts) -> Response:
    """One of the policy's tables as a file."""
    return as_file(named(POLICY_TABLES, table)(parts, MAX_ROWS), kind)


def blind_slice(parts: Services, limit: int, days: int) -> Table[tuple[Blind, Share | None]]:
    """How often the first suggestion was right where it was hidden, by category."""
    return Table(
        "/model/blind",
        "Blind decisions by category",
        {
            "category": ("text", lambda each: each[0].category),
            "decided_blind": ("whole", lambda each: each[0].decided),
            "first_right": ("whole", lambda each: each[0].first),
            "among_right": ("whole", lambda each: each[0].among),
            "first_right_share": ("number", lambda each: each[1] and each[1].interval.value),
            "share_low": ("number", lambda each: each[1] and each[1].interval.low),
            "share_high": ("number", lambda each: each[1] and each[1].interval.high),
        },
        [(each, share_of(each.first, each.decided)) for each in parts.store().blind_slice(timedelta(days=days))],
        limit,
        {"days": days},
    )


MODEL_TABLES: Mapping[str, Callable[[Services, int, int], Table[Any]]] = {"blind": blind_slice}


@router.get("/model")
def show_model(request: Request, parts: Parts, days: Days = 90) -> HTMLResponse:
    """What serves, what it knows, and how good it is where people decided without seeing what it said."""
    tables = {name: made(parts, MAX_ROWS, days) for name, made in MODEL_TABLES.items()}
    blind = [each for each, _ in tables["blind"].shown]
    return page(
        request,
        "model.html",
        days=days,
        serving=parts.watch.serving,
        unlearned=_unlearned(parts),
        tables=tables,
        first=share_of(sum(each.first for each in blind), sum(each.decided for each in blind)),
        among=share_of(sum(each.among for each in blind), sum(each.decided for each in blind)),
        shown=_accepted_first(parts.store().came_of_suggestions(timedelta(days=days))),
        blind_share=parts.settings.blind_share,
    )


@router.get("/model/{table}.{kind}")
def download_model(table: str, kind: str, parts: Parts, days: Days = 90) -> Response:
    """One of the page's tables as a file."""
    return as_file(named(MODEL_TABLES, table)(parts, MAX_ROWS, days), kind)


def _unlearned(parts: Services) -> list[str]:
    model = parts.watch.serving.model
    return [] if model is None else [c.name for c in parts.taxonomy.categories if c.id not in model.categories]


def _accepted_first(came: list[CameOf]) -> Share | None:
    """How often the first suggestion stood where people saw it: what leads them is in it, so it is no accuracy."""
    seen = [each for each in came if each.suggestion.value != "unaided"]
    return share_of(sum(each.decisions for each in seen if each.rank == 1), sum(each.decisions for each in seen))
