"""The model in use: how good it is, whether its numbers hold, what could take its place, what has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from pydantic import TypeAdapter
from starlette.responses import HTMLResponse, Response

from cases.store import CameOf, CaseStore
from cases.suggested import BlindAnswer
from evaluation.calibration_bins import CalibrationBin, CalibrationVerdict, calibration_bins, calibration_verdict
from evaluation.drift import FEWEST
from evaluation.report.plots import reliability_plot
from serving.console.overseeing.model_tables import FIGURES, TABLES, TIMES
from serving.console.overseeing.shares import FEW, Share, share_of
from serving.console.overseeing.targets import held_out_of
from serving.console.pages import PageRoute, page, visited
from serving.console.tables import MAX_ROWS, as_file, named
from serving.services import Services, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Days = Annotated[int, Query(ge=1, le=365)]

_BINS = TypeAdapter(list[CalibrationBin])


@router.get("/model")
def show_model(request: Request, parts: Parts, days: Days = 90, recent: Days = 14) -> HTMLResponse:
    """What serves, how good it is where people decided without seeing what it said, and what has changed since."""
    window, store = timedelta(days=days), parts.store()
    tables = {name: made(parts, MAX_ROWS, days, recent) for name, made in TABLES.items()}
    blind = [each for each, _ in tables["blind"].shown]
    answers = _blind_answers(parts, store, window)
    figures = held_out_of(parts)
    return page(
        request,
        "model.html",
        days=days,
        serving=parts.watch.serving,
        unlearned=_unlearned(parts),
        tables=tables,
        first=share_of(sum(each.first for each in blind), sum(each.decided for each in blind)),
        among=share_of(sum(each.among for each in blind), sum(each.decided for each in blind)),
        shown=_accepted_first(store.came_of_suggestions(window)),
        blind_share=parts.settings.blind_share,
        answers=len(answers),
        few=FEW,
        live=_live_calibration(answers),
        held_out=None if figures is None else (figures.calibration, _plot("held-out", figures.bins), figures.cases),
        recent=recent,
        before=TIMES * recent,
        fewest=FEWEST,
        figures=FIGURES,
    )


@router.get("/model/{table}.{kind}")
def download(table: str, kind: str, parts: Parts, days: Days = 90, recent: Days = 14) -> Response:
    """One of the page's tables as a file."""
    return as_file(named(TABLES, table)(parts, MAX_ROWS, days, recent), kind)


def _blind_answers(parts: Services, store: CaseStore, window: timedelta) -> list[BlindAnswer]:
    champion = parts.watch.serving.champion
    return [] if champion is None else store.blind_answers(window, champion.sha256)


def _live_calibration(answers: list[BlindAnswer]) -> tuple[CalibrationVerdict, Markup] | None:
    """The error and the diagram of blind decisions; None of too few."""
    if len(answers) < FEW:
        return None
    confidence = np.array([each.confidence for each in answers])
    right = np.array([each.right for each in answers])
    # One column: its place is the suggestion, and any other is wrong.
    verdict = calibration_verdict(np.where(right, 0, 1), confidence[:, None])
    return verdict, _plot("live", calibration_bins(confidence, right))


def _plot(name: str, bins: list[CalibrationBin] | tuple[CalibrationBin, ...]) -> Markup:
    # Its own drawing: numbers and words of the code, each escaped where it is put in.
    return Markup(reliability_plot(_BINS.dump_python(list(bins)), name))  # noqa: S704


def _unlearned(parts: Services) -> list[str]:
    model = parts.watch.serving.model
    return [] if model is None else [c.name for c in parts.taxonomy.categories if c.id not in model.categories]


def _accepted_first(came: list[CameOf]) -> Share | None:
    """How often the first suggestion stood where people saw it: what leads them is in it, so it is no accuracy."""
    seen = [each for each in came if each.suggestion.value != "unaided"]
    return share_of(sum(each.decisions for each in seen if each.rank == 1), sum(each.decisions for each in seen))
