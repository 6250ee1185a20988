"""The BentoML service: a native batchable `score` that runs the model, and the public API mounted beside it.

Calls of the mounted API go through the very dispatcher that batches `score`. They take it in the process: BentoML's
two ways to call a service from an app mounted on it, a dependency and `get_current_service().to_async`, both go over
an HTTP client that loses requests under load (BentoML 1.4.39: 3 to 8 % "Server disconnected" at eight callers) and
adds about ten milliseconds. docs/serving.md has the figures.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "true")

import bentoml
from _bentoml_impl.server.app import ServiceAppFactory  # type: ignore[import-untyped]  # BentoML ships no types for it
from _bentoml_sdk import Service
from bentoml._internal.marshal.dispatcher import Optimizer
from bentoml._internal.server.http.instruments import RunnerTrafficMetricsMiddleware
from bentoml._internal.server.http.traffic import TimeoutMiddleware
from bentoml.exceptions import ServiceUnavailable
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from pydantic import ValidationError
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from cases.errors import CaseloadError
from cases.settings import Settings
from serving.access.deadline import Deadline
from serving.access.guard import Guard
from serving.api.answers import ProblemItem
from serving.api.problems import INVALID_INPUT, BusyError, field_errors, kind_of
from serving.api.schemas import CaseToScore
from serving.api.views import scored_answer
from serving.app import build_app, build_services
from serving.observing import logs, tracing
from serving.observing.measures import measures
from serving.observing.model_measures import ModelMeasures, score_measured
from serving.observing.requests import Observed
from serving.scoring.batching import MAX_BATCH
from serving.scoring.champion import State, settle_memory
from serving.scoring.ranking import CaseToJudge
from serving.scoring.scores import Outcome
from serving.services import Services

# Above what the longest queue that we let in takes, so that our own bound speaks first, with a 429.
MAX_LATENCY_MS = 120_000
REQUEST_TIMEOUT_SECONDS = 300
_LEFT_OUT = (RunnerTrafficMetricsMiddleware, OpenTelemetryMiddleware)


class Eager(Optimizer):  # type: ignore[misc]  # BentoML's is untyped to us
    """BentoML's estimate of what a batch takes, for a dispatcher that never holds a batch back for more to come.

    BentoML's own holds it back about as long as the last fifty waited, so that after a busy minute a lone caller
    waits a fifth of a second for nobody. What comes in while one batch is being scored is the next.
    """

    def trigger_refresh(self) -> None:
        """Estimate anew."""
        super().trigger_refresh()
        self.wait = 0


class AppFactory(ServiceAppFactory):  # type: ignore[misc]  # BentoML's is untyped to us
    """BentoML's, with eager dispatchers, and with request metrics, spans and a time-out of our own.

    BentoML's metrics are labelled by the path as it was sent: a label for each case's id, kept for ever, and for
    whatever else somebody writes into a path. Its spans go nowhere, and making them takes longer than turning a
    request away. Its time-out keeps each request for as long as one may take.
    """

    def __init__(self, service: Service[Any], *, is_main: bool) -> None:
        super().__init__(service, is_main=is_main)
        for dispatcher in self.dispatchers.values():
            dispatcher.optimizer = Eager(dispatcher.max_latency)

    @property
    def middlewares(self) -> list[Middleware]:
        """What each request passes."""
        theirs = [m for m in super().middlewares if m.cls not in _LEFT_OUT]
        deadline = Middleware(Deadline, seconds=REQUEST_TIMEOUT_SECONDS)
        return [Middleware(Observed), *(deadline if m.cls is TimeoutMiddleware else m for m in theirs)]


class Dispatcher:
    """The batcher of a running service; it exists once the service's ASGI app does."""

    def __init__(self) -> None:
        self.factory: AppFactory | None = None

    async def run(self, cases: list[CaseToJudge]) -> list[Outcome]:
        """Score `cases` together with whatever else waits."""
        if self.factory is None:
            raise RuntimeError("the service's app must be built before it is called")
        try:
            outcomes: list[Outcome] = await self.factory.batch_infer("score", (cases,), {})
        except ServiceUnavailable as error:
            raise BusyError("'cases' must wait for others (got no turn in time); try again later") from error
        return outcomes


