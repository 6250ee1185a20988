"""Alarms on a real record: what raises each, what clears it, and how they reach a receiver and `/metrics`."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx2
import pytest

from cases.errors import InvalidInputError
from cases.identity import Role
from cases.ids import CaseId
from cases.settings import load_settings
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy
from serving.alarms import Alarm, AlarmLimits, Alarms, look
from serving.ranking import Ranking
from serving.webhooks import Webhook, signature
from tests.cases.store.builders import VERDICT, file_one, report, score
from tests.cases.store.conftest import SetClock
from tests.serving.conftest import NOON, Place
from tests.serving.service_process import service_process

RANKING = Ranking(load_taxonomy())
LIMITS = AlarmLimits(timedelta(hours=72), 1.1, timedelta(hours=24))
FIRST_TOUCH = {level.level: level.first_touch for level in RANKING.taxonomy.severity_levels}
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def of_level(store: CaseStore, number: int, level: int) -> CaseId:
    case = file_one(store, number, received_at=NOON)
    store.record_scores([replace(score(case), severity_level=level, order_key=-float(level))])
    return case.id


def raised(store: CaseStore, _clock: SetClock) -> dict[Alarm, dict[str, object]]:
    return dict(look(store, RANKING, LIMITS).raised(LIMITS))


def decide(store: CaseStore, case_id: CaseId) -> None:
    _, lease = store.claim(case_id, "ann", 60)
    store.decide(case_id, VERDICT, holder="ann", token=lease.token)


def test_a_severity_1_is_overdue_until_somebody_claims_it(store: CaseStore, clock: SetClock) -> None:
    critical = of_level(store, 1, 1)
    of_level(store, 2, 3)
    assert Alarm.SEVERITY_1_UNCLAIMED not in raised(store, clock)
    clock.now = NOON + FIRST_TOUCH[1] + timedelta(seconds=1)
    assert raised(store, clock)[Alarm.SEVERITY_1_UNCLAIMED] == {"cases": [critical], "count": 1}
    store.claim(critical, "ann", 60)
    assert Alarm.SEVERITY_1_UNCLAIMED not in raised(store, clock)


def test_a_queue_is_old_by_the_oldest_case_that_nobody_touched(store: CaseStore, clock: SetClock) -> None:
    old, new = of_level(store, 1, 4), of_level(store, 2, 4)
    clock.now = NOON + timedelta(hours=72.5)
    assert raised(store, clock)[Alarm.QUEUE_OLD] == {"hours": 72.5, "limit_hours": 72.0}
    for case_id in (old, new):
        store.claim(case_id, "ann", 60)
    assert Alarm.QUEUE_OLD not in raised(store, clock)


def test_more_coming_in_than_is_decided_is_over_capacity(store: CaseStore, clock: SetClock) -> None:
    for case_id in [of_level(store, number, 4) for number in range(10)]:
        decide(store, case_id)
    assert Alarm.OVER_CAPACITY not in raised(store, clock)
    store.file_reports([report(number) for number in range(100, 102)], actor="intake")
    figures = {"reports": 12, "decisions": 10, "window_hours": 24.0}
    assert raised(store, clock)[Alarm.OVER_CAPACITY] == figures
    clock.now = NOON + timedelta(hours=25)
    assert Alarm.OVER_CAPACITY not in raised(store, clock)


def test_sealing_has_stopped_where_an_event_waits_and_no_seal_is_made(store: CaseStore, clock: SetClock) -> None:
    file_one(store, 1)
    clock.now = NOON + LIMITS.unsealed
    assert Alarm.SEALING_STOPPED not in raised(store, clock)
    clock.now += timedelta(seconds=1)
    assert raised(store, clock)[Alarm.SEALING_STOPPED] == {"seconds": 241, "limit_seconds": 240}
    store.seal()
    assert Alarm.SEALING_STOPPED not in raised(store, clock)


def test_a_long_quiet_night_is_no_stop_and_what_has_piled_up_is_none_while_seals_are_made(
    store: CaseStore, clock: SetClock
) -> None:
    file_one(store, 1)
    store.seal()
    clock.now = NOON + timedelta(hours=12)
    assert Alarm.SEALING_STOPPED not in raised(store, clock)
    file_one(store, 2)
    file_one(store, 3)
    assert Alarm.SEALING_STOPPED not in raised(store, clock)
    clock.now += timedelta(hours=1)
    assert Alarm.SEALING_STOPPED in raised(store, clock)
    # One of the two: the other is an hour old, and on its way.
    store.seal(at_most=1)
    assert store.unsealed().oldest == clock.now - timedelta(hours=1)
    assert Alarm.SEALING_STOPPED not in raised(store, clock)


def test_how_long_an_event_may_wait_goes_by_how_often_seals_are_made() -> None:
    limits = AlarmLimits.of_settings(load_settings(audit_seconds=600))
    assert limits.unsealed == timedelta(minutes=31)


class Receiver:
    """A webhook's receiver: refuses the first so many posts."""

    def __init__(self, refuses: int) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(503 if len(receiver.got) <= refuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


async def no_pause(_seconds: float) -> None:
    """Does not wait."""


def test_what_begins_and_what_ends_is_sent_once_signed_and_tried_again(store: CaseStore, clock: SetClock) -> None:
    receiver = Receiver(refuses=2)
    critical = of_level(store, 1, 1)
    alarms = Alarms(lambda: store, RANKING, LIMITS, clock, Webhook(receiver.url, SECRET, no_pause))
    clock.now = NOON + FIRST_TOUCH[1] + timedelta(minutes=1)

    async def looks() -> None:
        await alarms.step()
        await alarms.step()
        store.claim(critical, "ann", 60)
        await alarms.step()
        # However long they who are told take, the looks are done.
        assert receiver.got == []
        await alarms.tell()

    asyncio.run(looks())
    receiver.end()

    events = [json.loads(body) for _, body in receiver.got]
    severe = [event for event in events if event["data"]["alarm"] == "severity_1_unclaimed"]
    assert [event["type"] for event in severe] == ["alarm.raised"] * 3 + ["alarm.cleared"]
    assert severe[0]["data"]["cases"] == [critical]
    # A try again is the same message, so that a receiver who had it already can tell.
    assert len({headers["webhook-id"] for headers, _ in receiver.got[:3]}) == 1
    for headers, body in receiver.got:
        key = bytes(range(32))
        told = signature(key, headers["webhook-id"], headers["webhook-timestamp"], body)
        assert headers["webhook-signature"] == told


def test_the_signature_is_that_of_the_published_vector() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hook", "http://[half/hook"])
def test_nobody_who_answers_is_given_up_after_six_tries_and_nothing_is_raised(url: str) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    webhook = Webhook(url, SECRET, pause)
    assert asyncio.run(webhook.send("alarm.raised", {}, at=NOON)) is False
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_receiver_who_does_not_answer_keeps_nobody_from_looking(store: CaseStore, clock: SetClock) -> None:
    told, looked_on = asyncio.Event(), asyncio.Event()

    class Silent(Webhook):
        async def send(self, *_: object, **__: object) -> bool:
            told.set()
            await asyncio.Event().wait()
            return False

    class Counted(Alarms):
        looks = 0

        async def step(self) -> None:
            await super().step()
            self.looks += told.is_set()
            if self.looks == 3:
                looked_on.set()

    async def watched() -> None:
        running = asyncio.create_task(
            Counted(lambda: store, RANKING, LIMITS, clock, Silent("http://127.0.0.1/"), every=0.01).run()
        )
        await asyncio.wait_for(looked_on.wait(), 30)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    of_level(store, 1, 1)
    clock.now = NOON + FIRST_TOUCH[1] + timedelta(minutes=1)
    asyncio.run(watched())


@pytest.mark.parametrize("secret", ["whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!"])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(InvalidInputError, match="'webhook_secret' must be") as caught:
        Webhook("http://127.0.0.1/", secret)
    assert secret not in str(caught.value)


@pytest.mark.slow
def test_the_queues_figures_are_among_the_services_metrics(place: Place, tmp_path) -> None:
    key = place.store.add_caller("tests", Role)
    file_one(place.store, 1)
    with service_process(place.settings, tmp_path, ready=False) as service, service.client(key) as client:
        metrics = _until_told(client)
    assert "caseload_queue_open 1.0" in metrics
    assert 'caseload_alarm{alarm="severity_1_unclaimed"} 0.0' in metrics


def _until_told(client: httpx2.Client) -> str:
    for _ in range(200):
        metrics: str = client.get("/metrics").text
        if "caseload_queue_open" in metrics:
            return metrics
        import time

        time.sleep(0.1)
    raise AssertionError(metrics)
