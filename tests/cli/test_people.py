from __future__ import annotations

import json

import pytest

from cases.identity import Identity, IdentityKind, Role
from cases.store import CaseStore
from tests.cli.conftest import Run


def test_a_person_is_let_in_changed_and_removed(run: Run, store: CaseStore):
    assert "nobody is let in yet" in run("person", "list").out
    assert run("person", "add", "ada", "--role", "associate", "--queue", "main").code == 0
    assert store.person("ada") == Identity(
        "ada", IdentityKind.PERSON, frozenset({Role.ASSOCIATE}), frozenset({"main"})
    )
    assert run("person", "change", "ada", "--role", "lead").code == 0
    assert store.person("ada") == Identity("ada", IdentityKind.PERSON, frozenset({Role.LEAD}))
    assert run("person", "remove", "ada").code == 0
    assert store.person("ada") is None
    (person,) = json.loads(run("person", "list", "--json").out)["people"]
    assert (person["name"], person["roles"], person["queues"]) == ("ada", ["lead"], None)
    assert person["removed_at"][:10] in run("person", "list").out


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("what", ["add", "change"])
def test_a_person_without_a_role_or_with_an_unknown_queue_is_refused(run: Run, what: str):
    assert "'--role' must be at least one of tooling" in run("person", what, "ada").err
    outcome = run("person", what, "ada", "--role", "lead", "--queue", "nowhere")
    assert outcome.code == 2
    assert "'--queue' must be one of" in outcome.err
    assert "(got another word, of 7 characters); choose from main, " in outcome.err


@pytest.mark.usefixtures("store")
def test_whoever_is_not_let_in_cannot_be_changed_or_removed(run: Run):
    for arguments in (("change", "ada", "--role", "lead"), ("remove", "ada")):
        outcome = run("person", *arguments)
        assert outcome.code == 1
        assert "'name' must be of somebody let in" in outcome.err
