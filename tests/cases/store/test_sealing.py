from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, insert, select

from cases.errors import InvalidInputError
from cases.number_ranges import numbers
from cases.seals import NO_HEAD, ChainHead, Seal, SealKey
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.seal_rows import read_seals
from cases.store.tables import contents, events, fingerprints, notes, report_identities, seals
from tests.cases.store.builders import decide, file_one
from tests.cases.store.conftest import SetClock
from tests.cases.store.tampering import pass_over_a_number
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
