"""What a receiver does not take: sent again, later and later, until it is taken or given up."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from cases.store import CaseStore
from cases.webhooks import DeliveryState
from serving.hooks.delivering import PAUSES, pause_after
from tests.cases.store.builders import decide, file_one
from tests.cases.store.conftest import NOON, SetClock
from tests.serving.receiver import a_receiver, answering, verified
from tests.serving.test_delivering import delivering, receiving, send


def test_what_is_refused_is_sent_again_later_under_the_same_id_and_signed_anew(
    store: CaseStore, clock: SetClock
) -> None:
    with a_receiver(500, 503, answering(302, {"location": "/"}), 400) as receiver:
        to, secret = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        for attempt in range(1, 6):
            # A new one each time: what a receiver is rested for is a process's own.
            send(delivering(store, clock), to)
            assert len(receiver.got) == attempt
            send(delivering(store, clock), to)
            assert len(receiver.got) == attempt
            [delivery] = store.deliveries(10)
            if attempt < 5:
                pause = (delivery.next_at - clock()).total_seconds()
                assert PAUSES[attempt - 1] * 0.8 <= pause <= PAUSES[attempt - 1] * 1.2
                clock.now = delivery.next_at
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    assert all(verified(got, secret) for got in receiver.got)
    assert (delivery.state, delivery.last_status) == (DeliveryState.DELIVERED, "204")


def test_who_asks_to_be_left_alone_is(store: CaseStore, clock: SetClock) -> None:
    with a_receiver(answering(429, {"retry-after": "3600"}), answering(503, {"retry-after": "1"})) as receiver:
        to, _ = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        send(delivering(store, clock), to)
        [delivery] = store.deliveries(10)
        assert delivery.next_at == clock() + timedelta(hours=1)
        clock.now = delivery.next_at
        send(delivering(store, clock), to)
        [delivery] = store.deliveries(10)
        # Longer than it asks for is no harm.
        assert delivery.next_at >= clock() + timedelta(seconds=PAUSES[1] * 0.8)


def test_after_the_last_try_it_is_a_dead_letter_and_a_replay_is_the_same_message(
    store: CaseStore, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    begun = clock()
    with a_receiver(*(500 for _ in range(len(PAUSES) + 1))) as receiver:
        to, _ = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        with caplog.at_level(logging.ERROR, logger="caseload"):
            for _ in range(len(PAUSES) + 1):
                assert "is given up" not in caplog.text
                send(delivering(store, clock), to)
                [delivery] = store.deliveries(10)
                clock.now = max(clock(), delivery.next_at)
        assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, len(PAUSES) + 1)
        assert f"webhook {delivery.event_id} to {to} is given up (500)" in caplog.text
        assert receiver.url not in caplog.text
        assert timedelta(days=2) < clock() - begun < timedelta(days=4)
        send(delivering(store, clock), to)
        assert len(receiver.got) == len(PAUSES) + 1
        assert store.replay_webhook(to) == 1
        send(delivering(store, clock), to)
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    assert store.deliveries(10)[0].state is DeliveryState.DELIVERED


def test_pauses_grow_to_half_a_day_differ_and_end() -> None:
    middle = [pause_after(attempts, None, lambda: 0.5) for attempts in range(1, len(PAUSES) + 2)]
    assert middle == [pytest.approx(pause) for pause in PAUSES] + [None]
    assert 2.5 * 86_400 < sum(PAUSES) < 3.5 * 86_400
    assert pause_after(1, None, lambda: 0.0) == pytest.approx(8.0)
    assert pause_after(1, 50.0, lambda: 0.0) == 50.0
    assert pause_after(len(PAUSES) + 1, 50.0) is None


def test_a_receiver_that_is_gone_is_paused_and_is_told_all_once_it_is_back(store: CaseStore, clock: SetClock) -> None:
    with a_receiver(410) as receiver:
        to, _ = receiving(store, receiver)
        decide(store, file_one(store, 1).id)
        send(delivering(store, clock), to)
        [webhook] = store.webhooks()
        assert (webhook.paused_at, webhook.paused_because) == (NOON, "gone")
        decide(store, file_one(store, 2).id)
        send(delivering(store, clock), to)
        assert len(receiver.got) == 1
        store.resume_webhook(to)
        send(delivering(store, clock), to)
    assert len(receiver.got) == 3
    assert {(each.state, each.attempts) for each in store.deliveries(10)} == {(DeliveryState.DELIVERED, 1)}


def test_a_receiver_that_takes_nothing_is_left_alone_and_the_others_are_told(
    store: CaseStore, clock: SetClock
) -> None:
    now = [0.0]
    with a_receiver(*(500 for _ in range(100))) as broken, a_receiver() as well:
        for each in (broken, well):
            receiving(store, each)
        for number in range(20):
            decide(store, file_one(store, number).id)
        working = delivering(store, clock, now=lambda: now[0])

        async def run() -> None:
            while working.read():
                pass
            async with working._poster:  # noqa: SLF001 - as `run` enters it
                for at in (0.0, 1.0, 2.5):
                    now[0] = at
                    await working.start()
                    await asyncio.gather(*working._serving.values())  # noqa: SLF001 - what it began

        asyncio.run(run())
    assert len(well.got) == 20
    # A batch, and after two seconds another.
    assert len(broken.got) == 16
    assert well.most_at_once <= 8
