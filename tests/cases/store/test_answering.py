from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import Engine, select, update

from cases.ids import CaseId
from cases.store import CaseStore
from cases.store.answering import Begun, Known, StoredAnswer
from cases.store.tables import idempotent_answers

KEY, OTHER, REQUEST = "a" * 64, "b" * 64, "c" * 64
ANSWER = StoredAnswer(201, '{"case_id": "x", "title": "ünï"}', {"etag": '"1-open"'}, CaseId("0" * 36))
HOUR = 3600.0


def begin(store: CaseStore, key: str = KEY, request: str = REQUEST) -> Begun:
    return store.begin_answer(key, request, keep_seconds=HOUR)


def earlier(engine: Engine, column: str, seconds: float) -> None:
    """As if the time of a row had come that many seconds sooner."""
    with engine.begin() as connection:
        row = connection.execute(select(idempotent_answers)).one()
        value = getattr(row, column) - timedelta(seconds=seconds)
        connection.execute(update(idempotent_answers).values({column: value}))


def test_a_request_is_answered_once_and_again_with_the_same(store: CaseStore) -> None:
    assert begin(store) == Begun(Known.NEW)
    assert begin(store).known is Known.IN_FLIGHT
    store.answered(KEY, ANSWER)
    assert begin(store) == Begun(Known.ANSWERED, ANSWER)
    assert begin(store, request="d" * 64).known is Known.REUSED
    assert begin(store, OTHER).known is Known.NEW


def test_a_request_that_came_to_nothing_may_be_sent_again_and_one_that_was_answered_is_kept(store: CaseStore) -> None:
    begin(store)
    store.unanswered(KEY)
    assert begin(store).known is Known.NEW
    store.answered(KEY, ANSWER)
    store.unanswered(KEY)
    assert begin(store).known is Known.ANSWERED


def test_a_request_whose_process_died_is_anyones_after_a_while(store: CaseStore, engine: Engine) -> None:
    begin(store)
    earlier(engine, "busy_until", 121)
    assert begin(store).known is Known.NEW
    assert begin(store).known is Known.IN_FLIGHT


def test_an_answer_is_forgotten_when_its_time_is_over(store: CaseStore, engine: Engine) -> None:
    begin(store)
    store.answered(KEY, ANSWER)
    assert store.sweep_answers() == 0
    earlier(engine, "expires_at", HOUR + 1)
    assert begin(store, request="d" * 64).known is Known.NEW
    store.answered(KEY, ANSWER)
    earlier(engine, "expires_at", HOUR + 1)
    assert (store.sweep_answers(), store.sweep_answers()) == (1, 0)


def test_of_many_at_once_one_is_let_through(store: CaseStore) -> None:
    found: list[Known] = []
    together = threading.Barrier(8)

    def one() -> None:
        together.wait()
        found.append(begin(store).known)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([Known.NEW, *[Known.IN_FLIGHT] * 7])
