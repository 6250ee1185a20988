"""Receivers are told: real posts to a real receiver that fails as it is told to, on each database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network

import pytest
from sqlalchemy import Engine, update

from cases.errors import InvalidInputError, StoreUnavailableError
from cases.settings import load_settings
from cases.store import CaseStore
from cases.store.tables import deliveries
from cases.telling import Told
from cases.webhooks import DeliveryState, WebhookId
from serving.hooks.delivering import Delivering
from serving.hooks.posting import Poster
from tests.cases.store.builders import decide, file_one, score
from tests.cases.store.conftest import NOON, SetClock, engine
from tests.serving.conftest import Place, a_report, an_api, wait_until
from tests.serving.receiver import Receiver, a_receiver, answering, verified

__all__ = ["engine"]

HERE = (ip_network("127.0.0.0/8"),)
SECRET = "whsec_" + "QUJD" * 11


def delivering(store: CaseStore, clock: SetClock, **options: object) -> Delivering:
    return Delivering(lambda: store, Poster(HERE), clock, **options)  # type: ignore[arg-type]


def send(working: Delivering, to: WebhookId) -> None:
    """Read the log to its end, and send the receiver what is due."""

    async def run() -> None:
        while working.read():
            pass
        async with working._poster:  # noqa: SLF001 - as `run` enters it
            await working.serve(to)

    asyncio.run(run())


def receiving(store: CaseStore, receiver: Receiver, *told: Told) -> tuple[WebhookId, str]:
    webhook, secret = store.add_webhook(receiver.url, told or (Told.DECIDED,))
    return webhook.id, secret


def test_what_happened_is_posted_signed_and_marked_delivered(store: CaseStore, clock: SetClock) -> None:
    with a_receiver() as receiver:
        to, secret = receiving(store, receiver, Told.SCORED, Told.DECIDED)
        case = file_one(store, 1)
        store.record_scores([score(case)])
        decision = decide(store, case.id)
        send(delivering(store, clock), to)
    assert receiver.kinds() == ["case.scored", "case.decided"]
    assert all(verified(got, secret) for got in receiver.got)
    assert not any(verified(got, SECRET) for got in receiver.got)
    decided = receiver.got[1]
    assert decided.event["timestamp"] == NOON.isoformat()
    assert decided.event["data"]["decision_id"] == decision.id
    assert decided.headers["content-type"] == "application/json"
    assert {(each.state, each.last_status, each.attempts) for each in store.deliveries(10)} == {
        (DeliveryState.DELIVERED, "204", 1)
    }


def test_while_a_secret_is_changed_each_message_carries_both_signatures(store: CaseStore, clock: SetClock) -> None:
    with a_receiver() as receiver:
        to, old = receiving(store, receiver)
        new = store.rotate_webhook(to, timedelta(hours=1))
        for number in range(2):
            decide(store, file_one(store, number).id)
            send(delivering(store, clock), to)
            clock.forward(hours=1)
    during, after = receiver.got
    assert [verified(during, each) for each in (old, new)] == [True, True]
    assert [verified(after, each) for each in (old, new)] == [False, True]
    assert during.headers["webhook-signature"].count("v1,") == 2


def test_nothing_is_posted_where_nobody_said_that_it_may_be(store: CaseStore, clock: SetClock) -> None:
    with a_receiver() as receiver:
        to, _ = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        send(Delivering(lambda: store, Poster(), clock), to)
    assert receiver.got == []
    assert store.deliveries(10)[0].last_status == "forbidden_address"


def test_two_services_share_the_work(store: CaseStore, store_url: str, clock: SetClock) -> None:
    with a_receiver() as receiver, CaseStore.open(store_url, clock) as second:
        to, _ = receiving(store, receiver)
        for number in range(40):
            decide(store, file_one(store, number).id)

        async def run() -> None:
            both = [delivering(each, clock) for each in (store, second)]
            async with contextlib.AsyncExitStack() as stack:
                for working in both:
                    while working.read():
                        pass
                    await stack.enter_async_context(working._poster)  # noqa: SLF001 - as `run` enters it
                await asyncio.gather(*(working.serve(to) for working in both))

        asyncio.run(run())
    assert len(receiver.got) == len({got.id for got in receiver.got}) == 40
    assert {each.state for each in store.deliveries(100)} == {DeliveryState.DELIVERED}


_DELIVER = """
import asyncio, sys
from ipaddress import ip_network
from cases.clock import utc_now
from cases.store import CaseStore
from cases.webhooks import WebhookId
from serving.hooks.delivering import Delivering
from serving.hooks.posting import Poster

async def run(store, to):
    working = Delivering(lambda: store, Poster((ip_network("127.0.0.0/8"),)), utc_now)
    async with working._poster:
        working.read()
        print("sending", flush=True)
        await working.serve(to)

with CaseStore.open(sys.argv[1]) as store:
    asyncio.run(run(store, WebhookId(sys.argv[2])))
