from __future__ import annotations

import pytest

from cases.event import EventKind
from cases.ids import CaseId
from cases.record import Rank
from cases.store import Reranked
from tests.serving.conftest import A_VERDICT, Running, a_report

OVERRIDES: dict[str, dict[str, object]] = {
    "assign": {"to": "bob"},
    "unassign": {},
    "move": {"queue": "legal"},
    "severity": {"severity": 1},
    "priority": {"priority": "high"},
    "reopen": {"reason": "mistake"},
    "undo": {},
}

# Of no case's latest event.
OLD = '"999999-open"'


@pytest.fixture
def case(modelless: Running) -> str:
    found: str = modelless.client.post("/v1/cases", json=a_report()).json()["case_id"]
    return found


def decided(api: Running, case: str) -> str:
    """The tag of the case as its decision left it."""
    token = api.client.post("/v1/queue/claim", json={"case_id": case}).json()["lease"]["token"]
    answer = api.client.post(f"/v1/cases/{case}/decision", json={"token": token, **A_VERDICT})
    assert answer.status_code == 201
    return str(answer.headers["ETag"])


def test_a_case_carries_its_version_in_its_tag(modelless: Running, case: str) -> None:
    answer = modelless.client.get(f"/v1/cases/{case}")
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}-open"'
    told = [event for event in modelless.place.store.events(case) if event.kind is not EventKind.RERANKED]
    assert answer.json()["version"] == told[-1].seq
    claimed = modelless.client.post("/v1/queue/claim", json={"case_id": case})
    assert claimed.headers["ETag"] == f'"{claimed.json()["case"]["version"]}-claimed"'
    assert claimed.json()["case"]["version"] > answer.json()["version"]


def test_a_case_that_has_not_changed_is_not_sent_again(modelless: Running, case: str) -> None:
    url = f"/v1/cases/{case}"
    tag = modelless.client.get(url).headers["ETag"]
    for known in (tag, f"W/{tag}", f"{OLD}, {tag}", "*"):
        answer = modelless.client.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    modelless.client.post("/v1/queue/claim", json={"case_id": case})
    assert modelless.client.get(url, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("step", OVERRIDES)
def test_what_overrides_others_must_say_what_it_saw(modelless: Running, case: str, step: str) -> None:
    if step in ("reopen", "undo"):
        decided(modelless, case)
    url, body = f"/v1/cases/{case}/{step}", OVERRIDES[step]
    seen = modelless.client.get(f"/v1/cases/{case}").headers["ETag"]

    missing = modelless.client.post(url, json=body)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    stale = modelless.client.post(url, json=body, headers={"If-Match": OLD})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert modelless.client.get(f"/v1/cases/{case}").headers["ETag"] == seen
    done = modelless.client.post(url, json=body, headers={"If-Match": f"{OLD}, W/{seen}"})
    assert done.status_code == 200
    assert done.headers["ETag"] == modelless.client.get(f"/v1/cases/{case}").headers["ETag"]


def test_being_ranked_again_fails_no_precondition(modelless: Running, case: str) -> None:
    url, store = f"/v1/cases/{case}", modelless.place.store
    before = modelless.client.get(url)
    place = store.case(CaseId(case)).order_key
    assert store.rerank([Reranked(CaseId(case), Rank(place + 1.0, {"harm": place + 1.0}), place)]) == [True]
    after = modelless.client.get(url)
    assert after.json()["order_key"] == place + 1.0
    assert (after.json()["version"], after.headers["ETag"]) == (before.json()["version"], before.headers["ETag"])
    seen = {"If-Match": before.headers["ETag"]}
    assert modelless.client.post(f"{url}/move", json={"queue": "legal"}, headers=seen).status_code == 200


def test_a_decision_on_a_text_that_was_joined_by_another_since_is_refused_where_it_asks(
    modelless: Running, case: str
) -> None:
    claimed = modelless.client.post("/v1/queue/claim", json={"case_id": case})
    seen, token = claimed.headers["ETag"], claimed.json()["lease"]["token"]
    modelless.client.post("/v1/cases", json=a_report(external_id="T-2", description="It is worse than I said."))
    decision = {"token": token, **A_VERDICT}
    url = f"/v1/cases/{case}/decision"
    refused = modelless.client.post(url, json=decision, headers={"If-Match": seen})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    seen = modelless.client.get(f"/v1/cases/{case}").headers["ETag"]
    assert modelless.client.post(url, json=decision, headers={"If-Match": seen}).status_code == 201


def test_a_decision_carries_the_tag_that_undoes_it(modelless: Running, case: str) -> None:
    tag = decided(modelless, case)
    undone = modelless.client.post(f"/v1/cases/{case}/undo", headers={"If-Match": tag})
    assert undone.status_code == 200
    assert undone.headers["ETag"].endswith('-open"')


NO_TAGS = ["", "7", '"x"', '"0-open"', '"1-open" "2-open"', '"1-open",', f'"{"9" * 30}"', "* *"]


@pytest.mark.parametrize("tag", NO_TAGS)
def test_what_is_no_tag_of_ours_is_refused(modelless: Running, case: str, tag: str) -> None:
    answer = modelless.client.post(f"/v1/cases/{case}/move", json={"queue": "legal"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_input", "If-Match")
