from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, func, insert, select

from cases.errors import DamagedRecordError, InvalidInputError
from cases.event_digest import event_digest
from cases.number_ranges import numbers
from cases.seals import KEYED, NO_HEAD, PLAIN, ChainHead, Seal, SealKey
from cases.store import CaseStore, migrate
from cases.store.engine import make_engine
from cases.store.seal_rows import digests_where, read_seals
from cases.store.tables import contents, events, fingerprints, metadata, notes, report_identities, seals
from tests.cases.store.builders import decide, file_one
from tests.cases.store.conftest import SetClock
from tests.cases.store.tampering import pass_over_a_number, tamper
from tests.databases import fresh_database

KEY = SealKey(bytes(range(32)))
OTHER_KEY = SealKey(bytes(range(1, 33)))


def chain(engine: Engine) -> list[Seal]:
    with engine.connect() as connection:
        found = read_seals(connection, select(seals).order_by(seals.c.seq))
    return [seal for _, seal in found if seal is not None]


def event_numbers(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(select(events.c.seq).order_by(events.c.seq)).scalars())


def seal_all(store: CaseStore, key: SealKey | None = None, **options: int) -> int:
    made = 0
    while store.seal(key, **options) is not None:
        made += 1
    return made


def test_events_are_sealed_in_batches_each_chained_to_the_one_before(
    store: CaseStore, engine: Engine, clock: SetClock
) -> None:
    assert store.seal() is None
    assert store.chain_head() == ChainHead()
    for number in range(5):
        file_one(store, number)
    first = store.seal(at_most=2)
    clock.forward(minutes=1)
    assert seal_all(store, at_most=2) == 2
    made = chain(engine)
    assert [seal.seq for seal in made] == [1, 2, 3]
    assert [seal.events for seal in made] == [2, 2, 1]
    assert [seal.previous_head for seal in made] == [NO_HEAD, made[0].head, made[1].head]
    assert [number for seal in made for number in numbers(seal.covered)] == event_numbers(engine)
    assert first == made[0]
    assert store.chain_head() == ChainHead(3, made[2].head, 5, clock.now)
    found = store.verify_seals()
    assert (found.wrong, found.seals, found.sealed, found.unsealed, found.unkeyed) == (None, 3, 5, 0, 3)
    assert found.head == store.chain_head()
    file_one(store, 6)
    assert store.verify_seals().unsealed == 1


def test_a_seal_never_goes_back_in_time(store: CaseStore, engine: Engine, clock: SetClock) -> None:
    file_one(store, 1)
    store.seal()
    then = clock.now
    clock.forward(hours=-2)
    file_one(store, 2)
    store.seal()
    assert [seal.sealed_at for seal in chain(engine)] == [then, then]


@pytest.mark.parametrize("at_most", [0, 10_001])
def test_a_batch_has_bounds(sqlite_store: CaseStore, at_most: int) -> None:
    with pytest.raises(InvalidInputError, match="'at_most' must be from 1 to 10000"):
        sqlite_store.seal(at_most=at_most)


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("postgresql", "mariadb")]
)
def test_an_event_that_commits_after_one_of_a_higher_number_is_sealed_late(kind: str, tmp_path: Path) -> None:
    with fresh_database(kind, tmp_path) as url, CaseStore.open(url) as store:
        engine = make_engine(url)
        case = file_one(store, 1)
        row = {"case_id": case.id, "kind": "renewed", "at": case.received_at, "actor": "ann", "data": {"token": 1}}
        with engine.connect() as slow:
            low = slow.execute(insert(events).values(**row)).inserted_primary_key
            assert low is not None
            file_one(store, 2)
            assert store.seal() is not None
            assert store.seal() is None
            in_flight = store.verify_seals()
            assert (in_flight.wrong, in_flight.unsealed) == (None, 0)
            slow.commit()
        appeared = store.verify_seals()
        assert (appeared.wrong, appeared.unsealed) == (None, 1)
        file_one(store, 3)
        assert store.seal() is not None
        first, second = chain(engine)
        assert first.gaps == second.late == ((low[0], low[0]),)
        assert second.events == 2
        assert store.verify_seals().sealed == len(event_numbers(engine))
        assert store.verify_seals().wrong is None
        engine.dispose()


