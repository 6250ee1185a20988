"""Upon which end a chain goes on: under the same key, unchanged, and where it was seen last."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from cases.errors import DamagedRecordError, InvalidInputError
from cases.seals import KEYED, PLAIN, ChainHead
from cases.store import CaseStore, migrate
from cases.store.engine import make_engine
from tests.cases.store.builders import file_one
from tests.cases.store.tampering import tamper
from tests.cases.store.test_sealing import KEY, OTHER_KEY, chain, seal_all
from tests.databases import fresh_database


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
