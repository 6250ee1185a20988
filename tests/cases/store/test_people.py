from __future__ import annotations

import pytest

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.identity import Identity, IdentityKind, Person, Role
from cases.store import CaseStore
from tests.cases.store.conftest import NOON, SetClock


def test_a_person_is_known_by_their_exact_name_until_they_are_removed(store: CaseStore) -> None:
    store.add_person("ada@example.org", ["associate"], ["urgent"])
    assert store.person("ada@example.org") == Identity(
        "ada@example.org", IdentityKind.PERSON, frozenset({Role.ASSOCIATE}), frozenset({"urgent"})
    )
    others = ["", "ada", "Ada@example.org", "ada@example.org ", "ADA@EXAMPLE.ORG", "ad\u00e1@example.org"]
    assert [store.person(name) for name in others] == [None] * len(others)
    store.remove_person("ada@example.org")
    assert store.person("ada@example.org") is None


def test_a_change_takes_the_place_of_roles_and_queues_of_before(store: CaseStore) -> None:
    store.add_person("ada", ["associate"], ["urgent"])
    for _ in range(2):  # the second changes nothing, and is no error
        store.change_person("ada", ["lead"])
        assert store.person("ada") == Identity("ada", IdentityKind.PERSON, frozenset({Role.LEAD}))


def test_nobody_is_added_twice_and_somebody_removed_comes_back_as_new(store: CaseStore, clock: SetClock) -> None:
    store.add_person("ada", ["lead", "admin"])
    with pytest.raises(ConflictError, match="'name' must be new"):
        store.add_person("ada", ["associate"])
    clock.forward(hours=1)
    store.remove_person("ada")
    assert store.people() == (Person("ada", (Role.LEAD, Role.ADMIN), None, NOON, clock()),)
    store.add_person("ada", ["associate"], ["urgent"])
    assert store.people() == (Person("ada", (Role.ASSOCIATE,), ("urgent",), clock()),)


def test_whoever_is_not_let_in_is_neither_changed_nor_removed(store: CaseStore) -> None:
    store.add_person("gone", ["lead"])
    store.remove_person("gone")
    for name in ("gone", "nobody"):
        with pytest.raises(NotFoundError, match="'name' must be of somebody let in"):
            store.change_person(name, ["lead"])
        with pytest.raises(NotFoundError, match="'name' must be of somebody let in"):
            store.remove_person(name)
    assert store.person("gone") is None


@pytest.mark.parametrize("name", ["", " ", "ada,bob", "a da", "ada\n", "\tada", "ad\u00e1", "-ada", "x" * 256, "a;b"])
def test_a_name_that_a_header_could_bend_is_refused(sqlite_store: CaseStore, name: str) -> None:
    with pytest.raises(InvalidInputError, match="'name' must be 1 to 255"):
        sqlite_store.add_person(name, ["associate"])
    assert sqlite_store.people() == ()
