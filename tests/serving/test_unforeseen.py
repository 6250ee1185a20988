"""What nobody foresaw: a model that breaks on a text, a database that goes away. And that no text leaks from it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore, migrate
from features.assemble import AssembledCase
from models.judge import Judgement
from serving.access.guard import Guard
from serving.app import build_app, build_services
from serving.observing import logs
from tests.serving.conftest import Place, Running, a_report, wait_until

CANARY = "canary-5f3a9c"


@pytest.fixture
def brittle(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The API with a model that breaks on texts with "breaks" in them, quoting the text as libraries do."""
    judge = running.services.watch.model().judge
    judge_well = judge.judge

    def judge_or_break(cases: Sequence[AssembledCase]) -> list[Judgement]:
        for case in cases:
            if "breaks" in case.text:
                raise ValueError(f"cannot digest {case.text!r}")
        return judge_well(cases)

    monkeypatch.setattr(judge, "judge", judge_or_break)
    return running


def test_a_text_that_breaks_the_model_fails_alone(brittle: Running) -> None:
    bad = brittle.client.post("/v1/score", json={"cases": [{"description": f"{CANARY} breaks"}]})
    good = brittle.client.post("/v1/score", json={"cases": [{"description": "A quarrel."}]})

    [broken] = bad.json()["scores"]
    assert (bad.status_code, broken["problem"]["code"]) == (200, "internal_error")
    assert (good.status_code, "problem" in good.json()["scores"][0]) == (200, False)


def test_a_report_that_breaks_the_model_is_stored_and_the_backlog_goes_on_behind_it(brittle: Running) -> None:
    filed = brittle.client.post("/v1/cases", json=a_report(description="this breaks"))
    report = a_report(external_id="T-2", subject_ref="c-2")
    brittle.services.watch.on_swap()
    other = brittle.client.post("/v1/cases", json=report).json()["case_id"]

    assert (filed.status_code, filed.json()["unscored"]["code"]) == (201, "internal_error")
    wait_until(lambda: brittle.client.get(f"/v1/cases/{other}").json()["score"] is not None)


def test_no_error_says_what_was_sent(brittle: Running, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    client, said = brittle.client, []
    case_id = client.post("/v1/cases", json=a_report()).json()["case_id"]
    token = client.post("/v1/queue/claim").json()["lease"]["token"]
    text = {"Content-Type": "application/json"}
    for method, path, content in [
        ("POST", "/v1/score", f'{{"cases": [{{"description": "{CANARY} breaks"}}]}}'),
        ("POST", "/v1/score", f'{{"cases": "{CANARY}"}}'),
        ("POST", "/v1/score", f'{{"cases": [{{"description": ["{CANARY}"]}}]}}'),
        ("POST", "/v1/score", f'{{"cases": [{{"description": "x", "an unknown {CANARY}": 1}}]}}'),
        ("POST", "/v1/score", f'{{"cases": [{{"description": "x", "received_at": "{CANARY}"}}]}}'),
        ("POST", "/v1/score", f'{{"cases": [{{"description": "x", "attributes": {{"a": ["{CANARY}"]}}}}]}}'),
        ("POST", "/v1/score", f'{{"cases": [{{"description": "{CANARY}"'),
        ("POST", "/v1/cases", f'{{"source": "", "external_id": "1", "description": "{CANARY}"}}'),
        ("POST", "/v1/cases", f'{{"source": "s", "external_id": "1", "description": "{CANARY} breaks"}}'),
        ("POST", "/v1/cases", f'{{"source": "s", "external_id": "2", "description": "x", "reporter": ["{CANARY}"]}}'),
        ("POST", f"/v1/cases/{case_id}/decision", f'{{"token": {token}, "note": ["{CANARY}"]}}'),
        ("POST", f"/v1/cases/{case_id}/decision", f'{{"token": {token}, "category": "An {CANARY}"}}'),
        ("POST", "/v1/queue/claim", f'{{"case_id": "{CANARY}"}}'),
        ("GET", f"/v1/cases/{CANARY}", ""),
        ("GET", f"/v1/queue?limit={CANARY}", ""),
        ("GET", f"/v1/{CANARY}", ""),
    ]:
        answer = client.request(method, path, content=content.encode(), headers=text)
        told = {} if answer.is_error else answer.json()
        assert answer.is_error or told.get("unscored") or "problem" in told["scores"][0], path
        said.append(answer.text + str(answer.headers))

    assert not [answer for answer in said if CANARY in answer]
    printed = "".join(capfd.readouterr())
    assert "ValueError" in printed
    assert CANARY not in printed


def test_a_database_that_is_not_migrated_acknowledges_nothing(tmp_path: Path) -> None:
    services = build_services(load_settings(home=tmp_path))
    with TestClient(build_app(services), headers={"Authorization": "Bearer any"}) as client:
        answer = client.post("/v1/cases", json=a_report())
        assert (answer.status_code, answer.json()["code"]) == (503, "not_migrated")
        assert answer.headers["Retry-After"]
        assert client.get("/health/live").status_code == 200

        migrate.upgrade(services.settings.database_url)
        assert client.post("/v1/cases", json=a_report()).status_code == 401


def test_a_database_that_goes_away_acknowledges_nothing_and_may_come_back(modelless: Running) -> None:
    api, place = modelless, modelless.place
    path = Path(place.settings.database_url.removeprefix("sqlite:///"))
    assert api.client.get("/v1/queue").status_code == 200
    kept = path.with_suffix(".kept")
    shutil.copyfile(path, kept)
    path.write_bytes(b"no database at all" * 1_000)

    answer = api.client.post("/v1/cases", json=a_report())
    shutil.copyfile(kept, path)
    again = api.client.post("/v1/cases", json=a_report())

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert str(path) not in answer.text
    assert answer.headers["Retry-After"]
    assert again.status_code == 201


def test_a_score_that_cannot_be_recorded_leaves_the_report_stored(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: CaseStore, _scores: object) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(CaseStore, "record_scores", full)

    answer = running.client.post("/v1/cases", json=a_report())

    assert (answer.status_code, answer.json()["score"]) == (201, None)
    assert running.client.get("/v1/queue").json()["length"] == 1


def test_an_error_in_a_route_is_a_problem_and_no_traceback(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: CaseStore) -> int:
        raise ZeroDivisionError(CANARY)

    monkeypatch.setattr(CaseStore, "queue_length", broken)

    answer = running.client.get("/v1/queue")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert CANARY not in answer.text


def test_it_is_one_behind_two_guards_too_as_the_service_stands(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    services = build_services(place.settings)
    key = place.store.add_caller("tests", Role)
    outer = Guard(build_app(services), services.callers, services.limits, services.told_headers)
    with TestClient(outer, headers={"Authorization": f"Bearer {key}"}) as client:
        monkeypatch.setattr(CaseStore, "queue_length", _broken)
        answer = client.get("/v1/queue")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "internal_error"
    assert CANARY not in "".join(capfd.readouterr())


def _broken(*_: object, **__: object) -> int:
    raise RuntimeError(CANARY)


def test_a_logged_traceback_keeps_its_places_and_types_and_loses_its_messages() -> None:
    def fail() -> None:
        try:
            raise KeyError(CANARY)  # noqa: TRY301 - two errors, one the other's cause, are the point
        except KeyError as error:
            raise RuntimeError(f"about {CANARY}") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    told = logs.told_without_messages(caught.value)

    assert "KeyError" in told
    assert "RuntimeError" in told
    assert "test_unforeseen.py" in told
    assert CANARY not in told
