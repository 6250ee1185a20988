"""Spans of a real service, as a collector gets them; and that without one nothing is sent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from cases.errors import InvalidInputError
from cases.identity import Role
from serving.observing import tracing
from serving.observing.otlp import OtlpHttp
from tests.serving.conftest import Place, a_report, wait_until
from tests.serving.service_process import service_process
from tests.serving.test_logs import requests

CANARY = "canary-c0ffee"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """Takes spans in over OTLP/HTTP, on a port of its own."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.headers.append({**{k.lower(): v for k, v in self.headers.items()}, ":path": self.path})
                collector.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self) -> list[Span]:
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found

    def resource(self) -> dict[str, str]:
        [resource, *_] = ExportTraceServiceRequest.FromString(self.bodies[0]).resource_spans
        return {pair.key: pair.value.string_value for pair in resource.resource.attributes}

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def a_collector() -> Iterator[Collector]:
    made = Collector()
    try:
        yield made
    finally:
        made.end()


def told(span: Span) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


@pytest.mark.slow
def test_a_request_its_score_and_its_steps_are_spans_of_the_callers_trace(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    place.promote()
    with a_collector() as collector:
        beside = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=safety%20first",
            "CASELOAD_LOG_FORMAT": "json",
        }
        with service_process(place.settings, tmp_path, beside=beside) as service, service.client(key) as client:
            filed = client.post(
                "/v1/cases",
                json=a_report(description=f"Lecture four is mine. {CANARY}", title=CANARY, reporter=CANARY),
                headers={"traceparent": f"00-{TRACE}-{PARENT}-01"},
            )
            assert filed.json()["score"] is not None
            client.get(f"/v1/cases/{CANARY}?{CANARY}=1")
            # What is left is sent at the end.
            assert service.end() == 0
            lines = requests(service)
        spans = collector.spans()
        headers, sent, resource = collector.headers[0], b"".join(collector.bodies), collector.resource()

    assert (headers[":path"], headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
    assert headers["x-team"] == "safety first"
    assert resource["service.name"] == "caseload"
    assert CANARY.encode() not in sent
    assert key.encode() not in sent

    ours = [span for span in spans if span.trace_id.hex() == TRACE]
    [request] = [span for span in ours if span.kind == Span.SPAN_KIND_SERVER]
    assert (request.name, request.parent_span_id.hex()) == ("POST /v1/cases", PARENT)
    assert told(request) == {
        "http.request.method": "POST",
        "http.route": "/v1/cases",
        "http.response.status_code": 201,
    }
    [score] = [span for span in ours if span.name == "score"]
    assert score.parent_span_id == request.span_id
    assert told(score)["caseload.cases"] == 1
    steps = [told(span)["caseload.step"] for span in ours if span.name == "store"]
    assert {"Filing.file_reports", "Scoring.record_scores"} <= set(steps)
    assert all(request.start_time_unix_nano <= s.start_time_unix_nano <= s.end_time_unix_nano for s in ours)
    assert request.end_time_unix_nano >= max(span.end_time_unix_nano for span in ours)

    [refused] = [span for span in spans if told(span).get("http.response.status_code") == 404]
    assert refused.name == "GET /v1/cases/{case_id}"
    assert refused.trace_id.hex() != TRACE
    # A line of the log leads to its trace.
    logged = {line["route"]: line["trace_id"] for line in lines if "cases" in line["route"]}
    assert logged == {"/v1/cases": TRACE, "/v1/cases/{case_id}": refused.trace_id.hex()}
    # What runs by the clock is no trace.
    assert {span.name for span in spans if not span.parent_span_id} <= {
        f"{line['method']} {line['route']}" for line in lines
    }


@pytest.mark.slow
def test_a_collector_that_is_away_keeps_nobody_waiting_and_is_said_once(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    beside = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with service_process(place.settings, tmp_path, ready=False, beside=beside) as service, service.client(key) as api:
        for _ in range(5):
            assert api.get("/v1/queue").status_code == 200
            time.sleep(0.1)
        wait_until(lambda: "spans are not taken (ConnectError)" in service.printed())
        began = time.monotonic()
        assert service.end() == 0
        assert time.monotonic() - began < 15
        assert service.printed().count("spans are not taken") == 1


NOTHING = """
import json, socket, sys, time
reached = []
real = socket.socket.connect
def watched(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        reached.append(str(address))
    return real(self, address)
socket.socket.connect = watched
from cases.settings import load_settings
from serving.service import build_service
from starlette.testclient import TestClient
with TestClient(build_service(load_settings()).to_asgi()) as client:
    client.get("/v1/queue")
    time.sleep(1)
from serving.observing import tracing
print(json.dumps([reached, "serving.observing.otlp" in sys.modules, tracing.current_trace_id()]))
"""


@pytest.mark.slow
def test_without_an_endpoint_nothing_is_loaded_and_nobody_is_connected_to(place: Place) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "CASELOAD_"))}
    environment |= {
        "CASELOAD_HOME": str(place.settings.home),
        "CASELOAD_DATABASE_URL": place.settings.database_url,
        # BentoML's tracer heeds neither, and other libraries' might.
        "OTEL_SERVICE_NAME": "caseload",
        "OTEL_TRACES_SAMPLER": "always_on",
    }
    done = subprocess.run(
        [sys.executable, "-c", NOTHING], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == '[[], false, ""]'


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "caseload"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/in"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_spans_are_sent_where_a_standard_variable_says_so(environment: Mapping[str, str], wanted: bool) -> None:
    assert tracing.wanted(environment) is wanted


@pytest.mark.parametrize(
    ("environment", "field"),
    [
        ({"PROTOCOL": "grpc"}, "PROTOCOL"),
        ({"TRACES_PROTOCOL": "http/json"}, "PROTOCOL"),
        ({"ENDPOINT": "collector:4317"}, "ENDPOINT"),
        ({"HEADERS": "authorization"}, "HEADERS"),
        ({"TIMEOUT": "soon"}, "TIMEOUT"),
    ],
)
def test_what_we_cannot_do_is_refused_by_its_variable_and_not_repeated(
    environment: Mapping[str, str], field: str
) -> None:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"} | {
        f"OTEL_EXPORTER_OTLP_{name}": value for name, value in environment.items()
    }
    with pytest.raises(InvalidInputError, match=f"'OTEL_EXPORTER_OTLP_{field}' must be") as refused:
        OtlpHttp.of_environment(given)
    assert refused.value.field == f"OTEL_EXPORTER_OTLP_{field}"
    assert "collector:4317" not in str(refused.value)
