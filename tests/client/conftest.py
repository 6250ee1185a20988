from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from caseload_client import Client
from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore
from tests.client.asking import Asking, StillClock
from tests.client.scripted_server import ScriptedServer, scripted_server
from tests.databases import fresh_database
from tests.serving.conftest import a_place, small_models
from tests.serving.service_process import service_process
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]


@pytest.fixture(scope="session")
def _server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def server(_server: ScriptedServer) -> ScriptedServer:
    """A server that answers as a test scripts it."""
    _server.came.clear()
    return _server


@pytest.fixture(params=["sync", "async"])
def asking(request: pytest.FixtureRequest) -> Asking:
    """Asks, once by each client."""
    return Asking(request.param)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@dataclass(frozen=True)
class Service:
    """A real service in a process of its own."""

    url: str
    key: str
    store: CaseStore

    def client(self) -> Client:
        return Client(self.url, self.key)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that no model was promoted for, which is enough for all but scores."""
    folder = tmp_path_factory.mktemp("client-service")
    with fresh_database("sqlite", folder) as url, CaseStore.open(url) as store:
        settings = load_settings(home=folder / "home", database_url=url)
        key = store.add_caller("tooling", Role)
        with service_process(settings, folder, ready=False) as process:
            yield Service(process.url, key, store)


@pytest.fixture(scope="session")
def scoring_service(
    tmp_path_factory: pytest.TempPathFactory, small_models: tuple[SmallModel, SmallModel]
) -> Iterator[Service]:
    """A service that scores."""
    folder = tmp_path_factory.mktemp("client-scoring")
    with a_place(folder, small_models) as place:
        place.promote()
        key = place.store.add_caller("tooling", Role)
        with service_process(place.settings, folder) as process:
            yield Service(process.url, key, place.store)