def test_an_event_that_appears_late_is_sealed_even_where_nothing_else_happened(
    store: CaseStore, engine: Engine, clock: SetClock
) -> None:
    case = file_one(store, 1)
    missed = pass_over_a_number(engine)
    file_one(store, 2)
    store.seal()
    # However long nothing was sealed: the first seal after the time still looks.
    clock.forward(days=9)
    row = {"seq": missed, "case_id": case.id, "kind": "renewed", "at": clock.now, "actor": "ann", "data": {}}
    with engine.begin() as connection:
        connection.execute(insert(events).values(**row))
    head = store.seal()
    assert head is not None
    _, late = chain(engine)
    assert (late.late, late.events, late.last_event) == (((missed, missed),), 1, late.first_event - 1)
    assert store.seal() is None
    found = store.verify_seals()
    assert (found.wrong, found.sealed, found.unsealed) == (None, 3, 0)


def test_numbers_of_transactions_that_were_rolled_back_stay_gaps_and_the_chain_holds(
    store: CaseStore, engine: Engine, clock: SetClock
) -> None:
    missed = []
    for number in range(6):
        file_one(store, number)
        missed.append(pass_over_a_number(engine))
        if number % 2:
            store.seal()
            clock.forward(hours=30)
    file_one(store, 6)
    store.seal()
    gaps = [number for seal in chain(engine) for number in numbers(seal.gaps)]
    # Before the first are numbers that earlier tests used up on the same server.
    assert [number for number in gaps if number >= min(missed)] == missed
    found = store.verify_seals()
    assert (found.wrong, found.sealed, found.unsealed) == (None, 7, 0)


def test_sealers_and_writers_at_once_make_one_chain_of_all_events(store_url: str, engine: Engine) -> None:
    done = threading.Event()
    failures: list[BaseException] = []

    def write(name: int) -> None:
        with CaseStore.open(store_url) as mine:
            for number in range(25):
                file_one(mine, 100 * name + number)

    def seal() -> None:
        with CaseStore.open(store_url) as mine:
            while not done.is_set():
                mine.seal(KEY, at_most=7)
            seal_all(mine, KEY)

    def guarded(work: object, *arguments: int) -> None:
        try:
            work(*arguments)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    writers = [threading.Thread(target=guarded, args=(write, name)) for name in range(3)]
    sealers = [threading.Thread(target=guarded, args=(seal,)) for _ in range(3)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    assert failures == []
    made = chain(engine)
    assert [seal.seq for seal in made] == list(range(1, len(made) + 1))
    sealed = sorted(number for seal in made for number in numbers(seal.covered))
    assert sealed == event_numbers(engine)
    with CaseStore.open(store_url) as store:
        found = store.verify_seals(KEY)
        assert (found.wrong, found.sealed, found.unsealed) == (None, 75, 0)


def test_erasing_a_persons_texts_and_rebuilding_leave_the_chain_as_it_is(store: CaseStore, engine: Engine) -> None:
    case = file_one(store, 1, reporter="Jo Doe")
    decide(store, case.id, note="a note")
    seal_all(store, KEY)
    before = store.verify_seals(KEY)
    with engine.begin() as connection:
        for table in (notes, report_identities, fingerprints, contents):
            connection.execute(delete(table))
    store.rebuild(check=False)
    assert store.verify_seals(KEY) == before
    assert before.wrong is None


@pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "postgresql"), ("sqlite", "mariadb"), ("postgresql", "sqlite"), ("mariadb", "postgresql")],
)
@pytest.mark.postgresql
@pytest.mark.mariadb
def test_the_chain_holds_in_another_database_that_the_rows_were_copied_to(
    source: str, target: str, tmp_path: Path
) -> None:
    with fresh_database(source, tmp_path) as url, fresh_database(target, tmp_path) as copy:
        with CaseStore.open(url) as store:
            for number in range(3):
                case = file_one(store, number, subject_kind="user", subject_ref="Jürgen 😀")
            decide(store, case.id, holder="Renée")
            seal_all(store, KEY, at_most=2)
            head = store.chain_head()
        copy_rows(url, copy)
        with CaseStore.open(copy) as store:
            found = store.verify_seals(KEY, kept=head)
            assert (found.wrong, found.head, found.unsealed) == (None, head, 0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    data=st.dictionaries(st.text(), json_values, max_size=5),
    # MariaDB's times begin with the year 1000; no name keeps NUL, which PostgreSQL refuses.
    at=st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware by the zone
    actor=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=255),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_event_has_the_same_digest_whichever_database_kept_it(
    sealed_case: tuple[Connection, str], data: dict[str, Any], at: datetime, actor: str
) -> None:
    connection, case_id = sealed_case
    row = {"case_id": case_id, "kind": "renewed", "at": at, "actor": actor, "data": data}
    with connection.begin():
        given_number = connection.execute(insert(events).values(**row)).inserted_primary_key
        assert given_number is not None
        seq = int(given_number[0])
        ((_, digest),) = digests_where(connection, events.c.seq == seq)
    assert digest == event_digest(seq, case_id, "renewed", at, actor, json.dumps(data))


