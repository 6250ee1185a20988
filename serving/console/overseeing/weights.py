"""What the queue's order weighs: today's weights, a proposal, its replay against today's, and adopting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from cases.errors import InvalidInputError, WeightsError
from cases.identity import Identity
from cases.weights_trial import TrialState, WeightsTrial
from evaluation.replay.plots import harm_plot, in_time_plot, waits_plot
from evaluation.replay.study import CURRENT, NEW
from evaluation.replay.trial import TrialAtLoad, TrialOutcome, from_json
from serving.console.overseeing.weights_words import in_words
from serving.console.pages import PageRoute, gone_to, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]

# The packaged file has 2 KB; a file of weights is no place for more than a page of remarks.
MOST_BYTES = 65_536
_HERE = "/weights"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One load of a replay, with its plots."""

    at: TrialAtLoad
    plots: tuple[Markup, ...]


@router.get("/weights")
def show_weights(request: Request, parts: Parts) -> HTMLResponse:
    """Today's weights, and how far the latest proposal is."""
    return _shown(request, parts)


@router.get("/weights/progress")
def show_progress(request: Request, parts: Parts) -> HTMLResponse:
    """How far the replay is; the whole page anew once it has ended."""
    trial = parts.store().latest_weights_trial()
    answer = page(request, "_weights_progress.html", trial=trial)
    if trial is None or trial.state is not TrialState.RUNNING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@router.post("/weights/replay")
def replay(
    request: Request,
    parts: Parts,
    who: Who,
    weights: Annotated[str, Form(max_length=MOST_BYTES)] = "",
    file: UploadFile | None = None,
) -> Response:
    """Begin to replay the file that was chosen, else the text as it was edited; nothing is adopted."""
    proposed = weights.replace("\r\n", "\n")
    try:
        if file is not None and file.filename:
            proposed = _text_of(file)
        parts.trying.begin(proposed, by=who.name)
    except WeightsError as error:
        return _shown(request, parts, status=422, proposed=proposed, wrong=error)
    return gone_to(request, _HERE)


@router.post("/weights/adopt")
def adopt(
    request: Request, parts: Parts, who: Who, seq: Annotated[int, Form()], sha256: Annotated[str, Form(max_length=64)]
) -> Response:
    """Let the replayed weights count; the open queue is ranked again by them."""
    # Another replica may have let others count since this one last looked.
    parts.rankings.look(parts.store())
    parts.store().adopt_weights(seq, sha256, parts.ranking.digest, parts.rankings.of_file, by=who.name)
    parts.reranking.paced.wake()
    return gone_to(request, f"{_HERE}?adopted=1")


def _text_of(file: UploadFile) -> str:
    """The uploaded file.

    Raises:
        WeightsError: It is too long, or not UTF-8.
    """
    sent = file.file.read(MOST_BYTES + 1)
    if len(sent) > MOST_BYTES:
        raise WeightsError(
            f"'weights' must be at most {MOST_BYTES // 1024} KB (got more); choose a file of weights", field="weights"
        )
    try:
        return sent.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise WeightsError(
            f"'weights' must be UTF-8 (got another byte at {error.start}); save the file as UTF-8", field="weights"
        ) from error


def _shown(
    request: Request,
    parts: Parts,
    *,
    status: int = 200,
    proposed: str | None = None,
    wrong: InvalidInputError | None = None,
) -> HTMLResponse:
    parts.rankings.look(parts.store())
    in_force, trial = parts.rankings.in_force, parts.store().latest_weights_trial()
    outcome = None if trial is None else from_json(trial.outcome)
    return page(
        request,
        "weights.html",
        status=status,
        in_force=in_force,
        weights=in_words(in_force.ranking.weights),
        trial=trial,
        outcome=outcome,
        drawn=[] if outcome is None else _drawn(outcome),
        adoptable=_adoptable(trial, in_force.ranking.digest),
        proposed=proposed if proposed is not None else trial.text if trial is not None else in_force.text,
        wrong=wrong,
        adopted="adopted" in request.query_params,
    )


def _adoptable(trial: WeightsTrial | None, digest: str) -> bool:
    return trial is not None and trial.state is TrialState.DONE and trial.against == digest


def _drawn(outcome: TrialOutcome) -> list[Drawn]:
    return [Drawn(each, _plots(each, place)) for place, each in enumerate(outcome.loads)]


def _plots(found: TrialAtLoad, place: int) -> tuple[Markup, ...]:
    ours = (NEW, CURRENT)
    versus = {order: each.interval for order, each in found.versus_first.items()}
    in_time = {order: each.interval for order, each in found.in_time.items()}
    waits = {order: {level: each.interval for level, each in by.items()} for order, by in found.waits.items()}
    drawn = (
        harm_plot(f"harm-{place}", f"Harm at load {found.load:g}", versus, ours),
        in_time_plot(f"time-{place}", "severity 1 taken in time", in_time, ours),
        waits_plot(f"waits-{place}", f"Longest waits at load {found.load:g}", waits, ours),
    )
    # Our own drawing: names of orders and numbers, each escaped where it is put in.
    return tuple(Markup(each) for each in drawn if each)  # noqa: S704
