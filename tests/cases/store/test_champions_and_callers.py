from __future__ import annotations

import pytest
from sqlalchemy import select

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.record import Caller
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.tables import callers
from tests.cases.store.conftest import NOON, SetClock


def test_the_champion_is_the_one_promoted_last_even_when_it_is_an_old_one(store: CaseStore, clock: SetClock) -> None:
    assert store.champion() is None
    first = store.promote_champion("caseload-default", "1", "a" * 64, by="ann")
    clock.forward(hours=1)
    second = store.promote_champion("caseload-default", "2", "b" * 64, by="ann")
    assert store.champion() == second
    rolled_back = store.promote_champion("caseload-default", "1", "a" * 64, by="bob")
    assert store.champion() == rolled_back
    assert store.champions() == (first, second, rolled_back)
    assert (first.version, first.sha256, first.promoted_at, first.promoted_by) == ("1", "a" * 64, NOON, "ann")
    assert first.seq < second.seq < rolled_back.seq


@pytest.mark.parametrize("sha256", ["", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_a_champion_without_a_proper_digest_is_refused(sqlite_store: CaseStore, sha256: str) -> None:
    with pytest.raises(InvalidInputError, match="'sha256' must be 64"):
        sqlite_store.promote_champion("caseload-default", "1", sha256, by="ann")
    assert sqlite_store.champion() is None


def test_a_caller_is_known_by_the_key_that_was_shown_once(store: CaseStore, store_url: str) -> None:
    key, other = store.add_caller("helpdesk"), store.add_caller("console")
    assert key.startswith("cl_")
    assert len(key) >= 3 + 43  # 256 bits in base 64
    assert (store.caller_for_key(key), store.caller_for_key(other)) == ("helpdesk", "console")
    engine = make_engine(store_url)
    with engine.connect() as connection:
        assert key not in connection.execute(select(callers.c.key_sha256)).scalars().all()
    engine.dispose()


def test_no_other_key_is_let_in(store: CaseStore) -> None:
    issued = store.add_caller("helpdesk")
    others = ["", "cl_", " ", "anything at all", "\udc00", "x" * 100_000, issued.upper(), issued + " ", "helpdesk"]
    assert [store.caller_for_key(other) for other in others] == [None] * len(others)


def test_a_revoked_key_is_let_in_no_more_and_its_caller_can_get_another(store: CaseStore) -> None:
    key = store.add_caller("helpdesk")
    with pytest.raises(ConflictError, match="'name' must be new"):
        store.add_caller("helpdesk")
    store.revoke_caller("helpdesk")
    assert store.caller_for_key(key) is None
    with pytest.raises(NotFoundError, match="'name' must be"):
        store.revoke_caller("helpdesk")
    new = store.add_caller("helpdesk")
    assert (store.caller_for_key(new), store.caller_for_key(key)) == ("helpdesk", None)


def test_callers_are_listed_by_name_with_the_revoked_ones(store: CaseStore, clock: SetClock) -> None:
    store.add_caller("helpdesk")
    clock.forward(hours=1)
    store.add_caller("console")
    store.revoke_caller("helpdesk")
    assert store.callers() == (Caller("console", clock(), None), Caller("helpdesk", NOON, clock()))