"""


@pytest.mark.slow
def test_a_service_killed_between_the_post_and_the_mark_repeats_the_message_under_its_id(
    store: CaseStore, store_url: str, engine: Engine, clock: SetClock
) -> None:
    posting: list[subprocess.Popen[bytes]] = []

    def kill_it(handler: BaseHTTPRequestHandler) -> None:
        posting[0].send_signal(signal.SIGKILL)
        posting[0].wait()
        answering(204)(handler)

    with a_receiver(kill_it) as receiver:
        to, secret = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        posting.append(
            subprocess.Popen([sys.executable, "-c", textwrap.dedent(_DELIVER), store_url, to], env=dict(os.environ))
        )
        assert posting[0].wait(60) == -signal.SIGKILL
        wait_until(lambda: len(receiver.got) == 1)
        [delivery] = store.deliveries(10)
        assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
        # By the wall's time, at which the killed one worked.
        clock.now = max(clock.now, delivery.next_at)
        send(delivering(store, clock), to)
        assert len(receiver.got) == 1
        with engine.begin() as connection:
            connection.execute(update(deliveries).values(leased_until=NOON - timedelta(days=3_650)))
        send(delivering(store, clock), to)
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)
    assert verified(second, secret)
    assert store.deliveries(10)[0].state is DeliveryState.DELIVERED


def test_a_secret_of_the_environment_that_is_none_is_refused_without_being_repeated() -> None:
    settings = load_settings(webhook_url="https://hooks.example.org/", webhook_secret="whsec_mariposa")  # noqa: S106
    with pytest.raises(InvalidInputError, match="'CASELOAD_WEBHOOK_SECRET' must be") as refused:
        Delivering.of_settings(_none, settings, lambda: NOON)
    assert "mariposa" not in str(refused.value)
    settings = load_settings(webhook_url="http://mariposa.example.org/")
    with pytest.raises(InvalidInputError, match="'CASELOAD_WEBHOOK_URL' must be") as refused:
        Delivering.of_settings(_none, settings, lambda: NOON)
    assert "mariposa" not in str(refused.value)


def _none() -> CaseStore:
    raise AssertionError


def test_a_database_that_is_away_is_waited_for(clock: SetClock, caplog: pytest.LogCaptureFixture) -> None:
    def away() -> CaseStore:
        raise StoreUnavailableError("'database' must answer (got mariposa)")

    async def run() -> None:
        running = asyncio.create_task(Delivering(away, Poster(), clock).run())
        await asyncio.to_thread(wait_until, lambda: "telling receivers waits" in caplog.text)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    with caplog.at_level(logging.WARNING, logger="caseload"):
        asyncio.run(run())
    assert "mariposa" not in caplog.text


def test_a_running_service_tells_those_who_were_added_and_the_environments_receiver(place: Place) -> None:
    with a_receiver() as added, a_receiver() as environments:
        settings = load_settings(
            home=place.settings.home,
            database_url=place.settings.database_url,
            webhook_url=environments.url,
            webhook_secret=f"{SECRET} whsec_{'REVG' * 11}",
            webhook_networks="127.0.0.0/8",
        )
        place.store.add_webhook(added.url)
        place.promote()
        with an_api(replace(place, settings=settings)) as api:
            wait_until(lambda: api.client.get("/health/ready").json()["state"] == "ready")
            case_id = api.client.post("/v1/cases", json=a_report()).json()["case_id"]
            wait_until(lambda: "case.scored" in added.kinds(), seconds=30)
            # An alarm, in order not to wait for the next look of the service.
            place.store.tell_alarms({"queue_old": {"hours": 80.0}})
            wait_until(lambda: "alarm.raised" in environments.kinds(), seconds=30)
    assert {got.event["data"]["case_id"] for got in added.got if "case" in got.event["type"]} == {case_id}
    assert set(environments.kinds()) <= {"alarm.raised", "alarm.cleared"}
    assert all(verified(got, SECRET) for got in environments.got)
    assert all(verified(got, f"whsec_{'REVG' * 11}") for got in environments.got)


def test_deliveries_are_metrics_by_state_and_kind(store: CaseStore, clock: SetClock) -> None:
    from prometheus_client import REGISTRY

    from serving.hooks.delivering import set_metrics

    store.add_webhook("https://hooks.example.org/", [Told.DECIDED])
    decide(store, file_one(store, 1).id)
    store.derive_deliveries()
    clock.forward(seconds=90)
    set_metrics(store, clock())
    labels = {"state": "pending", "kind": "case.decided"}
    assert REGISTRY.get_sample_value("caseload_webhook_deliveries", labels) == 1
    assert REGISTRY.get_sample_value("caseload_webhook_oldest_pending_seconds") == 90
    [claimed] = store.claim_deliveries(store.webhooks()[0].id, 1, timedelta(seconds=60))
    store.delivered(claimed.delivery, "204")
    set_metrics(store, clock())
    assert REGISTRY.get_sample_value("caseload_webhook_deliveries", labels) == 0
    assert REGISTRY.get_sample_value("caseload_webhook_deliveries", labels | {"state": "delivered"}) == 1
    assert REGISTRY.get_sample_value("caseload_webhook_oldest_pending_seconds") == 0


def test_what_is_old_is_purged_beside_the_work(store: CaseStore, clock: SetClock) -> None:
    with a_receiver() as receiver:
        to, _ = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        send(delivering(store, clock), to)
        clock.forward(days=8)
        asyncio.run(tended(delivering(store, clock)))
    assert store.deliveries(10) == ()


async def tended(working: Delivering) -> None:
    await working._tend()  # noqa: SLF001 - what `run` does beside
