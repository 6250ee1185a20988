"""NUL in what is no body: PostgreSQL refuses it, so it is dropped from paths and queries as it is from bodies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cases.identity import Role
from cases.settings import load_settings
from serving.app import build_app, build_services
from tests.serving.conftest import a_report
from tests.serving.test_inbound import by_standard, by_zendesk


@pytest.fixture
def client(store_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """Of the routes alone: nothing is done in the background."""
    services = build_services(load_settings(home=tmp_path / "home", database_url=store_url))
    key = services.store().add_caller("tests", Role)
    yield TestClient(build_app(services), headers={"Authorization": f"Bearer {key}"})
    services.store.close()


def test_a_query_finds_what_it_would_without(client: TestClient) -> None:
    case = client.post("/v1/cases", json=a_report()).json()["case_id"]
    for query in ("source=help%00desk", "subject_kind=%00course&subject_ref=c-1"):
        [found] = client.get(f"/v1/cases?{query}").json()["cases"]
        assert found["case_id"] == case
    assert client.get("/v1/queue?assigned_to=a%00b").json()["cases"] == []
    assert client.get("/v1/webhooks/deliveries?webhook_id=a%00b").json()["deliveries"] == []
    assert client.get("/v1/cases?source=%00").json()["field"] == "source"


@pytest.mark.parametrize(
    "path", ["/v1/webhooks/a%00/replay", "/v1/bulk/a%00/undo", "/v1/reports/a%00/split", "/v1/cases/a%00/resume"]
)
def test_a_path_leads_nowhere(client: TestClient, path: str) -> None:
    assert client.post(path).json()["code"] == "not_found"


def test_a_source_that_signs_is_none(client: TestClient) -> None:
    for kind, headers in (("zendesk", by_zendesk(b"{}")), ("generic", by_standard(b"{}"))):
        answer = client.post(f"/v1/inbound/{kind}/a%00b", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed")
