"""A model that takes far longer than it may: reports are answered without it, in time, and scored when it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cases.identity import Role
from cases.settings import Settings
from tests.faults.requests_of_many import Requests
from tests.serving.conftest import Place, place, small_models, wait_until
from tests.serving.service_process import ServiceProcess, service_process

__all__ = ["place", "small_models"]

REPORTS = 12
# The default of CASELOAD_MODEL_SECONDS, and what else an answer takes on a machine that has much to do.
ANSWERED_WITHIN_SECONDS = 2.0 + 1.5
# As long as the file is there a batch does not end: far longer than it may take.
SLOW = """
import pathlib, time
from models.judge import Judge
slow, judge = pathlib.Path({slow!r}), Judge.judge
def slowly(self, cases):
    while slow.exists():
        time.sleep(0.02)
    return judge(self, cases)
Judge.judge = slowly
"""


@contextmanager
def a_service_with_a_slow_model(settings: Settings, folder: Path) -> Iterator[tuple[ServiceProcess, Path]]:
    """A service whose model takes its time while the file is there."""
    slow = folder / "the-model-is-slow"
    with service_process(settings, folder, first=SLOW.format(slow=str(slow))) as service:
        yield service, slow


def filed(client: httpx2.Client, requests: Requests) -> tuple[float, dict[str, Any]]:
    """How long filing a report took, and what was answered."""
    began = time.monotonic()
    answer = client.post("/v1/cases", json=requests.file().body)
    assert answer.status_code == 201, answer.text
    return time.monotonic() - began, answer.json()


@pytest.mark.slow
@pytest.mark.alone
def test_a_slow_model_keeps_nobody_waiting_and_what_it_did_not_score_is_scored_later(
    place: Place, tmp_path: Path, quote: Callable[[str], None]
) -> None:
    place.promote()
    key, requests = place.store.add_caller("tests", Role), Requests(3)
    with (
        a_service_with_a_slow_model(place.settings, tmp_path) as (service, slow),
        service.client(key) as client,
    ):
        assert filed(client, requests)[1]["score"] is not None
        slow.touch()
        took, answers = zip(*(filed(client, requests) for _ in range(REPORTS)), strict=True)

        assert max(took) < ANSWERED_WITHIN_SECONDS
        # From the second on nobody waits at all: it is known by then.
        assert sorted(took)[REPORTS // 2] < 1.0
        assert [(answer["score"], answer["unscored"]["code"]) for answer in answers] == [
            (None, "model_slow")
        ] * REPORTS
        waiting = {case["case_id"]: case for case in client.get("/v1/queue").json()["cases"]}
        assert {answer["case_id"] for answer in answers} <= waiting.keys()
        # By the rules: never below medium.
        assert all(waiting[answer["case_id"]]["score"] is None for answer in answers)
        assert 'caseload_filings_total{outcome="model_slow"} 12.0' in client.get("/metrics").text

        slow.unlink()
        began = time.monotonic()
        wait_until(lambda: all(scored(client, answer["case_id"]) for answer in answers), seconds=30)
        scored_after = time.monotonic() - began
        assert filed(client, requests)[1]["unscored"] is None
    quote(
        f"a model that hangs: {REPORTS} reports answered after {max(took):.2f} s at most, "
        f"{sorted(took)[REPORTS // 2] * 1000:.0f} ms (median), all `model_slow`; scored {scored_after:.1f} s after "
        "it came back"
    )


def scored(client: httpx2.Client, case_id: str) -> bool:
    """Whether the case has a score."""
    return client.get(f"/v1/cases/{case_id}").json()["score"] is not None
