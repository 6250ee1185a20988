"""The nginx configuration that is shipped, in a real nginx, in front of a real service on PostgreSQL; and in front of
one that only says which headers reached it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from cases.identity import Role
from cases.settings import Settings, load_settings
from cases.store import CaseStore
from serving.api.schemas import MAX_BODY_BYTES
from tests.databases import fresh_database
from tests.operations.nginx_process import CONFIGURATION, Nginx, nginx_process
from tests.serving.conftest import A_VERDICT, a_report
from tests.serving.service_process import service_process

pytestmark = pytest.mark.slow

CANARY = "canary-7be104"
SECRET = "s3" * 16


@dataclass(frozen=True)
class Deployed:
    """A service with nginx in front, as the compose file has them."""

    nginx: Nginx
    client: httpx2.Client
    settings: Settings
    key: str


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    with ExitStack() as open_:
        url = open_.enter_context(fresh_database("postgresql", folder))
        # The proxy's network is nginx's own: what it lets through would be believed.
        settings = load_settings(
            home=folder / "home", database_url=url, trusted_proxies="127.0.0.1/32", proxy_secret=SECRET
        )
        with CaseStore.open(url) as store:
            key = store.add_caller("helpdesk", Role)
            store.add_person("ada", [Role.LEAD])
        service = open_.enter_context(service_process(settings, folder, ready=False))
        nginx = open_.enter_context(nginx_process(folder, service.url.removeprefix("http://")))
        client = httpx2.Client(
            base_url=f"http://127.0.0.1:{nginx.port}", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        yield Deployed(nginx, open_.enter_context(client), settings, key)


def test_a_case_goes_its_way_through_nginx(deployed: Deployed) -> None:
    client = deployed.client
    filed = client.post("/v1/cases", json=a_report())
    assert filed.status_code == 201, filed.text
    case_id = filed.json()["case_id"]
    lease = client.post("/v1/queue/claim", json={"case_id": case_id}).json()["lease"]
    decided = client.post(f"/v1/cases/{case_id}/decision", json=A_VERDICT | {"token": lease["token"]})
    assert decided.status_code == 201, decided.text
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/score", "/schema.json", "/docs.json", "/livez", "/readyz", "/healthz", "/static_content/x",
        "//metrics", "/v1/../metrics", "/v1/%2e%2e/metrics", "/v1/..%2fmetrics", "/v1/./../metrics",
        "/v1/..;/metrics",
        "/health/live/../../metrics", "/%6detrics", "/METRICS", "/metrics/", "/v1/../score", "/health/metrics",
        "/openapi.json/../metrics", "/v1/%252e%252e/metrics", "/v1\\..\\metrics", "/v1/..%5cmetrics",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_the_public_contract_is_not_there_however_it_is_written(
    deployed: Deployed, method: str, path: str
) -> None:
    status, answer = deployed.nginx.raw(
        f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {deployed.key}", "Connection: close",
        "Content-Type: application/json", "Content-Length: 2", body=b"{}",
    )  # fmt: skip
    assert status in (400, 404, 405), answer
    assert b"caseload_" not in answer
    assert b"# HELP" not in answer


def test_nginxs_own_answers_are_problems_as_the_services_are(deployed: Deployed) -> None:
    nowhere = deployed.client.get("/metrics")
    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "application/problem+json")
    assert nowhere.json()["code"] == "no_such_route"
    large = deployed.client.post("/v1/score", content=b"x" * (MAX_BODY_BYTES + 1))
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert str(MAX_BODY_BYTES) in large.json()["detail"]
    # Just as much as the service takes itself gets to it.
    whole = deployed.client.post(
        "/v1/score", content=b"x" * MAX_BODY_BYTES, headers={"Content-Type": "application/json"}
    )
    assert (whole.status_code, whole.json()["code"]) == (400, "invalid_body")
    assert "nginx/" not in nowhere.headers["server"]


def test_a_service_that_is_away_is_unavailable_and_says_when_to_come_back(tmp_path: Path) -> None:
    with nginx_process(tmp_path, "127.0.0.1:9") as nginx:
        answer = httpx2.get(f"http://127.0.0.1:{nginx.port}/v1/queue")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "5")


SMUGGLED = [
    ("X-Caseload-Person: ada", f"X-Caseload-Proxy-Secret: {SECRET}"),
    ("x-caseload-person: ada", f"x-caseload-proxy-secret: {SECRET}"),
    ("X-CASELOAD-PERSON: ada", f"X-CASELOAD-PROXY-SECRET: {SECRET}"),
    ("X_Caseload_Person: ada", f"X_Caseload_Proxy_Secret: {SECRET}"),
    ("X-Caseload_Person: ada", f"X-Caseload-Proxy_Secret: {SECRET}"),
    ("X-Caseload-Person: ada", "X-Caseload-Person: eve", f"X-Caseload-Proxy-Secret: {SECRET}"),
    ("X-Caseload-Person:ada", f"X-Caseload-Proxy-Secret:\t{SECRET}"),
    ("X-Caseload-Person : ada", f"X-Caseload-Proxy-Secret : {SECRET}"),
    ("X: y", " X-Caseload-Person: ada", f" X-Caseload-Proxy-Secret: {SECRET}"),
    ("X.Caseload.Person: ada", f"X.Caseload.Proxy.Secret: {SECRET}"),
    ("Connection: X-Caseload-Person", "X-Caseload-Person: ada", f"X-Caseload-Proxy-Secret: {SECRET}"),
]


@pytest.mark.parametrize("headers", SMUGGLED)
def test_nobody_becomes_a_person_by_a_header_even_with_the_secret(
    deployed: Deployed, headers: tuple[str, ...]
) -> None:
    # Without nginx these two would be believed: it connects from the trusted network.
    status, answer = deployed.nginx.raw("GET /v1/queue HTTP/1.1", "Host: x", *headers, "Connection: close")
    assert status in (400, 401), answer


@pytest.mark.parametrize("headers", SMUGGLED)
def test_a_key_counts_as_if_such_headers_were_not_there(deployed: Deployed, headers: tuple[str, ...]) -> None:
    status, answer = deployed.nginx.raw(
        "GET /v1/model HTTP/1.1", "Host: x", f"Authorization: Bearer {deployed.key}", *headers, "Connection: close"
    )
    # Written so that it is no header, nginx refuses it.
    assert status == (400 if any(" :" in header or header.startswith(" ") for header in headers) else 200), answer


def test_one_that_connects_to_the_service_itself_with_both_headers_is_that_person(deployed: Deployed) -> None:
    """So the two tests above would fail if nginx let them through."""
    text = (deployed.nginx.log.parent / "nginx.conf").read_text()
    [upstream] = re.findall(r"server (127\.0\.0\.1:\d+);", text)
    headers = {"X-Caseload-Person": "ada", "X-Caseload-Proxy-Secret": SECRET}
    assert httpx2.get(f"http://{upstream}/v1/queue", headers=headers).status_code == 200


@contextmanager
def an_echo() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_of_such_headers_nothing_reaches_the_service_and_the_others_do(tmp_path: Path) -> None:
    with an_echo() as upstream, nginx_process(tmp_path, upstream) as nginx:
        for headers in SMUGGLED:
            status, answer = nginx.raw(
                "GET /v1/x HTTP/1.1", "Host: caseload.example.org", "Authorization: Bearer k", "X-Request-Id: r-1",
                "traceparent: 00-1-2-01", 'If-None-Match: "7"', "Idempotency-Key: i-1", "X-Forwarded-For: 10.0.0.1",
                "Forwarded: for=10.0.0.1", *headers, "Connection: close",
            )  # fmt: skip
            if status == 400:
                continue
            passed = dict(json.loads(answer.split(b"\r\n\r\n", 1)[1]))
            assert passed["host"] == "caseload.example.org"
            assert passed.keys() >= {
                "authorization",
                "x-request-id",
                "traceparent",
                "if-none-match",
                "idempotency-key",
            }
            assert not [name for name in passed if "caseload" in name or "forwarded" in name], headers


def test_its_log_holds_no_path_and_no_query(deployed: Deployed) -> None:
    deployed.client.get(f"/v1/{CANARY}?{CANARY}=1", headers={"X-Request-Id": "r-77", CANARY: CANARY})
    deployed.nginx.raw(f"GET /{CANARY} HTTP/1.1", f"Host: {CANARY}", f"Referer: {CANARY}", "Connection: close")
    deployed.nginx.raw(f"{CANARY} / HTTP/9", "Host: x")
    lines = [json.loads(line) for line in deployed.nginx.log.read_text().splitlines()]
    assert lines[-1].keys() == {"time", "logger", "status", "method", "bytes", "seconds", "request_id"}
    assert CANARY not in deployed.nginx.log.read_text()
    assert CANARY not in (deployed.nginx.log.parent / "nginx-error.txt").read_text()


def test_the_configuration_strips_in_one_place_alone() -> None:
    """A `proxy_set_header` within a location would put aside those that strip."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    [server] = re.findall(r"\n    server \{.*", text, flags=re.DOTALL)
    assert "proxy_set_header" not in server
    for name in ("X-Caseload-Person", "X-Caseload-Proxy-Secret", "X-Forwarded-For", "Forwarded"):
        assert f'proxy_set_header {name} "";' in text
