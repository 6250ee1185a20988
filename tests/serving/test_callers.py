from __future__ import annotations

import re
import time

import pytest

from cases.identity import Role
from serving.access.callers import TRUSTED_SECONDS, Callers
from serving.access.failures import Failures
from serving.access.proxies import TrustedProxies
from serving.api.problems import UnauthorizedError
from tests.serving.conftest import Place, Running

KEYED = [
    ("POST", "/v1/score"),
    ("POST", "/v1/cases"),
    ("POST", "/v1/cases/batch"),
    ("GET", "/v1/cases"),
    ("GET", "/v1/cases/x"),
    ("POST", "/v1/cases/x/decision"),
    ("POST", "/v1/cases/x/lease/renew"),
    ("POST", "/v1/cases/x/lease/release"),
    ("GET", "/v1/cases/x/events"),
    *(
        ("POST", f"/v1/cases/x/{what}")
        for what in (
            *("skip", "hold", "resume", "assign", "unassign", "escalate", "move"),
            *("severity", "priority", "undo", "reopen", "appeal", "merge"),
        )
    ),
    ("POST", "/v1/reports/x/split"),
    ("POST", "/v1/bulk/preview"),
    ("POST", "/v1/bulk/decide"),
    ("POST", "/v1/bulk/x/undo"),
    ("GET", "/v1/queue"),
    ("POST", "/v1/queue/claim"),
    ("GET", "/v1/fires"),
    ("GET", "/v1/webhooks"),
    ("GET", "/v1/webhooks/deliveries"),
    ("POST", "/v1/webhooks/deliveries/x/replay"),
    ("POST", "/v1/webhooks/x/replay"),
    ("POST", "/v1/erasures"),
    ("GET", "/v1/erasures/x"),
    ("GET", "/v1/model"),
    ("GET", "/openapi.json"),
    ("GET", "/no/such/thing"),
]


@pytest.mark.parametrize(("method", "path"), KEYED)
@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer x", "Basic dDp0", "Bearer \u00fc", "x"])
def test_whatever_is_no_valid_key_is_refused_before_anything_is_read(
    shared: Running, method: str, path: str, authorization: str
) -> None:
    header = {b"Authorization": authorization.encode("latin-1")}
    answer = shared.client.request(method, path, headers=header, content=b"{")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_needs_no_key(shared: Running, path: str) -> None:
    assert shared.client.get(path, headers={"Authorization": ""}).status_code in (200, 503)


def test_every_route_but_health_is_among_those_tested(shared: Running) -> None:
    paths = shared.client.get("/openapi.json").json()["paths"]

    named = {
        "cases": "case_id", "reports": "report_id", "bulk": "bulk_id",
        "webhooks": "webhook_id", "deliveries": "delivery_id", "erasures": "erasure_id",
    }  # fmt: skip
    tested = {
        (method, re.sub(r"/(\w+)/x", lambda found: f"/{found[1]}/{{{named[found[1]]}}}", path))
        for method, path in KEYED
    }
    routes = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    # Those of tests/serving/test_inbound.py are signed.
    assert {route for route in routes if not route[1].startswith(("/health", "/v1/inbound/"))} <= tested


def test_a_revoked_key_is_refused_within_seconds(place: Place) -> None:
    now = [time.monotonic()]
    proxies = TrustedProxies.of_settings(place.settings)
    callers = Callers(lambda: place.store, proxies, Failures(proxies, 300), now=lambda: now[0])
    header = f"Bearer {place.store.add_caller('gone', [Role.TOOLING])}"
    request = {"headers": [(b"authorization", header.encode())]}
    known = callers.of_request(request)
    assert (known.name, known.roles) == ("gone", {Role.TOOLING})

    place.store.revoke_caller("gone")
    now[0] += TRUSTED_SECONDS + 0.1

    with pytest.raises(UnauthorizedError):
        callers.of_request(request)


def test_whoever_was_looked_up_a_moment_ago_is_known_without_looking(place: Place) -> None:
    now = [time.monotonic()]
    proxies = TrustedProxies.of_settings(place.settings)
    callers = Callers(lambda: place.store, proxies, Failures(proxies, 300), now=lambda: now[0])
    header = f"Bearer {place.store.add_caller('often', [Role.TOOLING])}"
    request = {"headers": [(b"authorization", header.encode())]}
    assert callers.remembered(request) is None

    known = callers.of_request(request)

    assert callers.remembered(request) == known
    now[0] += TRUSTED_SECONDS + 0.1
    assert callers.remembered(request) is None
