from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cases.identity import Role
from cases.settings import Settings, load_settings
from cases.store import CaseStore
from serving.app import build_app, build_services
from serving.services import Services
from tests.cases.store.conftest import clock, sqlite_store, store
from tests.databases import database_kind, fresh_database, store_url
from tests.serving.assured_model import assured_model
from tests.serving.small_model import SmallModel, small_models_in

__all__ = ["clock", "database_kind", "sqlite_store", "store", "store_url"]


@pytest.fixture(scope="session")
def small_models(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallModel, SmallModel]:
    """Two real models of a few dozen rows, with the real encoder; they judge differently."""
    return small_models_in(tmp_path_factory.getbasetemp())


@dataclass(frozen=True)
class Place:
    """A home of its own for one service: settings, the record, promoted models."""

    settings: Settings
    store: CaseStore
    models: tuple[SmallModel, SmallModel]

    def promote(self, which: int = 0, *, version: str = "1") -> str:
        """Make a small model the champion, as `caseload promote` does; answers its SHA-256."""
        model = self.models[which]
        target = self.settings.models_dir / model.sha256
        if not target.exists():
            # Links, since the encoder's weights are large; who tampers with a file makes it a copy first.
            shutil.copytree(model.directory, target, copy_function=os.link)
        self.store.promote_champion("small", version, model.sha256, by="test")
        return model.sha256

    def model_file(self, which: int = 0) -> Path:
        """A file of weights of a promoted model, to be tampered with."""
        folder = self.settings.models_dir / self.models[which].sha256
        return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


@contextmanager
def a_place(folder: Path, models: tuple[SmallModel, SmallModel]) -> Iterator[Place]:
    with fresh_database("sqlite", folder) as url:
        settings = load_settings(home=folder / "home", database_url=url)
        with CaseStore.open(url) as store:
            yield Place(settings, store, models)


@dataclass(frozen=True)
class Running:
    """An API that answers, and the place that it works on."""

    client: TestClient
    place: Place
    services: Services


@contextmanager
def an_api(place: Place) -> Iterator[Running]:
    """The API on `place`; the client has a key, of the caller "tests"."""
    services = build_services(place.settings)
    key = place.store.add_caller("tests", Role)
    with TestClient(build_app(services), headers={"Authorization": f"Bearer {key}"}) as client:
        yield Running(client, place, services)


@pytest.fixture(scope="session")
def shared(
    tmp_path_factory: pytest.TempPathFactory, small_models: tuple[SmallModel, SmallModel]
) -> Iterator[Running]:
    """The API with a model that serves, for all tests that store nothing."""
    with a_place(tmp_path_factory.mktemp("shared"), small_models) as place:
        place.promote()
        with an_api(place) as api:
            wait_until(lambda: state(api) == "ready")
            yield api


@pytest.fixture(scope="session")
def assured(
    tmp_path_factory: pytest.TempPathFactory, small_models: tuple[SmallModel, SmallModel]
) -> Iterator[Running]:
    """The API with a model that serves and knows what it knows."""
    folder = tmp_path_factory.mktemp("assured")
    with a_place(folder, (assured_model(small_models[0], folder), small_models[1])) as place:
        place.promote()
        with an_api(place) as api:
            wait_until(lambda: state(api) == "ready")
            yield api


@pytest.fixture
def place(tmp_path: Path, small_models: tuple[SmallModel, SmallModel]) -> Iterator[Place]:
    with a_place(tmp_path, small_models) as place:
        yield place


@pytest.fixture
def running(place: Place) -> Iterator[Running]:
    """The API with a model that serves, for a test of its own."""
    place.promote()
    with an_api(place) as api:
        wait_until(lambda: state(api) == "ready")
        yield api


@pytest.fixture
def modelless(place: Place) -> Iterator[Running]:
    """The API before anything was promoted."""
    with an_api(place) as api:
        wait_until(lambda: state(api) == "no_model")
        yield api


def state(api: Running) -> str:
    return str(api.client.get("/health/ready").json()["state"])


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Until `true()`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"still not so after {seconds} s")
        time.sleep(0.02)


def a_report(**changes: object) -> dict[str, object]:
    """The body of a report that is as it must be."""
    report: dict[str, object] = {
        "source": "helpdesk",
        "external_id": "T-1",
        "title": "Copied lecture",
        "description": "Lecture four of this course is my own recording with another voice laid over it.",
        "channel": "email",
        "subject_kind": "course",
        "subject_ref": "c-1",
        "attributes": {"reach": 120},
    }
    return report | changes


NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

A_VERDICT = {
    "category": "intellectual_property",
    "severity": 3,
    "action": "remove_content",
    "reason": "clear_breach",
}
