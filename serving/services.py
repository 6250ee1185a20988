"""What the routes work with, put together once."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from cases.clock import Clock
from cases.identity import Identity
from cases.settings import Settings
from cases.taxonomy import Taxonomy
from serving.alarms import Alarms
from serving.backlog import Backlog
from serving.batching import Scorer
from serving.champion import ChampionWatch
from serving.explaining import Explaining
from serving.guard import IDENTITY
from serving.ranking import Ranking
from serving.reranking import Reranking
from serving.sealing import Sealing
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
        alarms: Tells where the queue needs somebody.
        ranking: The policy's rules and the priority's weights.
        clock: Business time.
        settings: As the process was started with.
        explaining: Tells why a score is as it is.
    """

    store: StoreAccess
    watch: ChampionWatch
    scorer: Scorer
    backlog: Backlog
    reranking: Reranking
    sealing: Sealing
    alarms: Alarms
    ranking: Ranking
    clock: Clock
    settings: Settings
    explaining: Explaining

    @property
    def taxonomy(self) -> Taxonomy:
        """The policy that the service runs on."""
        return self.ranking.taxonomy


def services(request: Request) -> Services:
    """FastAPI dependency: the services of the app that answers."""
    found: Services = request.app.state.services
    return found


def caller(request: Request) -> str:
    """FastAPI dependency: the name that the request's key belongs to."""
    identity: Identity = request.scope[IDENTITY]
    return identity.name
