"""Receivers and deliveries over HTTP, for whoever looks after the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cases.telling import Told
from cases.webhooks import PauseReason
from tests.cases.store.builders import decide, file_one
from tests.serving.conftest import Place, Running, an_api, wait_until


@pytest.fixture
def api(place: Place) -> Iterator[Running]:
    """An API without a model; its receivers are paused, so that what it would send is for the tests to look at."""
    with an_api(place) as running:
        yield running


def two_dead(api: Running) -> tuple[str, list[int]]:
    """A paused receiver with two dead letters."""
    store = api.place.store
    webhook, secret = store.add_webhook("https://hooks.example.org/in", [Told.DECIDED])
    store.pause_webhook(webhook.id)
    for number in range(2):
        decide(store, file_one(store, number).id)
    while store.derive_deliveries():
        pass
    # The service may read the log first; either way there are two.
    wait_until(lambda: len(store.deliveries(10)) == 2)
    assert secret not in api.client.get("/v1/webhooks").text
    numbers = []
    for delivery in store.deliveries(10):
        store.not_delivered(delivery, "500", None)
        numbers.append(delivery.id)
    assert len(numbers) == 2
    return webhook.id, numbers


def test_receivers_are_listed_without_their_secrets(api: Running) -> None:
    webhook_id, _ = two_dead(api)
    store = api.place.store
    store.rotate_webhook(webhook_id, timedelta(hours=1))  # type: ignore[arg-type]  # it is one
    [webhook] = api.client.get("/v1/webhooks").json()["webhooks"]
    assert (webhook["webhook_id"], webhook["url"]) == (webhook_id, "https://hooks.example.org/in")
    assert (webhook["events"], webhook["paused_because"]) == (["case.decided"], PauseReason.OPERATOR)
    assert webhook["old_secret_until"] is not None
    assert not any("secret" in name and name != "old_secret_until" for name in webhook)


def test_deliveries_are_listed_by_state_a_page_at_a_time(api: Running) -> None:
    webhook_id, numbers = two_dead(api)
    first = api.client.get(f"/v1/webhooks/deliveries?state=dead&webhook_id={webhook_id}&limit=1").json()
    assert [each["delivery_id"] for each in first["deliveries"]] == numbers[:1]
    assert (first["deliveries"][0]["last_status"], first["deliveries"][0]["kind"]) == ("500", "case.decided")
    second = api.client.get(f"/v1/webhooks/deliveries?state=dead&limit=1&cursor={first['next_cursor']}").json()
    assert [each["delivery_id"] for each in second["deliveries"]] == numbers[1:]
    assert second["next_cursor"] is None
    assert api.client.get("/v1/webhooks/deliveries?state=pending").json()["deliveries"] == []
    assert api.client.get("/v1/webhooks/deliveries?webhook_id=other").json()["deliveries"] == []


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=201", "cursor=x", "cursor=0", "cursor=-1"])
def test_a_list_that_cannot_be_is_refused_by_the_fields_name(api: Running, query: str) -> None:
    answer = api.client.get(f"/v1/webhooks/deliveries?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, query.partition("=")[0])


def test_one_all_dead_or_all_since_a_time_are_sent_again(api: Running) -> None:
    webhook_id, numbers = two_dead(api)
    one = api.client.post(f"/v1/webhooks/deliveries/{numbers[0]}/replay")
    assert (one.status_code, one.json()["state"], one.json()["attempts"]) == (200, "pending", 0)
    again = api.client.post(f"/v1/webhooks/deliveries/{numbers[0]}/replay")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    url = f"/v1/webhooks/{webhook_id}/replay"
    assert api.client.post(url).json() == {"replayed": 1}
    assert api.client.post(url, json={"since": "2026-01-01T00:00:00Z"}).json() == {"replayed": 0}
    for delivery in api.place.store.deliveries(10):
        api.place.store.delivered(delivery, "204")
    assert api.client.post(url, json={}).json() == {"replayed": 0}
    assert api.client.post(url, json={"since": "2100-01-01T00:00:00Z"}).json() == {"replayed": 0}
    assert api.client.post(url, json={"since": "2026-01-01T00:00:00Z"}).json() == {"replayed": 2}


def test_what_there_is_not_is_not_found(api: Running) -> None:
    for url in ("/v1/webhooks/deliveries/999/replay", "/v1/webhooks/nobody/replay"):
        answer = api.client.post(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    naive = api.client.post("/v1/webhooks/nobody/replay", json={"since": "2026-01-01T00:00:00"})
    assert (naive.status_code, naive.json()["field"]) == (422, "since")


def test_admins_alone_see_and_replay(api: Running) -> None:
    key = {"Authorization": f"Bearer {api.place.store.add_caller('lead', ['lead', 'tooling', 'data_scientist'])}"}
    for method, url in (("GET", "/v1/webhooks"), ("POST", "/v1/webhooks/x/replay")):
        answer = api.client.request(method, url, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
