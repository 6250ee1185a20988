from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from fastapi.testclient import TestClient

from cases.identity import Role
from cases.record import Case
from serving.app import build_app, build_services
from serving.services import Services
from tests.cases.store.conftest import clock, store
from tests.chromium import chromium
from tests.databases import database_kind, store_url
from tests.serving.conftest import Place, a_report, place, small_models, state, wait_until

__all__ = [
    "chromium", "clock", "database_kind", "place", "small_models", "state", "store", "store_url", "wait_until",
]  # fmt: skip


@dataclass(frozen=True)
class Console:
    """A console that answers.

    Attributes:
        client: Signed in as nobody.
        place: What it works on.
    """

    client: TestClient
    place: Place
    services: Services
    key: str

    def sign_in(self, name: str, *roles: Role, queues: list[str] | None = None) -> TestClient:
        """A browser's worth of `name`: a client with a session of its own, which sends what a page of ours would."""
        self.place.store.add_person(name, roles or (Role.ASSOCIATE,), queues)
        code = self.place.store.make_sign_in_code(name)
        visitor = TestClient(self.client.app, headers={"Origin": "http://testserver"}, follow_redirects=False)
        answer = visitor.post("/sign-in", data={"code": code})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        return visitor

    def file(self, **changes: object) -> Case:
        """A report, sent as support tooling does; answers its case."""
        answer = self.client.post(
            "/v1/cases", json=a_report(**changes), headers={"Authorization": f"Bearer {self.key}"}
        )
        assert answer.status_code == 201, answer.text
        return self.place.store.case(answer.json()["case_id"])


@pytest.fixture
def console(place: Place) -> Iterator[Console]:
    """A console over a model that serves; suggestions are shown on each case."""
    place.promote()
    yield from a_console(place, blind_share=0.0)


@pytest.fixture
def blind(place: Place) -> Iterator[Console]:
    """The same, with the suggestion hidden on each case."""
    place.promote()
    yield from a_console(place, blind_share=1.0)


def a_console(place: Place, *, blind_share: float) -> Iterator[Console]:
    """A console over whatever was promoted at `place`."""
    services = build_services(place.settings.model_copy(update={"blind_share": blind_share}))
    key = place.store.add_caller("tooling", [Role.TOOLING])
    with TestClient(build_app(services)) as client:
        wait_until(lambda: client.get("/health/ready").json()["state"] == "ready", 60)
        yield Console(client, place, services, key)


def token_of(page: httpx2.Response) -> str:
    """The claim's token, as the page's form holds it."""
    return page.text.partition('name="token" value="')[2].partition('"')[0]


def claim_next(visitor: TestClient) -> tuple[str, str]:
    """Claim next; answers the case's address and the claim's token."""
    answer = visitor.post("/claim")
    assert answer.status_code == 303
    address = answer.headers["location"]
    return address, token_of(visitor.get(address))
