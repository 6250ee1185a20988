"""Log lines for machines: what is in one, and what of a request never is, of a real service."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cases.identity import Role
from serving.observing import logs
from serving.observing.request_context import request_id, trace_id
from tests.serving.conftest import A_VERDICT, Place, a_report
from tests.serving.service_process import ServiceProcess, service_process

CANARY = "canary-90b2ce"
JSON = {"CASELOAD_LOG_FORMAT": "json"}


@pytest.fixture
def _own_ids() -> Iterator[None]:
    before = request_id.set("r-1"), trace_id.set("a" * 32)
    yield
    request_id.reset(before[0])
    trace_id.reset(before[1])


def record(message: str, *args: object, **told: object) -> logging.LogRecord:
    made = logging.LogRecord("caseload.serving", logging.WARNING, "file.py", 1, message, args, None)
    setattr(made, logs.TOLD, told)
    return made


@pytest.mark.usefixtures("_own_ids")
def test_a_line_is_one_object_with_the_ids_of_its_request() -> None:
    line = logs.JsonLines().format(record("two\nlines of %d", 7, seconds=1.5))
    assert "\n" not in line
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told.pop("time"))
    assert told == {
        "level": "warning",
        "logger": "caseload.serving",
        "event": "two\nlines of 7",
        "request_id": "r-1",
        "trace_id": "a" * 32,
        "seconds": 1.5,
    }


def test_outside_of_a_request_there_are_no_ids() -> None:
    assert json.loads(logs.JsonLines().format(record("x"))).keys() == {"time", "level", "logger", "event"}


@pytest.mark.parametrize("filtered", [True, False])
def test_a_traceback_loses_what_its_errors_say_with_and_without_a_filter(filtered: bool) -> None:
    try:
        {}[CANARY]
    except KeyError:
        found = record("stumbled")
        found.exc_info = sys.exc_info()
    if filtered:
        logs.WithoutMessages().filter(found)
    line = logs.JsonLines().format(found)
    assert CANARY not in line
    assert "KeyError" in json.loads(line)["error"]
    assert "test_logs.py" in json.loads(line)["error"]


def lines(service: ServiceProcess) -> list[dict[str, Any]]:
    """What the service printed as JSON; nothing else but the test's own two lines may be there."""
    printed = [line for line in service.printed().splitlines() if not line.startswith(("listening at", "ended in"))]
    return [json.loads(line) for line in printed]


def requests(service: ServiceProcess) -> list[Mapping[str, Any]]:
    return [line for line in lines(service) if line["logger"] == "caseload.access"]


@pytest.mark.slow
def test_each_request_has_one_line_that_names_it_by_template_and_ids(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("helpdesk", Role)
    with (
        service_process(place.settings, tmp_path, ready=False, beside=JSON) as service,
        service.client(key) as client,
    ):
        answer = client.post("/v1/cases", json=a_report())
        case_id = answer.json()["case_id"]
        client.get(f"/v1/cases/{case_id}", params={"a": CANARY})
        client.get(f"/v1/cases/{CANARY}")
        client.get(f"/{CANARY}")
        client.get("/health/live", headers={"Authorization": ""})
        assert service.end() == 0
        told = requests(service)

    shown = [{name: line.get(name) for name in ("method", "route", "status", "case_id", "caller")} for line in told]
    assert shown == [
        {"method": "POST", "route": "/v1/cases", "status": 201, "case_id": None, "caller": "helpdesk"},
        {"method": "GET", "route": "/v1/cases/{case_id}", "status": 200, "case_id": case_id, "caller": "helpdesk"},
        {"method": "GET", "route": "/v1/cases/{case_id}", "status": 404, "case_id": None, "caller": "helpdesk"},
        {"method": "other", "route": "other", "status": 404, "case_id": None, "caller": "helpdesk"},
        {"method": "GET", "route": "/health/live", "status": 200, "case_id": None, "caller": None},
    ]
    assert all(0 < line["ms"] < 60_000 for line in told)
    assert told[0]["caller_kind"] == "caller"
    assert CANARY not in service.printed()


@pytest.mark.slow
def test_of_a_person_the_log_tells_that_it_was_one_and_not_who(place: Place, tmp_path: Path) -> None:
    secret = "s3" * 16
    place.store.add_person("ada.lovelace", [Role.ASSOCIATE])
    beside = JSON | {"CASELOAD_TRUSTED_PROXIES": "127.0.0.1/32", "CASELOAD_PROXY_SECRET": secret}
    with service_process(place.settings, tmp_path, ready=False, beside=beside) as service:
        headers = {"X-Caseload-Person": "ada.lovelace", "X-Caseload-Proxy-Secret": secret}
        assert httpx2.get(f"{service.url}/v1/queue", headers=headers).status_code == 200
        assert service.end() == 0
        [told] = [line for line in requests(service) if line["route"] == "/v1/queue"]
        printed = service.printed()
    assert told["caller_kind"] == "person"
    assert "ada" not in printed
    assert secret not in printed


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_that_was_sent_or_is_secret_is_printed_in_either_format(
    place: Place, tmp_path: Path, log_format: str
) -> None:
    key = place.store.add_caller("tests", Role)
    place.promote()
    beside = {"CASELOAD_LOG_FORMAT": log_format}
    with service_process(place.settings, tmp_path, beside=beside) as service, service.client(key) as client:
        client.post("/v1/cases", json=a_report(description=CANARY, title=CANARY, reporter=CANARY))
        for path, body in [
            ("/score", {"cases": CANARY}),
            ("/score", {"cases": [CANARY]}),
            ("/score", {"cases": [{"description": [CANARY]}]}),
            ("/score", {CANARY: CANARY}),
            ("/score", CANARY),
            (f"/score?x={CANARY}", [CANARY]),
            ("/v1/score", {"cases": [{"description": {"x": CANARY}}]}),
            ("/v1/cases", a_report(description=[CANARY])),
            (f"/v1/cases/{CANARY}/decision", A_VERDICT | {"token": 1, "note": CANARY}),
        ]:
            assert client.post(path, json=body).is_error or "problem" in client.post(path, json=body).text, path
        for kind in ("application/json", "application/vnd.bentoml+pickle", "text/plain", "multipart/form-data"):
            for path in ("/score", "/v1/score"):
                content = f'{{"{CANARY}'.encode()
                assert client.post(path, content=content, headers={"Content-Type": kind}).is_error
        assert CANARY not in client.get("/metrics").text
        assert service.end() == 0
        printed = service.printed()
        native = [line for line in lines(service) if line.get("route") == "/score"] if log_format == "json" else []

    # BentoML logged what it refused; it kept the place and the kind.
    assert "ValidationError" in printed or "BentoMLException" in printed
    assert CANARY not in printed
    assert key not in printed
    if log_format == "json":
        assert len(native) >= 10
    else:
        assert "caseload.access" not in printed
