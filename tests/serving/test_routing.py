"""A policy with queues of its own, and a service that sends cases there, whichever way they come to be scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cases.settings import load_settings
from cases.taxonomy_file import DEFAULT_POLICY
from tests.serving.conftest import Place, Running, a_report, an_api, state, wait_until

QUEUES = """
queues:
  - {id: german, name: "Read in German", when: {language: [de]}}
  - {id: rights, name: "Rights", when: {category: [intellectual_property, review_manipulation, refund_dispute]}}
"""
GERMAN = "Der Dozent hat meinen Kurs Wort für Wort kopiert und verkauft ihn jetzt unter seinem eigenen Namen."


@pytest.fixture
def routing(place: Place, tmp_path: Path) -> Iterator[Running]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(DEFAULT_POLICY.read_text(encoding="utf-8") + QUEUES, encoding="utf-8")
    settings = load_settings(
        home=place.settings.home, database_url=place.settings.database_url, taxonomy=policy, gather_hours=0
    )
    with an_api(replace(place, settings=settings)) as api:
        yield api


def queue_of(api: Running, case_id: str) -> str:
    found: str = api.client.get(f"/v1/cases/{case_id}").json()["queue"]
    return found


def filed(api: Running, number: int, **changes: object) -> str:
    answer = api.client.post(
        "/v1/cases", json=a_report(external_id=f"T-{number}", subject_ref=f"c-{number}", **changes)
    )
    assert answer.status_code == 201, answer.text
    case_id: str = answer.json()["case_id"]
    return case_id


def test_what_is_scored_later_goes_where_the_policy_sends_it(routing: Running, place: Place) -> None:
    waiting = [filed(routing, 1), filed(routing, 2, title="", description=GERMAN)]
    assert [queue_of(routing, case_id) for case_id in waiting] == ["main", "main"]
    place.promote()
    wait_until(lambda: state(routing) == "ready")
    wait_until(lambda: queue_of(routing, waiting[1]) == "german")
    wait_until(lambda: queue_of(routing, waiting[0]) == "rights")
    at_once = filed(routing, 3, title="", description=GERMAN)
    assert queue_of(routing, at_once) == "german"
    claimed = routing.client.post("/v1/queue/claim", json={"holder": "ida", "queues": ["rights"]}).json()
    assert claimed["case"]["case_id"] == waiting[0]
