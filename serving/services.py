"""What the routes work with, put together once."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from cases.clock import Clock
from cases.identity import Identity, IdentityKind
from cases.settings import Settings
from cases.taxonomy import Taxonomy
from serving.access.callers import Callers
from serving.access.failures import Failures
from serving.access.guard import IDENTITY
from serving.access.limits import Limits
from serving.api.answer_headers import MODEL_HEADER, TAXONOMY_HEADER
from serving.api.problems import NotYourselfError
from serving.chores.backlog import Backlog
from serving.chores.fires import Fires
from serving.chores.reranking import Reranking
from serving.chores.retaining import Retaining
from serving.chores.sealing import Sealing
from serving.chores.sweeping import Sweeping
from serving.chores.trying import Trying
from serving.hooks.delivering import Delivering
from serving.observing.alarms import Alarms
from serving.scoring.batching import Scorer
from serving.scoring.champion import ChampionWatch
from serving.scoring.explaining import Explaining
from serving.scoring.ranking import Ranking
from serving.scoring.rankings import Rankings
from serving.store_access import StoreAccess


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running service.

    Attributes:
        store: Call it for the open store.
        watch: The model that serves.
        scorer: The way to it.
        backlog: Scores what is stored and unscored.
        reranking: Ranks open cases again, by the clock and under changed weights.
        sealing: Seals the log of events.
        sweeping: Forgets what was kept for a time.
        retaining: Erases what was kept for as long as it may be.
        alarms: Tells where the queue needs somebody.
        delivering: Tells receivers what happens.
        fires: Looks for new fires.
        rankings: Tells which weights count now.
        trying: Replays proposed weights.
        clock: Business time.
        settings: As the process was started with.
        explaining: Tells why a score is as it is.
        callers: Tells who asks.
        limits: How much of the service each may take.
        failures: Counts whoever does not prove who they are.
    """

    store: StoreAccess
    watch: ChampionWatch
    scorer: Scorer
    backlog: Backlog
    reranking: Reranking
    sealing: Sealing
    sweeping: Sweeping
    retaining: Retaining
    alarms: Alarms
    delivering: Delivering
    fires: Fires
    rankings: Rankings
    trying: Trying
    clock: Clock
    settings: Settings
    explaining: Explaining
    callers: Callers
    limits: Limits
    failures: Failures

    @property
    def ranking(self) -> Ranking:
        """The policy's rules and the priority's weights, as they count now."""
        return self.rankings.now

    @property
    def taxonomy(self) -> Taxonomy:
        """The policy that the service runs on."""
        return self.ranking.taxonomy

    def told_headers(self) -> dict[str, str]:
        """What every answer says: under which policy it is given, and which model serves, if one does."""
        told = {TAXONOMY_HEADER: str(self.taxonomy.version)}
        model = self.watch.serving.model
        return told if model is None else {**told, MODEL_HEADER: f"{model.name}/{model.version}"}


def services(request: Request) -> Services:
    """FastAPI dependency: the services of the app that answers."""
    found: Services = request.app.state.services
    return found


def identity(request: Request) -> Identity:
    """FastAPI dependency: who asks."""
    found: Identity = request.scope[IDENTITY]
    return found


def acting_as(who: Identity, named: str | None) -> str:
    """The name under which something is done: who asks, or whom they name.

    Raises:
        NotYourselfError: A person named somebody else. A system may: it vouches for its people.
    """
    if named is not None and named != who.name and who.kind is IdentityKind.PERSON:
        raise NotYourselfError(
            "'holder' and 'by' must be yourself (got another's name); leave them out to act as who you are"
        )
    return named or who.name
