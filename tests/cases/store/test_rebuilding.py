from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text, update

from cases.handling import Difference, HoldReason, SkipReason
from cases.record import CaseStatus
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.tables import cases
from tests.cases.store.builders import claim, decide, file_one, score
from tests.cases.store.conftest import NOON, SetClock


@pytest.fixture
def broken(store_url: str, clock: SetClock) -> Iterator[CaseStore]:
    """A store whose rows the test spoils."""
    with CaseStore.open(store_url, clock) as opened:
        yield opened


def spoil(url: str, *statements: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_rows_that_differ_are_told_by_case_and_column_and_can_be_mended(broken: CaseStore, store_url: str) -> None:
    cases = [file_one(broken, number) for number in range(4)]
    broken.record_scores([score(case) for case in cases])
    broken.skip(cases[1].id, "ann", claim(broken, cases[1].id).token, SkipReason.OTHER)
    decide(broken, cases[2].id)
    before = [broken.case(case.id) for case in cases]
    assert broken.rebuild() == []

    spoil(
        store_url,
        f"UPDATE cases SET order_key = 99, queue = 'nowhere' WHERE id = '{cases[0].id}'",  # noqa: S608
        "DELETE FROM skips",
        f"UPDATE cases SET status = 'open', decision_id = NULL WHERE id = '{cases[2].id}'",  # noqa: S608
    )
    expected = [
        Difference(cases[0].id, ("order_key", "queue")),
        Difference(cases[1].id, ("skipped_by",)),
        Difference(cases[2].id, ("status", "decision_id")),
    ]
    assert broken.rebuild() == expected
    assert broken.case(cases[0].id).order_key == 99.0
    assert broken.rebuild(check=False) == expected
    assert broken.rebuild() == []
    assert [broken.case(case.id) for case in cases] == before
    assert broken.claim_next("ann", 60, queues=["main"]) is not None


def test_a_history_that_is_not_whole_is_told_and_left(broken: CaseStore, store_url: str) -> None:
    case = file_one(broken)
    engine = make_engine(store_url)
    with engine.begin() as connection:
        columns = "INSERT INTO events (case_id, kind, at, actor, data) "
        connection.execute(text(columns + "SELECT case_id, 'held', at, 'x', '{}' FROM events"))  # noqa: S608 - ours
    engine.dispose()
    assert broken.rebuild(check=False) == [Difference(case.id, ("events",))]
    assert broken.case(case.id).status is CaseStatus.OPEN


def test_rebuilding_goes_page_by_page(store: CaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.store.rebuilding.PAGE", 3)
    for number in range(8):
        file_one(store, number)
    assert store.rebuild() == []


def test_a_case_in_a_pool_that_is_not_its_own_is_found_and_put_right(
    store: CaseStore, clock: SetClock, engine: Engine
) -> None:
    open_, held, assigned = (file_one(store, number) for number in range(3))
    store.hold(held.id, "lead", None, NOON + timedelta(hours=1), HoldReason.OTHER)
    store.assign(assigned.id, "ann", by="lead")
    assert store.rebuild() == []
    with engine.begin() as connection:
        connection.execute(update(cases).values(pool="closed"))
    wrong = [Difference(case.id, ("pool",)) for case in (open_, held, assigned)]
    assert sorted(store.rebuild(check=False), key=lambda found: found.case_id) == wrong
    assert store.rebuild() == []
    assert store.claim_next("bob", 60) is not None
    clock.forward(hours=2)
    # Its hold has ended and nobody has claimed since: that is as it should be.
    assert store.rebuild() == []