def build_service(settings: Settings) -> Service[Any]:
    """The service for `settings`.

    Raises:
        TaxonomyError: The policy file is not valid.
    """
    dispatcher = Dispatcher()

    def swapped() -> None:
        settle_memory()
        measures().model_swaps.inc()

    parts = build_services(settings, run_batch=dispatcher.run, after_swap=swapped)

    class CaseloadService(Service[Any]):  # type: ignore[misc]  # BentoML's is untyped to us
        """Remembers the factory of its app, which holds the dispatchers."""

        def to_asgi(self, is_main: bool = True) -> ASGIApp:
            self.inject_config()
            dispatcher.factory = AppFactory(self, is_main=is_main)
            app: ASGIApp = dispatcher.factory()
            return app

    @bentoml.service(
        name="caseload",
        service_class=CaseloadService,
        workers=1,
        traffic={"timeout": REQUEST_TIMEOUT_SECONDS},
        logging={"access": {"enabled": False}},
    )
    @bentoml.asgi_app(build_app(parts))
    class Caseload:
        """Scores cases: policy category, severity, priority."""

        def __init__(self) -> None:
            logs.guard_present_handlers(settings.log_format)
            # Here and no sooner: this is the process that serves, and not one that only looks at the service.
            tracing.start()
            parts.watch.on_change = ModelMeasures()

        def __is_ready__(self) -> bool:
            return parts.watch.serving.state is State.READY

        @bentoml.api(batchable=True, max_batch_size=MAX_BATCH, max_latency_ms=MAX_LATENCY_MS)  # type: ignore[untyped-decorator]
        def score(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
            """Score cases written as in `POST /v1/score`; one that cannot be scored is answered {"problem": …}."""
            # The annotations are for native clients; the mounted API's own cases and answers go through as they are.
            answers: Any = _score_mixed(parts, list[Any](cases))
            return answers  # type: ignore[no-any-return]

    service: Service[Any] = Caseload
    service.add_asgi_middleware(Guard, callers=parts.callers, limits=parts.limits, told=parts.told_headers)
    return service


def _score_mixed(parts: Services, cases: list[CaseToJudge | dict[str, Any]]) -> list[Outcome | dict[str, Any]]:
    """One batch, in which the mounted API's cases (checked already) and native clients' (not yet) are mixed."""
    now = parts.clock()
    checked = [case if isinstance(case, CaseToJudge) else _checked(case) for case in cases]
    fit = [c.as_case(now) if isinstance(c, CaseToScore) else c for c in checked if not isinstance(c, dict)]
    outcomes = iter(score_measured(parts.watch.model, fit, parts.ranking) if fit else [])
    answers: list[Outcome | dict[str, Any]] = []
    for case in checked:
        if isinstance(case, dict):
            answers.append(case)
            continue
        outcome = next(outcomes)
        answers.append(outcome if isinstance(case, CaseToJudge) else _native_answer(parts, case, outcome))
    return answers


def _checked(case: dict[str, Any]) -> CaseToScore | dict[str, Any]:
    try:
        return CaseToScore.model_validate(case)
    except ValidationError as error:
        errors = field_errors(error.errors(include_input=False, include_url=False))
        items = [ProblemItem(**item).model_dump() for item in errors]
        return {"problem": {"code": INVALID_INPUT.code, "detail": INVALID_INPUT.title, "errors": items}}


def _native_answer(parts: Services, case: CaseToScore, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, CaseloadError):
        kind = kind_of(outcome)
        return {"problem": {"code": kind.code, "detail": kind.detail or str(outcome)}}
    return scored_answer(outcome, parts.taxonomy, case_ref=case.case_ref).model_dump(mode="json")
