"""What `/metrics` of a real service says, and that nothing which was sent is in it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from cases.decision import Verdict
from cases.identity import Role
from serving.api.schemas import ReportRequest
from serving.observing.alarms import Alarm
from serving.observing.measures import Measures, measures
from tests.serving.conftest import A_VERDICT, Place, a_report, wait_until
from tests.serving.service_process import free_port, service_process

CANARY = "canary-31f0aa"
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


class Metrics:
    """A scrape, by name and labels."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, name: str, **labels: str) -> float | None:
        """The value of the one series with these labels; None where there is none."""
        for line in self.text.splitlines():
            found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
            if found and labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")).items():
                return float(found[2])
        return None


def scrape(client: httpx2.Client) -> Metrics:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return Metrics(answer.text)


@pytest.mark.slow
def test_requests_are_counted_by_route_template_and_class_of_status(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        filed = client.post("/v1/cases", json=a_report(description=CANARY, title=CANARY)).json()
        for _ in range(3):
            assert client.get(f"/v1/cases/{filed['case_id']}").status_code == 200
        client.get(f"/v1/cases/{CANARY}")
        client.get(f"/v1/{CANARY}?{CANARY}={CANARY}", headers={CANARY: CANARY})
        client.request("BREW", "/v1/queue")
        client.get("/v1/queue", headers={"Authorization": f"Bearer {CANARY}"})
        client.post("/v1/score", content=f'{{"{CANARY}'.encode(), headers={"Content-Type": "application/json"})
        said = scrape(client)

    def counted(method: str, route: str, status: str) -> float | None:
        return said("caseload_request_seconds_count", method=method, route=route, status=status)

    assert counted("POST", "/v1/cases", "2xx") == 1
    assert counted("GET", "/v1/cases/{case_id}", "2xx") == 3
    assert counted("GET", "/v1/cases/{case_id}", "4xx") == 1
    # The path of nowhere, and the method that there is not.
    assert counted("other", "other", "4xx") == 2
    assert counted("GET", "/v1/queue", "4xx") == 1
    assert counted("POST", "/v1/score", "4xx") == 1
    # The scrape itself, which is not answered yet.
    assert said("caseload_requests_in_flight") == 1
    assert CANARY not in said.text
    assert filed["case_id"] not in said.text


@pytest.mark.slow
def test_bentomls_native_route_is_counted_as_the_others_are(place: Place, tmp_path: Path) -> None:
    key, admin = place.store.add_caller("tests", Role), place.store.add_caller("admin", [Role.ADMIN])
    place.promote()
    with service_process(place.settings, tmp_path) as service, service.client(key) as client:
        for body in ({"cases": [{"description": CANARY}] * 3}, {"cases": CANARY}):
            client.post("/score", json=body)
        client.post("/score", json={"cases": []}, headers={"Authorization": f"Bearer {admin}"})
        said = scrape(client)
    for status, count in (("2xx", 1), ("4xx", 2), ("5xx", None)):
        assert said("caseload_request_seconds_count", method="POST", route="/score", status=status) == count
    assert (said("caseload_request_seconds_sum", method="POST", route="/score", status="2xx") or 0) > 0
    assert (said("caseload_batch_cases_count"), said("caseload_batch_cases_sum")) == (1, 3)
    assert CANARY not in said.text


@pytest.mark.slow
def test_batches_the_model_and_its_swaps_are_told(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    first = place.promote(version="1")
    with service_process(place.settings, tmp_path) as service, service.client(key) as client:
        assert client.post("/v1/score", json={"cases": [{"description": "A stolen lecture."}] * 40}).is_success
        client.post("/v1/cases", json=a_report())
        before = scrape(client)
        second = place.promote(1, version="2")
        wait_until(lambda: client.get("/v1/model").json()["model"]["sha256"] == second, seconds=40)
        # A swap is counted once it is over, a moment after the model serves.
        wait_until(lambda: scrape(client)("caseload_model_swaps_total") == 2, seconds=40)
        after = scrape(client)

    # Forty as thirty-two and eight, and the report by itself.
    assert before("caseload_batch_cases_count") == 3
    assert before("caseload_batch_cases_sum") == 41
    assert before("caseload_batch_cases_bucket", le="8.0") == 2
    assert before("caseload_batch_seconds_count") == 3
    assert before("caseload_scorer_seconds_count") == 2
    assert before("caseload_scorer_waiting") == 0
    assert before("caseload_filings_total", outcome="scored") == 1
    assert before("caseload_model_state", state="ready") == 1
    assert before("caseload_model_state", state="no_model") == 0
    assert before("caseload_model_info", model="small/1", sha256=first[:12]) == 1
    assert before("caseload_model_swaps_total") == 1
    assert after("caseload_model_info", model="small/1", sha256=first[:12]) == 0
    assert after("caseload_model_info", model="small/2", sha256=second[:12]) == 1
    assert after("caseload_model_swaps_total") == 2


@pytest.mark.slow
def test_reports_that_no_model_judged_are_counted_by_why_not(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        wait_until(lambda: client.get("/health/ready").json()["state"] == "no_model", seconds=40)
        for number in range(2):
            client.post("/v1/cases", json=a_report(external_id=f"T-{number}", subject_ref=f"c-{number}"))
        said = scrape(client)
    assert said("caseload_filings_total", outcome="model_missing") == 2
    assert said("caseload_filings_total", outcome="scored") is None
    assert said("caseload_model_state", state="no_model") == 1


@pytest.mark.slow
def test_what_waits_for_a_score_is_counted_and_comes_down_to_nothing(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    for number in range(40):
        report = a_report(external_id=f"T-{number}", subject_ref=f"c-{number}")
        _file_without_a_service(place, report)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        wait_until(lambda: scrape(client)("caseload_backlog_cases") == 40, seconds=40)
        place.promote()
        wait_until(lambda: scrape(client)("caseload_backlog_cases") == 0, seconds=40)


@pytest.mark.slow
def test_the_queue_is_told_by_severity_and_by_how_its_cases_stand(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    for number in range(3):
        _file_without_a_service(place, a_report(external_id=f"T-{number}", subject_ref=f"c-{number}"))
    case, lease = place.store.claim_next("ann", 600) or pytest.fail("nothing to claim")
    verdict = Verdict(A_VERDICT["category"], 3, "remove_content", "clear_breach")
    place.store.decide(case.id, verdict, holder="ann", token=lease.token)
    place.store.claim_next("ann", 600)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        wait_until(lambda: scrape(client)("caseload_queue_cases", severity="none", standing="free") == 1, seconds=40)
        said = scrape(client)
    assert said("caseload_queue_open") == 2
    assert said("caseload_queue_cases", severity="none", standing="claimed") == 1
    assert said("caseload_queue_cases", severity="1", standing="free") == 0
    assert (said("caseload_queue_wait_seconds", severity="none", standing="free") or 0) > 0
    assert said("caseload_suggestions_in_window", tier="none", came_of="unaided", rank="none") == 1
    assert said("caseload_suggestions_in_window", tier="apply", came_of="accepted", rank="1") == 0
    # Three reports came in for one decision.
    raised = {alarm for alarm in Alarm if said("caseload_alarm", alarm=alarm.value)}
    assert raised == {Alarm.OVER_CAPACITY}


def _file_without_a_service(place: Place, report: Mapping[str, object]) -> None:
    new = ReportRequest.model_validate(report).as_report(datetime.now(UTC))
    place.store.file_reports([new], actor="tests")


@pytest.mark.slow
def test_bentomls_own_server_tells_the_same(place: Place, tmp_path: Path) -> None:
    key = place.store.add_caller("tests", Role)
    with _bentoml_serve(place, tmp_path) as url, httpx2.Client(base_url=url, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        assert client.get("/v1/queue").status_code == 200
        client.get(f"/v1/cases/{CANARY}")
        said = scrape(client)
    assert said("caseload_request_seconds_count", route="/v1/queue", status="2xx") == 1
    assert said("caseload_request_seconds_count", route="/v1/cases/{case_id}", status="4xx") == 1
    assert said("caseload_model_state", state="no_model") == 1
    assert CANARY not in said.text
    assert CANARY not in (tmp_path / "bentoml.txt").read_text()
    # Its lines are ours where they are for machines.
    lines = [line for line in (tmp_path / "bentoml.txt").read_text().splitlines() if "caseload.access" in line]
    assert "/v1/queue" in [json.loads(line)["route"] for line in lines]


@contextmanager
def _bentoml_serve(place: Place, folder: Path) -> Iterator[str]:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASELOAD_")} | {
        "CASELOAD_HOME": str(place.settings.home),
        "CASELOAD_DATABASE_URL": place.settings.database_url,
        "CASELOAD_LOG_FORMAT": "json",
        "BENTOML_HOME": str(folder / "bentoml"),
        "TMPDIR": str(folder),
    }
    command = [sys.executable, "-m", "bentoml", "serve", "serving.bento:Caseload"]
    with (folder / "bentoml.txt").open("wb") as printed:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--working-dir", str(ROOT)],
            env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process, folder / "bentoml.txt")
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], printed: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"{url}/health/live").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError(printed.read_text())


def test_each_metric_stands_in_the_page_on_operations() -> None:
    names = set()
    for field in Measures.__slots__:
        [family] = getattr(measures(), field).collect()
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
    told = set(re.findall(r"`(caseload_\w+)`", PAGE.partition("## Metrics")[2].partition("## Alarms")[0]))
    assert told == names


def test_each_alarm_stands_in_the_page_on_operations() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## Alarms")[2].partition("## Traces")[0], flags=re.MULTILINE)
    assert rows == list(Alarm)
