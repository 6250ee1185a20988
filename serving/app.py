"""The public HTTP API: FastAPI, OpenAPI 3.1, problems by RFC 9457."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match, Mount
from starlette.types import Receive, Scope, Send

from cases.clock import Clock, utc_now
from cases.settings import Settings
from cases.store import CaseStore
from serving.access.callers import Callers
from serving.access.failures import Failures
from serving.access.guard import Guard
from serving.access.limits import Limits
from serving.access.permitting import permitted
from serving.access.proxies import TrustedProxies
from serving.api import problems, reference_pages
from serving.api.openapi import described
from serving.chores.backlog import Backlog
from serving.chores.fires import Fires
from serving.chores.pace import Paced
from serving.chores.reranking import Reranking
from serving.chores.retaining import Retaining
from serving.chores.sealing import Sealing
from serving.chores.sweeping import Sweeping
from serving.chores.trying import Trying
from serving.console.routers import ROUTERS as PAGES
from serving.hooks.delivering import Delivering
from serving.observing.alarms import AlarmLimits, Alarms
from serving.observing.logs import logger
from serving.observing.own_alarms import own_alarms
from serving.observing.tracing import store_step
from serving.routes import KEYED, KEYLESS
from serving.scoring.batching import RunBatch, Scorer
from serving.scoring.champion import ChampionWatch
from serving.scoring.explaining import Explaining
from serving.scoring.ranking import CaseToJudge
from serving.scoring.rankings import Rankings
from serving.scoring.scores import Outcome, score_each
from serving.services import Services
from serving.store_access import StoreAccess

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


def build_services(
    settings: Settings,
    *,
    run_batch: RunBatch | None = None,
    after_swap: Callable[[], None] = lambda: None,
    clock: Clock = utc_now,
) -> Services:
    """The parts of a service; nothing is opened or started yet.

    Args:
        settings: Where the record and the models are, which policy holds.
        run_batch: The batcher; None scores each batch by itself, on a thread.
        after_swap: Called, on a thread, after another model began to serve.
        clock: Business time.

    Raises:
        TaxonomyError, WeightsError: The policy file or that of the weights is not valid.
        InvalidInputError: The URL or a secret of the environment's receiver of events is none.
    """
    store = StoreAccess(lambda: CaseStore.open(settings.database_url, clock, store_step))
    rankings = Rankings.of_settings(settings)
    ranking = rankings.now
    watch = ChampionWatch(store, settings.models_dir, ranking.taxonomy)
    scorer = Scorer(run_batch or _on_a_thread(watch, rankings))
    backlog = Backlog(store, scorer, watch.model, clock, rankings)

    def swapped() -> None:
        after_swap()
        backlog.wake()

    watch.on_swap = swapped
    reranking = Reranking(store, rankings, clock)
    sealing = Sealing(store, settings.seal_key, every=settings.audit_seconds)
    sweeping = Sweeping(store)
    proxies = TrustedProxies.of_settings(settings)
    failures = Failures(proxies, settings.failed_sign_ins_per_minute)
    retaining = Retaining(store, settings, clock)
    delivering = Delivering.of_settings(store, settings, clock)
    fires = Fires(store, watch.model, ranking.taxonomy, clock, every=settings.fire_seconds)

    def chores() -> list[Paced]:
        each = (backlog, reranking, sealing, sweeping, retaining, alarms, delivering, fires)
        return [chore.paced for chore in each]

    alarms = Alarms(store, ranking, AlarmLimits.of_settings(settings), own=own_alarms(watch, failures, chores))
    return Services(
        store,
        watch,
        scorer,
        backlog,
        reranking,
        sealing,
        sweeping,
        retaining,
        alarms,
        delivering,
        fires,
        rankings,
        Trying(store, rankings, settings),
        clock,
        settings,
        Explaining(),
        Callers(store, proxies, failures, clock),
        Limits(settings.requests_per_second, settings.requests_at_once),
        failures,
    )


def build_app(services: Services) -> FastAPI:
    """The API over `services`, which it starts and stops with itself."""
    app = FastAPI(
        title="Caseload",
        version=version("caseload"),
        description="Takes reports in, scores cases, hands out the queue, records decisions.",
        openapi_url=None,
        docs_url=None,  # the pages would fetch their scripts from elsewhere
        redoc_url=None,
        # A redirect is an answer that no operation describes, and a POST loses its body on the way.
        redirect_slashes=False,
        lifespan=_running(services),
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    app.add_middleware(Guard, callers=services.callers, limits=services.limits, told=services.told_headers)
    problems.install(app)
    bearer = Depends(HTTPBearer(auto_error=False, description="From `caseload caller add`."))
    keyed = APIRouter(dependencies=[bearer, Depends(permitted)])
    for router in KEYED:
        keyed.include_router(router)
    app.include_router(keyed)
    for keyless in (reference_pages.router, *KEYLESS):
        app.include_router(keyless, dependencies=[Depends(permitted)])
    for pages in PAGES:
        app.include_router(pages)
    # Not FastAPI's own route of that path, which asks no dependency.
    app.add_api_route(
        "/openapi.json",
        _described,
        dependencies=[Depends(permitted)],
        include_in_schema=False,
        response_class=JSONResponse,
    )
    app.router.routes.append(Mount("/", app=_Nowhere(app)))
    plain: Callable[[], dict[str, Any]] = app.openapi
    app.openapi = lambda: described(plain())  # type: ignore[method-assign]  # FastAPI's documented extension
    return app


def _described(request: Request) -> JSONResponse:
    # No closure over the app: FastAPI keeps each endpoint that it has looked at for good, and with it a whole model.
    return JSONResponse(request.app.openapi())


def _running(services: Services) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # asyncio's own handler prints the exception that a task ended with, message and all.
        asyncio.get_running_loop().set_exception_handler(_log_kind)
        services.watch.start()
        each = (
            services.backlog,
            services.reranking,
            services.sealing,
            services.sweeping,
            services.retaining,
            services.alarms,
            services.delivering,
            services.fires,
        )
        beside = [asyncio.create_task(work.run()) for work in each]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await asyncio.to_thread(services.trying.stop)
            await asyncio.to_thread(services.watch.stop)
            services.store.close()

    return lifespan


def _log_kind(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    logger.error("in the background: %s", type(context.get("exception")).__name__)


def _on_a_thread(watch: ChampionWatch, rankings: Rankings) -> RunBatch:
    turn = asyncio.Lock()

    async def run(cases: list[CaseToJudge]) -> list[Outcome]:
        async with turn:
            return await asyncio.to_thread(score_each, watch.model, cases, rankings.now)

    return run


class _Nowhere:
    """Answers what no route does, also in place of the pages that BentoML would serve there."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = list(app.router.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """404, or 405 where the path exists under another method."""
        allowed = [method for method in _METHODS if self._is_route({**scope, "method": method})]
        if allowed:
            answer = problems.problem(problems.NO_METHOD, headers={"Allow": ", ".join(allowed)})
        else:
            answer = problems.problem(problems.NO_ROUTE)
        await answer(scope, receive, send)

    def _is_route(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)
