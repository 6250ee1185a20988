"""A person acts as themselves alone; a system vouches for the people whom it names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from cases.identity import Role
from cases.ids import new_id
from serving.access.callers import TRUSTED_SECONDS
from serving.app import build_app, build_services
from tests.cases.store.builders import file_one
from tests.serving.conftest import A_VERDICT, Place

SECRET = "0123456789abcdef" * 3
ID = new_id()
LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()

# Each body but for who does it.
BODIES: dict[str, dict[str, object]] = {
    "/v1/queue/claim": {},
    "/v1/cases/{case_id}/decision": {"token": 1, **A_VERDICT},
    "/v1/cases/{case_id}/lease/renew": {"token": 1},
    "/v1/cases/{case_id}/lease/release": {"token": 1},
    "/v1/cases/{case_id}/skip": {"token": 1, "reason": "other"},
    "/v1/cases/{case_id}/hold": {"until": LATER, "reason": "other"},
    "/v1/cases/{case_id}/resume": {},
    "/v1/cases/{case_id}/assign": {"to": "bob"},
    "/v1/cases/{case_id}/unassign": {},
    "/v1/cases/{case_id}/escalate": {"token": 1, "team": "legal"},
    "/v1/cases/{case_id}/move": {"queue": "legal"},
    "/v1/cases/{case_id}/reopen": {"reason": "other"},
    "/v1/cases/{case_id}/appeal": {},
    "/v1/cases/{case_id}/undo": {},
    "/v1/cases/{case_id}/severity": {"severity": 1, "reason": "other"},
    "/v1/cases/{case_id}/priority": {"priority": "high", "reason": "other"},
    "/v1/cases/{case_id}/merge": {"into": new_id()},
    "/v1/reports/{report_id}/split": {},
    "/v1/bulk/preview": {"case_ids": [ID]},
    "/v1/bulk/decide": {"case_ids": [ID], **A_VERDICT},
    "/v1/bulk/{bulk_id}/undo": {},
}

# By no version of the case.
ANY = {"If-Match": "*"}


@pytest.fixture
def ada(place: Place) -> Iterator[TestClient]:
    """The API as the trusted proxy calls it, with ada signed in; she is a lead."""
    place.store.add_person("ada", [Role.LEAD])
    settings = place.settings.model_copy(update={"trusted_proxies": "10.0.0.0/8", "proxy_secret": SecretStr(SECRET)})
    headers = {"X-Caseload-Person": "ada", "X-Caseload-Proxy-Secret": SECRET}
    app = build_app(build_services(settings))
    with TestClient(app, headers=headers, client=("10.1.2.3", 4567)) as client:
        yield client


def named(client: TestClient) -> dict[str, str]:
    """Each path whose body says who does it, with the field that does."""
    document = client.get("/openapi.json").json()
    schemas, found = document["components"]["schemas"], {}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            references = [body, *body.get("anyOf", []), *body.get("allOf", [])]
            for name in [one["$ref"].rpartition("/")[2] for one in references if "$ref" in one]:
                for field in {"by", "holder"} & schemas[name]["properties"].keys():
                    found[path] = field
    return found


def test_a_person_who_names_another_is_refused_on_each_route(ada: TestClient) -> None:
    fields = named(ada)
    assert fields.keys() == BODIES.keys()
    for path, field in fields.items():
        url = path.replace("{case_id}", ID).replace("{report_id}", ID).replace("{bulk_id}", ID)
        for name in ("bob", "Ada", "all"):
            answer = ada.post(url, headers=ANY, json={**BODIES[path], field: name})
            assert (answer.status_code, answer.json()["code"]) == (403, "not_yourself"), path
        own = [ada.post(url, headers=ANY, json=BODIES[path] | who) for who in ({}, {field: "ada"})]
        assert not {answer.status_code for answer in own} & {403, 422}, path


def test_what_a_person_does_is_under_their_name(ada: TestClient, place: Place) -> None:
    case = file_one(place.store, 1)
    assert ada.post(f"/v1/cases/{case.id}/assign", headers=ANY, json={"to": "bob"}).status_code == 200
    ada.post(f"/v1/cases/{case.id}/unassign", headers=ANY)
    token = ada.post("/v1/queue/claim").json()["lease"]["token"]
    assert ada.post(f"/v1/cases/{case.id}/decision", json={"token": token, **A_VERDICT}).status_code == 201
    events = [event for event in place.store.events(case.id) if event.kind not in ("reported", "reranked", "scored")]
    assert {event.actor for event in events} == {"ada"}
    assert len(events) == 4
    [decision] = place.store.decisions(case.id)
    assert decision.decided_by == "ada"


def test_somebody_removed_is_refused_within_seconds(ada: TestClient, place: Place) -> None:
    assert ada.get("/v1/queue").status_code == 200
    place.store.remove_person("ada")
    time.sleep(TRUSTED_SECONDS + 0.2)
    answer = ada.get("/v1/queue")
    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_person")
