"""Sources that send reports signed: their secrets, for as long as each is taken."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.inbound import InboundKind, InboundSource
from cases.store import CaseStore
from cases.webhooks import key_of, new_secret
from tests.cases.store.conftest import NOON, SetClock

ZENDESK, GENERIC = InboundKind.ZENDESK, InboundKind.GENERIC
SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - of Zendesk's documentation


def test_a_source_is_known_by_its_name_and_how_it_signs(store: CaseStore) -> None:
    added = store.add_inbound("helpdesk", ZENDESK, SECRET)
    assert added == InboundSource("helpdesk", ZENDESK, NOON)
    assert store.inbound_sources() == (added,)
    assert SECRET not in repr(store.inbound_sources())
    assert store.inbound_keys("helpdesk", ZENDESK, NOON) == (SECRET.encode(),)
    for source, kind in (("helpdesk", GENERIC), ("Helpdesk", ZENDESK), ("helpdesk ", ZENDESK), ("", ZENDESK)):
        assert store.inbound_keys(source, kind, NOON) == ()


def test_a_rotated_secret_is_taken_until_its_overlap_is_over(store: CaseStore, clock: SetClock) -> None:
    first, second = new_secret(), new_secret()
    store.add_inbound("tool", GENERIC, first)
    store.rotate_inbound("tool", second, timedelta(hours=1))
    old, new = (key_of(each, field="secret") for each in (first, second))
    assert store.inbound_keys("tool", GENERIC, clock()) == (new, old)
    clock.forward(hours=1)
    assert store.inbound_keys("tool", GENERIC, clock()) == (new,)


def test_a_source_that_is_removed_is_let_in_no_more_until_it_is_added_anew(store: CaseStore) -> None:
    store.add_inbound("tool", GENERIC, new_secret())
    with pytest.raises(ConflictError, match="'source' must be new"):
        store.add_inbound("tool", ZENDESK, SECRET)
    store.remove_inbound("tool")
    assert store.inbound_keys("tool", GENERIC, NOON) == ()
    for change in (
        lambda: store.remove_inbound("tool"),
        lambda: store.rotate_inbound("tool", SECRET, timedelta(0)),
    ):
        with pytest.raises(NotFoundError, match="'source' must name one that is let in"):
            change()
    assert store.inbound_sources()[0].removed_at == NOON
    store.add_inbound("tool", ZENDESK, SECRET)
    assert store.inbound_keys("tool", ZENDESK, NOON) == (SECRET.encode(),)


@pytest.mark.parametrize("source", ["", "a/b", "a b", ".hidden", "x" * 101, "ümlaut", "a\n"])
def test_a_name_that_cannot_stand_in_a_path_is_refused(store: CaseStore, source: str) -> None:
    with pytest.raises(InvalidInputError, match="'source' must be letters"):
        store.add_inbound(source, ZENDESK, SECRET)


@pytest.mark.parametrize(
    ("kind", "secret"),
    [(ZENDESK, ""), (ZENDESK, "short"), (ZENDESK, "a secret with blanks"), (GENERIC, SECRET), (GENERIC, "whsec_")],
)
def test_a_secret_that_cannot_be_is_refused_and_not_repeated(
    store: CaseStore, kind: InboundKind, secret: str
) -> None:
    with pytest.raises(InvalidInputError, match="'secret' must be") as refused:
        store.add_inbound("tool", kind, secret)
    assert len(secret) < 7 or secret not in str(refused.value)
    assert store.inbound_sources() == ()


def test_an_overlap_that_cannot_be_is_refused(store: CaseStore) -> None:
    store.add_inbound("tool", ZENDESK, SECRET)
    with pytest.raises(InvalidInputError, match="'overlap'"):
        store.rotate_inbound("tool", SECRET, timedelta(days=31))
