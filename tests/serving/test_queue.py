from __future__ import annotations

import pytest

from cases.ids import new_id
from tests.serving.conftest import A_VERDICT, Running, a_report


@pytest.fixture
def three(running: Running) -> list[str]:
    """The ids of three cases, filed the least urgent first."""
    attributes: tuple[dict[str, object], ...] = ({}, {"prior_strikes": 3}, {"minor_involved": True, "reach": 500_000})
    return [
        running.client.post(
            "/v1/cases", json=a_report(external_id=f"T-{n}", subject_ref=f"c-{n}", attributes=these)
        ).json()["case_id"]
        for n, these in enumerate(attributes)
    ]


def claim(api: Running, **body: object) -> dict[str, object]:
    answer = api.client.post("/v1/queue/claim", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()["lease"]
    return found


def test_the_queue_is_in_the_order_of_urgency(running: Running, three: list[str]) -> None:
    queue = running.client.get("/v1/queue").json()

    assert [case["case_id"] for case in queue["cases"]] == three[::-1]
    keys = [case["order_key"] for case in queue["cases"]]
    assert keys == sorted(keys, reverse=True)


def test_a_page_of_the_queue(running: Running, three: list[str]) -> None:
    queue = running.client.get("/v1/queue", params={"limit": 1, "offset": 1}).json()

    assert [case["case_id"] for case in queue["cases"]] == [three[1]]
    assert (queue["length"], queue["limit"], queue["offset"]) == (3, 1, 1)


def test_a_claim_takes_the_most_urgent_and_shows_the_whole_case(running: Running, three: list[str]) -> None:
    claimed = running.client.post("/v1/queue/claim", json={"holder": "ada"}).json()

    assert claimed["lease"]["case_id"] == three[2]
    assert claimed["lease"]["holder"] == "ada"
    assert claimed["case"]["status"] == "claimed"
    assert claimed["case"]["content"]["description"]
    assert claimed["case"]["score"]["categories"]


@pytest.mark.usefixtures("three")
def test_a_claim_without_a_holder_is_the_callers(running: Running) -> None:
    assert claim(running)["holder"] == "tests"


def test_a_claim_of_a_named_case(running: Running, three: list[str]) -> None:
    assert claim(running, case_id=three[0])["case_id"] == three[0]


def test_a_case_that_another_holds_is_a_conflict(running: Running, three: list[str]) -> None:
    claim(running, case_id=three[0], holder="ada")

    answer = running.client.post("/v1/queue/claim", json={"case_id": three[0], "holder": "ben"})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_empty_queue_answers_no_content(running: Running) -> None:
    assert running.client.post("/v1/queue/claim").status_code == 204


def test_a_decision_needs_the_lease_and_is_taken_once(running: Running, three: list[str]) -> None:
    token = claim(running, case_id=three[0])["token"]
    url = f"/v1/cases/{three[0]}/decision"

    first = running.client.post(url, json=A_VERDICT | {"token": token, "note": "seen before", "handling_seconds": 42})
    second = running.client.post(url, json=A_VERDICT | {"token": token})

    assert first.status_code == 201
    assert first.json()["decided_by"] == "tests"
    assert first.json()["handling_seconds"] == 42
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    assert running.client.get("/v1/queue").json()["length"] == 2


def test_a_stale_token_decides_nothing(running: Running, three: list[str]) -> None:
    old = claim(running, case_id=three[0], holder="ada")["token"]
    running.client.post(f"/v1/cases/{three[0]}/lease/release", json={"token": old, "holder": "ada"})
    claim(running, case_id=three[0], holder="ben")

    answer = running.client.post(f"/v1/cases/{three[0]}/decision", json=A_VERDICT | {"token": old, "holder": "ada"})

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_lease")
    assert running.client.get(f"/v1/cases/{three[0]}").json()["decisions"] == []


@pytest.mark.usefixtures("three")
def test_a_lease_is_renewed_and_released(running: Running) -> None:
    lease = claim(running, lease_seconds=60)

    renewed = running.client.post(
        f"/v1/cases/{lease['case_id']}/lease/renew", json={"token": lease["token"], "lease_seconds": 600}
    ).json()
    released = running.client.post(f"/v1/cases/{lease['case_id']}/lease/release", json={"token": lease["token"]})

    assert renewed["expires_at"] > str(lease["expires_at"])
    assert released.status_code == 204
    assert claim(running)["case_id"] == lease["case_id"]


def test_a_decision_says_what_was_suggested(running: Running, three: list[str]) -> None:
    claimed = running.client.post("/v1/queue/claim", json={"case_id": three[0]}).json()
    offered = [category["category"] for category in claimed["case"]["score"]["categories"]]
    shown = {"score_id": claimed["case"]["score"]["score_id"], "categories": offered}

    decision = running.client.post(
        f"/v1/cases/{three[0]}/decision",
        json=A_VERDICT | {"token": claimed["lease"]["token"], "category": offered[1], "shown": shown},
    ).json()

    assert (decision["suggestion"], decision["suggested_rank"]) == ("accepted", 2)


def test_a_score_of_another_case_cannot_have_been_shown(running: Running, three: list[str]) -> None:
    other = running.client.get(f"/v1/cases/{three[1]}").json()["score"]["score_id"]
    token = claim(running, case_id=three[0])["token"]

    answer = running.client.post(
        f"/v1/cases/{three[0]}/decision",
        json=A_VERDICT | {"token": token, "shown": {"score_id": other, "categories": ["hate"]}},
    )

    assert (answer.status_code, answer.json()["field"]) == (422, "score_id")


@pytest.mark.parametrize(
    ("field", "value"),
    [("category", "poetry"), ("sub_policy", "sonnets"), ("severity", 9), ("action", "applaud"), ("reason", "whim")],
)
def test_a_word_that_the_taxonomy_lacks_is_refused_with_those_it_has(
    shared: Running, field: str, value: object
) -> None:
    answer = shared.client.post(f"/v1/cases/{new_id()}/decision", json=A_VERDICT | {"token": 1, field: value})

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_policy", field)
    known = {"category": "harassment", "sub_policy": "false_claim", "severity": "4", "action": "warn"}
    assert known.get(field, "grey_area") in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/cases/{}", "/v1/cases/{}/decision", "/v1/cases/{}/lease/renew"])
@pytest.mark.parametrize("case_id", ["019b0000-0000-7000-8000-000000000000", "nonsense"])
def test_an_unknown_case_is_not_found(shared: Running, path: str, case_id: str) -> None:
    url = path.format(case_id)
    answer = shared.client.get(url) if url.endswith(case_id) else shared.client.post(url, json=_body_for(path))

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def _body_for(path: str) -> dict[str, object]:
    return A_VERDICT | {"token": 1} if path.endswith("decision") else {"token": 1}
