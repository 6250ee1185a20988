from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import select

from cases.identity import Role
from cases.store.engine import make_engine
from cases.store.tables import idempotent_answers
from serving.access.permissions import ROUTES, SIGNED
from serving.api.idempotency import UNKEYED_PATHS
from serving.app import build_app
from tests.serving.conftest import A_VERDICT, Place, Running, a_report, an_api

KEY = {"Idempotency-Key": "one-thing"}


@pytest.fixture
def api(place: Place) -> Iterator[Running]:
    with an_api(place) as running:
        yield running


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def same(one: httpx2.Response, other: httpx2.Response) -> bool:
    return (one.status_code, one.content, one.headers.get("etag")) == (
        other.status_code,
        other.content,
        other.headers.get("etag"),
    )


def test_a_claim_sent_twice_is_one_claim(api: Running) -> None:
    for number in (1, 2):
        api.client.post("/v1/cases", json=a_report(external_id=f"T-{number}", subject_ref=f"c-{number}"))
    first = api.client.post("/v1/queue/claim", json={"holder": "ada"}, headers=KEY)
    again = api.client.post("/v1/queue/claim", json={"holder": "ada"}, headers=KEY)
    assert first.status_code == 200
    assert same(first, again)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    other = api.client.post("/v1/queue/claim", json={"holder": "ada"}, headers={"Idempotency-Key": "another"})
    assert other.json()["case"]["case_id"] != first.json()["case"]["case_id"]


def test_a_decision_sent_twice_is_one_decision_and_a_refusal_stays_one(api: Running) -> None:
    case = api.client.post("/v1/cases", json=a_report()).json()["case_id"]
    token = api.client.post("/v1/queue/claim").json()["lease"]["token"]
    url = f"/v1/cases/{case}/decision"
    stale = api.client.post(url, json={"token": token + 1, **A_VERDICT}, headers={"Idempotency-Key": "stale"})
    first = api.client.post(url, json={"token": token, **A_VERDICT}, headers=KEY)
    again = api.client.post(url, json={"token": token, **A_VERDICT}, headers=KEY)
    assert (first.status_code, same(first, again)) == (201, True)
    assert len(api.place.store.decisions(case)) == 1
    still = api.client.post(url, json={"token": token + 1, **A_VERDICT}, headers={"Idempotency-Key": "stale"})
    assert code(stale) == (409, "stale_lease")
    assert same(stale, still)


def test_an_answer_without_a_body_is_kept_too(api: Running) -> None:
    empty = [api.client.post("/v1/queue/claim", headers=KEY) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in empty] == [(204, b"")] * 2
    assert "Idempotency-Replayed" in empty[1].headers


@pytest.mark.parametrize(
    ("path", "body", "further"),
    [
        ("/v1/queue/claim", {"holder": "bob"}, {}),
        ("/v1/queue/claim?x=1", {"holder": "ada"}, {}),
        ("/v1/cases", a_report(), {}),
        ("/v1/queue/claim", {"holder": "ada"}, {"If-Match": "*"}),
    ],
)
def test_a_key_that_stood_on_another_request_is_refused(
    api: Running, path: str, body: dict[str, object], further: dict[str, str]
) -> None:
    api.client.post("/v1/queue/claim", json={"holder": "ada"}, headers=KEY)
    answer = api.client.post(path, json=body, headers=KEY | further)
    assert code(answer) == (422, "idempotency_key_reused")


def test_keys_are_each_callers_own(api: Running) -> None:
    other = {"Authorization": f"Bearer {api.place.store.add_caller('other', Role)}"}
    first = api.client.post("/v1/cases", json=a_report(), headers=KEY)
    theirs = api.client.post("/v1/queue/claim", json={}, headers={**KEY, **other})
    assert (first.status_code, theirs.status_code) == (201, 200)


def test_whoever_may_no_longer_ask_is_not_given_the_answer_of_before(api: Running) -> None:
    store = api.place.store
    desk = {"Authorization": f"Bearer {store.add_caller('desk', [Role.ASSOCIATE])}"}
    api.client.post("/v1/cases", json=a_report())
    url, body = "/v1/queue/claim", {"holder": "ada"}
    assert api.client.post(url, json=body, headers={**KEY, **desk}).status_code == 200
    store.revoke_caller("desk")
    again = store.add_caller("desk", [Role.TOOLING])
    refused = api.client.post(url, json=body, headers={**KEY, "Authorization": f"Bearer {again}"})
    assert code(refused) == (403, "forbidden")


def test_two_at_once_are_done_once(api: Running) -> None:
    """The second is told to wait, or finds the answer of the first; never a second case."""
    together, found = threading.Barrier(6), list[httpx2.Response]()

    def send() -> None:
        together.wait()
        found.append(api.client.post("/v1/cases/batch", json={"reports": [a_report()]}, headers=KEY))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [answer for answer in found if answer.status_code == 200]
    waiting = [answer for answer in found if answer.status_code != 200]
    assert len({answer.content for answer in done}) == 1
    assert [item["status"] for item in done[0].json()["results"]] == [201]
    assert {code(answer) for answer in waiting} <= {(409, "idempotency_in_flight")}
    assert all("Retry-After" in answer.headers for answer in waiting)


def test_a_request_that_broke_may_be_sent_again(api: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    api.client.post("/v1/cases", json=a_report())
    with monkeypatch.context() as broken:
        broken.setattr(type(api.place.store), "claim_next", lambda *_args, **_kwargs: 1 / 0)
        assert code(api.client.post("/v1/queue/claim", headers=KEY)) == (500, "internal_error")
    answer = api.client.post("/v1/queue/claim", headers=KEY)
    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (200, False)


def test_neither_key_nor_caller_is_stored_and_the_row_names_the_case_that_it_shows(api: Running) -> None:
    case = api.client.post("/v1/cases", json=a_report(), headers=KEY).json()["case_id"]
    api.client.post("/v1/queue/claim", headers={"Idempotency-Key": "two"})
    api.client.post(f"/v1/cases/{case}/move", json={"queue": "legal"}, headers={**KEY, "Idempotency-Key": "three"})
    engine = make_engine(api.place.settings.database_url)
    with engine.connect() as connection:
        rows = connection.execute(select(idempotent_answers)).all()
    engine.dispose()
    assert [row.case_id for row in rows] == [case] * 3
    assert not any("one-thing" in str(value) or value == "tests" for row in rows for value in row)


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
def test_a_key_that_is_none_is_refused(api: Running, key: str) -> None:
    answer = api.client.post("/v1/queue/claim", headers={"Idempotency-Key": key.encode()})
    assert code(answer) == (422, "invalid_input")
    assert answer.json()["field"] == "Idempotency-Key"


def test_two_keys_on_one_request_are_refused(api: Running) -> None:
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert code(api.client.post("/v1/queue/claim", headers=twice)) == (422, "invalid_input")


def test_each_post_takes_a_key_or_changes_nothing(api: Running) -> None:
    document = build_app(api.services).openapi()["paths"]
    takes = {
        path
        for path, methods in document.items()
        for parameter in methods.get("post", {}).get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    }
    # What is signed names each report by its own id, and is filed once by that.
    posts = {path for (method, path), needed in ROUTES.items() if method == "POST" and needed != SIGNED}
    assert takes | UNKEYED_PATHS == posts
