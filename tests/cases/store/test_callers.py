from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.identity import Caller, Identity, IdentityKind, Role
from cases.store import CaseStore
from cases.store.tables import callers
from tests.cases.store.conftest import NOON, SetClock

DESK = Identity("helpdesk", IdentityKind.CALLER, frozenset({Role.TOOLING}))


def name_of(identity: Identity | None) -> str | None:
    return None if identity is None else identity.name


def test_a_caller_is_known_by_the_key_that_was_shown_once(store: CaseStore, engine: Engine) -> None:
    key = store.add_caller("helpdesk", ["tooling"])
    other = store.add_caller("console", [Role.LEAD, Role.ASSOCIATE], ["urgent", "german", "urgent"])
    assert key.startswith("cl_")
    assert len(key) >= 3 + 43  # 256 bits in base 64
    assert store.caller_for_key(key, NOON) == DESK
    assert store.caller_for_key(other, NOON) == Identity(
        "console", IdentityKind.CALLER, frozenset({Role.ASSOCIATE, Role.LEAD}), frozenset({"german", "urgent"})
    )
    with engine.connect() as connection:
        assert key not in connection.execute(select(callers.c.key_sha256)).scalars().all()


def test_no_other_key_is_let_in(store: CaseStore) -> None:
    issued = store.add_caller("helpdesk", ["tooling"])
    others = ["", "cl_", " ", "anything at all", "\udc00", "x" * 100_000, issued.upper(), issued + " ", "helpdesk"]
    assert [store.caller_for_key(other, NOON) for other in others] == [None] * len(others)


def test_a_revoked_key_is_let_in_no_more_and_its_caller_can_get_another(store: CaseStore) -> None:
    key = store.add_caller("helpdesk", ["tooling", "lead"], ["urgent"], NOON + timedelta(days=1))
    with pytest.raises(ConflictError, match="'name' must be new"):
        store.add_caller("helpdesk", ["tooling"])
    store.revoke_caller("helpdesk")
    assert store.caller_for_key(key, NOON) is None
    for change in (store.revoke_caller, lambda name: store.rotate_caller(name, timedelta(0))):
        with pytest.raises(NotFoundError, match="'name' must be"):
            change("helpdesk")
    new = store.add_caller("helpdesk", ["tooling"])
    # Nothing is left of what it could do before.
    assert (store.caller_for_key(new, NOON + timedelta(days=2)), store.caller_for_key(key, NOON)) == (DESK, None)


def test_a_key_is_let_in_up_to_its_end(store: CaseStore) -> None:
    ends = NOON + timedelta(days=90)
    key = store.add_caller("helpdesk", ["tooling"], expires_at=ends)
    assert store.caller_for_key(key, ends - timedelta(microseconds=1)) == DESK
    assert store.caller_for_key(key, ends) is None


def test_both_keys_are_let_in_while_a_rotation_overlaps(store: CaseStore) -> None:
    old = store.add_caller("helpdesk", ["tooling"])
    new = store.rotate_caller("helpdesk", timedelta(hours=1))
    assert new != old
    assert [store.caller_for_key(key, NOON + timedelta(minutes=59)) for key in (old, new)] == [DESK, DESK]
    assert [store.caller_for_key(key, NOON + timedelta(hours=1)) for key in (old, new)] == [None, DESK]

    newest = store.rotate_caller("helpdesk", timedelta(hours=2))
    # At most two at a time: the oldest is let in no more, however much was left of its hour.
    assert [name_of(store.caller_for_key(key, NOON)) for key in (old, new, newest)] == [None, "helpdesk", "helpdesk"]
    store.revoke_caller("helpdesk")
    assert [store.caller_for_key(key, NOON) for key in (old, new, newest)] == [None] * 3


def test_a_rotated_key_never_outlives_its_own_end(store: CaseStore, clock: SetClock) -> None:
    ends = NOON + timedelta(hours=1)
    old = store.add_caller("helpdesk", ["tooling"], expires_at=ends)
    new = store.rotate_caller("helpdesk", timedelta(days=1), ends + timedelta(days=90))
    assert [store.caller_for_key(key, ends) for key in (old, new)] == [None, DESK]
    clock.forward(days=100)
    with pytest.raises(InvalidInputError, match="'expires_at' must be later than now"):
        store.rotate_caller("helpdesk", timedelta(0))
    again = store.rotate_caller("helpdesk", timedelta(days=1), clock() + timedelta(days=1))
    assert [store.caller_for_key(key, clock()) for key in (new, again)] == [None, DESK]


@pytest.mark.parametrize("roles", [[], ["nobody"], ["tooling", "root"], [""]])
def test_a_caller_has_roles_that_there_are(sqlite_store: CaseStore, roles: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="'role' must be at least one of tooling, associate") as refused:
        sqlite_store.add_caller("helpdesk", roles)
    assert refused.value.field == "role"
    assert sqlite_store.callers() == ()


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"queues": []}, "queue"),
        ({"queues": [" "]}, "queue"),
        ({"expires_at": NOON}, "expires_at"),
        ({"expires_at": NOON.replace(tzinfo=None)}, "expires_at"),
    ],
)
def test_no_caller_is_kept_to_no_queue_or_ends_before_it_begins(
    sqlite_store: CaseStore, what: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        sqlite_store.add_caller("helpdesk", ["tooling"], **what)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_is_none_to_thirty_days(sqlite_store: CaseStore, overlap: timedelta) -> None:
    sqlite_store.add_caller("helpdesk", ["tooling"])
    with pytest.raises(InvalidInputError, match="'overlap' must be from 0 to 30 days"):
        sqlite_store.rotate_caller("helpdesk", overlap)


def test_a_role_of_a_row_that_this_version_does_not_know_allows_nothing(store: CaseStore, engine: Engine) -> None:
    key = store.add_caller("helpdesk", ["tooling"])
    with engine.begin() as connection:
        connection.execute(update(callers).values(roles=["owner_of_all"]))
    found = store.caller_for_key(key, NOON)
    assert found is not None
    assert found.roles == frozenset()


def test_callers_are_listed_by_name_with_the_revoked_ones(store: CaseStore, clock: SetClock) -> None:
    store.add_caller("helpdesk", ["tooling"])
    clock.forward(hours=1)
    ends = clock() + timedelta(days=1)
    store.add_caller("console", ["lead", "associate"], ["urgent"], ends)
    store.rotate_caller("console", timedelta(minutes=5))
    store.revoke_caller("helpdesk")
    assert store.callers() == (
        Caller(
            "console",
            (Role.ASSOCIATE, Role.LEAD),
            ("urgent",),
            clock(),
            expires_at=ends,
            old_expires_at=clock() + timedelta(minutes=5),
        ),
        Caller("helpdesk", (Role.TOOLING,), None, NOON, revoked_at=clock()),
    )
