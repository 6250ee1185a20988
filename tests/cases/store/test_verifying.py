"""Each way to tamper with the log or the chain is found, and named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from cases.seals import ChainHead, SealKey, Wrong
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.seal_rows import digests_where
from cases.store.tables import events
from tests.cases.store.builders import claim, file_one
from tests.cases.store.conftest import NOON, SetClock
from tests.cases.store.tampering import (
    copy_event,
    forge,
    pass_over_a_number,
    reseal_as_plain,
    tamper,
    without_triggers,
)
from tests.databases import fresh_database

KEY = SealKey(bytes(range(32)))
OTHER_KEY = SealKey(bytes(range(1, 33)))


class Chain:
    """Four seals of two events each, the first of them numbered `first`."""

    def __init__(self, store: CaseStore, engine: Engine, key: SealKey | None) -> None:
        self.store, self.engine, self.key = store, engine, key
        for number in range(4):
            claim(store, file_one(store, number).id, f"p{number}")
            store.seal(key)
        with engine.connect() as connection:
            self.first = int(connection.execute(select(func.min(events.c.seq))).scalar_one())

    def found(self, **options: Any) -> tuple[Wrong | None, int | None, int | None]:
        """What verifying names: the kind, the seal, the event."""
        wrong = self.store.verify_seals(options.pop("key", self.key), **options).wrong
        return (None, None, None) if wrong is None else (wrong.what, wrong.seal, wrong.event)


@pytest.fixture(params=["plain", "keyed"])
def key(request: pytest.FixtureRequest) -> SealKey | None:
    return KEY if request.param == "keyed" else None


@pytest.fixture
def chain(store_url: str, engine: Engine, clock: SetClock, key: SealKey | None) -> Iterator[Chain]:
    with CaseStore.open(store_url, clock) as store:
        yield Chain(store, engine, key)


@pytest.fixture
def plain(store_url: str, engine: Engine, clock: SetClock) -> Iterator[Chain]:
    with CaseStore.open(store_url, clock) as store:
        yield Chain(store, engine, None)


@pytest.fixture
def keyed(store_url: str, engine: Engine, clock: SetClock) -> Iterator[Chain]:
    with CaseStore.open(store_url, clock) as store:
        yield Chain(store, engine, KEY)


def test_a_chain_that_was_left_alone_holds(chain: Chain) -> None:
    found = chain.store.verify_seals(chain.key, kept=chain.store.chain_head())
    assert (found.wrong, found.seals, found.sealed, found.unsealed) == (None, 4, 8, 0)
    assert found.unkeyed == (4 if chain.key is None else 0)


@pytest.mark.parametrize(
    "change", ["actor = 'eve'", "kind = 'skipped'", "at = '2026-01-01 00:00:00'", "data = '{}'", "case_id = :other"]
)
def test_a_changed_event_is_found_and_named(chain: Chain, change: str) -> None:
    with without_triggers(chain.engine) as connection:
        other = connection.exec_driver_sql("SELECT MAX(id) FROM cases").scalar_one()
        of = connection.exec_driver_sql("SELECT MIN(case_id) FROM events").scalar_one()
    assert other != of
    values = {"other": other} if ":other" in change else {}
    tamper(chain.engine, f"UPDATE events SET {change} WHERE seq = :seq", seq=chain.first + 1, **values)  # noqa: S608
    assert chain.found() == (Wrong.EVENT_CHANGED, 1, chain.first + 1)
    told = chain.store.verify_seals(chain.key)
    assert (told.seals, told.sealed, told.unsealed, told.head) == (0, 0, None, ChainHead())


@pytest.mark.parametrize("offset", range(8))
def test_a_removed_event_is_found_and_named(chain: Chain, offset: int) -> None:
    tamper(chain.engine, "DELETE FROM events WHERE seq = :seq", seq=chain.first + offset)
    assert chain.found() == (Wrong.EVENT_REMOVED, offset // 2 + 1, chain.first + offset)


def test_an_event_in_anothers_place_is_a_changed_one(chain: Chain) -> None:
    with without_triggers(chain.engine) as connection:
        connection.exec_driver_sql(f"DELETE FROM events WHERE seq = {chain.first + 2}")  # noqa: S608
        copy_event(connection, chain.first, chain.first + 2)
    assert chain.found() == (Wrong.EVENT_CHANGED, 2, chain.first + 2)


def test_an_event_that_fills_a_gap_after_its_time_was_inserted(chain: Chain, clock: SetClock) -> None:
    missed = pass_over_a_number(chain.engine)
    one = file_one(chain.store, 8)
    chain.store.seal(chain.key)
    clock.forward(hours=25)
    claim(chain.store, one.id)
    chain.store.seal(chain.key)
    assert chain.found() == (None, None, None)
    # Nobody needs a trigger's leave for this.
    with chain.engine.begin() as connection:
        copy_event(connection, chain.first, missed)
    assert chain.found() == (Wrong.EVENT_INSERTED, None, missed)
    # Nor does the sealer take it in.
    claim(chain.store, file_one(chain.store, 9).id)
    chain.store.seal(chain.key)
    assert chain.found() == (Wrong.EVENT_INSERTED, None, missed)


def test_an_event_below_the_first_number_was_inserted(chain: Chain) -> None:
    with chain.engine.begin() as connection:
        copy_event(connection, chain.first, -1)
    assert chain.found() == (Wrong.EVENT_INSERTED, None, -1)


def test_a_removed_event_that_was_sealed_late_is_found(chain: Chain) -> None:
    missed = pass_over_a_number(chain.engine)
    file_one(chain.store, 8)
    chain.store.seal(chain.key)
    with chain.engine.begin() as connection:
        copy_event(connection, chain.first, missed)
    chain.store.seal(chain.key)
    assert chain.found() == (None, None, None)
    tamper(chain.engine, "UPDATE events SET actor = 'eve' WHERE seq = :seq", seq=missed)
    assert chain.found() == (Wrong.EVENT_CHANGED, 6, missed)
    tamper(chain.engine, "DELETE FROM events WHERE seq = :seq", seq=missed)
    assert chain.found() == (Wrong.EVENT_REMOVED, 6, missed)


@pytest.mark.parametrize(
    "change",
    [
        "first_event = first_event + 1", "last_event = last_event - 1", "events = events + 1", "gaps = '7'",
        "late = '1'", "digest = head", "marks = ''", "head = digest", "sealed_at = '2026-01-01 00:00:00'",
        "gaps = 'x'", "algorithm = 'md5'",
    ],
)  # fmt: skip
def test_a_changed_seal_is_found_and_named(chain: Chain, change: str) -> None:
    tamper(chain.engine, f"UPDATE seals SET {change} WHERE seq = 3")  # noqa: S608 - our own statements
    assert chain.found() == (Wrong.SEAL_CHANGED, 3, None)


def test_a_seal_that_was_given_a_new_head_does_not_fit_the_next(plain: Chain, clock: SetClock) -> None:
    forge(plain.engine, 2, sealed_at=clock.now - timedelta(hours=1))
    assert plain.found() == (Wrong.SEAL_CHANGED, 2, None)


def test_a_seal_with_the_head_that_it_makes_without_the_key_is_changed(keyed: Chain, clock: SetClock) -> None:
    forge(keyed.engine, 4, sealed_at=clock.now - timedelta(hours=1))
    assert keyed.found() == (Wrong.SEAL_CHANGED, 4, None)


@pytest.mark.parametrize("offset", [0, 7, 10**6])
def test_a_seal_that_takes_in_what_was_no_gap_is_found(plain: Chain, offset: int) -> None:
    number = plain.first + offset
    forge(plain.engine, 4, late=((number, number),), events=3)
    assert plain.found() == (Wrong.SEAL_CHANGED, 4, None)


@pytest.mark.parametrize(
    "changed",
    [{"last_event": 0}, {"marks": "abcd"}, {"gaps": ((10**6, 10**6),)}, {"sealed_at": NOON - timedelta(hours=1)}],
)
def test_a_seal_whose_numbers_or_time_cannot_be_is_found(plain: Chain, changed: dict[str, Any]) -> None:
    forge(plain.engine, 4, **changed)
    assert plain.found() == (Wrong.SEAL_CHANGED, 4, None)


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_removed_seal_is_found_and_named(chain: Chain, seq: int) -> None:
    tamper(chain.engine, "DELETE FROM seals WHERE seq = :seq", seq=seq)
    assert chain.found() == (Wrong.SEAL_REMOVED, seq, None)


def test_a_seal_before_the_first_is_found(chain: Chain) -> None:
    tamper(chain.engine, "UPDATE seals SET seq = -1 WHERE seq = 1")
    assert chain.found() == (Wrong.SEAL_CHANGED, -1, None)


def test_a_chain_that_was_cut_off_is_found_by_a_head_that_was_kept(chain: Chain) -> None:
    kept = chain.store.chain_head()
    tamper(chain.engine, "DELETE FROM seals WHERE seq > 2")
    assert chain.found(kept=kept) == (Wrong.CUT_OFF, 4, None)
    # The database alone cannot tell: what was sealed counts as not sealed yet.
    cut = chain.store.verify_seals(chain.key)
    assert (cut.wrong, cut.sealed, cut.unsealed) == (None, 4, 4)
    tamper(chain.engine, "DELETE FROM seals")
    assert chain.found(kept=kept) == (Wrong.CUT_OFF, 4, None)


def test_a_chain_that_was_made_anew_is_found_by_a_head_that_was_kept(chain: Chain) -> None:
    early = chain.store.verify_seals(chain.key).head
    tamper(chain.engine, "UPDATE events SET actor = 'eve' WHERE seq = :seq", seq=chain.first)
    tamper(chain.engine, "DELETE FROM seals")
    while chain.store.seal(chain.key, at_most=2):
        pass
    assert chain.found() == (None, None, None)
    assert chain.found(kept=early) == (Wrong.REWRITTEN, 4, None)


def test_an_older_head_that_was_kept_is_found_in_a_longer_chain(chain: Chain) -> None:
    kept = chain.store.chain_head()
    file_one(chain.store, 9)
    chain.store.seal(chain.key)
    assert chain.found(kept=kept) == (None, None, None)
    assert chain.found(kept=ChainHead()) == (None, None, None)


@pytest.mark.parametrize("other", [None, OTHER_KEY])
def test_another_key_and_none_are_told_as_such(keyed: Chain, other: SealKey | None) -> None:
    assert keyed.found(key=other) == (Wrong.WRONG_KEY, 1, None)


def test_without_the_key_nobody_can_make_a_seal_that_holds(keyed: Chain) -> None:
    tamper(keyed.engine, "UPDATE events SET actor = 'eve' WHERE seq = :seq", seq=keyed.first + 7)
    reseal_as_plain(keyed.engine, 4)
    assert keyed.found() == (Wrong.SEAL_CHANGED, 4, None)
    forge(keyed.engine, 4, algorithm="hmac-sha256", key_id=KEY.id)
    assert keyed.found() == (Wrong.SEAL_CHANGED, 4, None)


def test_a_chain_made_without_the_key_is_not_taken_for_one_with_it(keyed: Chain) -> None:
    tamper(keyed.engine, "DELETE FROM seals")
    while keyed.store.seal():
        pass
    assert keyed.found() == (Wrong.NOT_KEYED, 1, None)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("events", "at = 'noon'"), ("events", "data = '{'"), ("events", "data = '{\"a\": 1, \"a\": 1}'"),
        ("events", "actor = x'00ff'"), ("seals", "sealed_at = 'noon'"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_stops_no_walk(tmp_path: Path, clock: SetClock, table: str, change: str) -> None:
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url, clock) as store:
        engine = make_engine(url)
        chain = Chain(store, engine, None)
        tamper(engine, f"UPDATE {table} SET {change} WHERE seq = 3")  # noqa: S608 - our own statements
        if table == "events":
            assert chain.found() == (Wrong.EVENT_CHANGED, 2, 3)
        else:
            assert chain.found() == (Wrong.SEAL_CHANGED, 3, None)
        engine.dispose()


def test_what_is_wrong_is_said_in_numbers_alone(chain: Chain) -> None:
    tamper(chain.engine, "UPDATE events SET actor = 'eve' WHERE seq = :seq", seq=chain.first)
    wrong = chain.store.verify_seals(chain.key).wrong
    assert wrong is not None
    assert wrong.says == f"event {chain.first}, which seal 1 took in, is not what it was"


def test_of_a_change_that_left_the_mark_the_batch_is_told(plain: Chain) -> None:
    tamper(plain.engine, "UPDATE events SET actor = 'eve' WHERE seq = :seq", seq=plain.first + 6)
    with plain.engine.connect() as connection:
        there = digests_where(connection, events.c.seq >= plain.first + 6)
    forge(plain.engine, 4, marks="".join(digest.hex()[:8] for _, digest in there if digest))
    assert plain.found() == (Wrong.EVENT_CHANGED, 4, None)
    wrong = plain.store.verify_seals().wrong
    assert wrong is not None
    assert wrong.says.startswith(f"one of the events {plain.first + 6}-{plain.first + 7}, which seal 4")