@pytest.fixture
def sealed_case(store_url: str, engine: Engine) -> Iterator[tuple[Connection, str]]:
    """A connection, and a case that events may be of."""
    with CaseStore.open(store_url) as store:
        case = file_one(store, 1)
    with engine.connect() as connection:
        yield connection, case.id


def copy_rows(url: str, copy: str) -> None:
    source, target = make_engine(url), make_engine(copy)
    with source.connect() as old, target.begin() as new:
        for table in metadata.sorted_tables:
            rows = [row._asdict() for row in old.execute(select(table))]
            if rows:
                new.execute(insert(table), rows)
    source.dispose()
    target.dispose()


def test_the_first_seal_with_a_key_holds_what_was_sealed_before_without(store: CaseStore, engine: Engine) -> None:
    file_one(store, 1)
    seal_all(store)
    assert seal_all(store, KEY) == 1
    plain, keyed = chain(engine)
    assert (plain.algorithm, plain.key_id) == (PLAIN, "")
    assert (keyed.algorithm, keyed.key_id, keyed.events) == (KEYED, KEY.id, 0)
    found = store.verify_seals(KEY)
    assert (found.wrong, found.unkeyed, found.seals) == (None, 1, 2)


def test_once_there_is_a_key_no_other_and_none_seals(store: CaseStore) -> None:
    file_one(store, 1)
    store.seal(KEY)
    file_one(store, 2)
    for key, got in ((None, "none"), (OTHER_KEY, "another")):
        with pytest.raises(InvalidInputError, match=rf"'CASELOAD_AUDIT_KEY' must be the key .* \(got {got}\)"):
            store.seal(key)


def test_nothing_is_chained_to_an_end_that_was_changed(store: CaseStore, engine: Engine) -> None:
    file_one(store, 1)
    store.seal()
    file_one(store, 2)
    tamper(engine, "UPDATE seals SET events = events + 1")
    with pytest.raises(DamagedRecordError, match=r"got seal 1, which was changed.*caseload audit verify"):
        store.seal()


def test_nothing_is_chained_where_the_head_that_the_caller_saw_is_gone(store: CaseStore, engine: Engine) -> None:
    file_one(store, 1)
    first = store.seal()
    assert first is not None
    seen = first.link
    file_one(store, 2)
    tamper(engine, "DELETE FROM seals")
    with pytest.raises(DamagedRecordError, match="got no seal 1 with the head that it had"):
        store.seal(upon=seen)
    # Whoever did not see it cannot tell.
    assert store.seal() is not None
    with pytest.raises(DamagedRecordError, match="got no seal 1 with the head that it had"):
        store.seal(upon=seen)


def test_an_event_that_cannot_be_read_is_not_sealed(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as store:
        file_one(store, 1)
        engine = make_engine(url)
        tamper(engine, "UPDATE events SET data = '{'")
        engine.dispose()
        with pytest.raises(DamagedRecordError, match="got event 1, which cannot be read"):
            store.seal()


def test_0007_starts_an_empty_chain_and_takes_it_away_again(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0006")
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        file_one(store, 1)
        assert seal_all(store) == 1
    migrate.downgrade(empty_url, "0006")
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        assert store.chain_head() == ChainHead()
        assert store.verify_seals().unsealed == 1


@pytest.mark.slow
def test_a_hundred_thousand_events_are_sealed_and_verified(store_url: str, engine: Engine) -> None:
    with CaseStore.open(store_url) as store:
        case = file_one(store, 1)
        row = {"case_id": case.id, "kind": "renewed", "at": case.received_at, "actor": "ann", "data": {"token": 1}}
        with engine.begin() as connection:
            connection.execute(insert(events), [row] * 99_999)
            total = connection.execute(select(func.count()).select_from(events)).scalar_one()
        begun = time.perf_counter()
        seal_all(store)
        sealed = time.perf_counter()
        found = store.verify_seals()
        seconds = sealed - begun, time.perf_counter() - sealed
        # For whoever wants to know (pytest -rP): no limit, as it hangs on the machine.
        print(f"{engine.dialect.name}: sealed in {seconds[0]:.1f} s, verified in {seconds[1]:.1f} s")  # noqa: T201
        assert (found.wrong, found.sealed, found.unsealed) == (None, total, 0)
