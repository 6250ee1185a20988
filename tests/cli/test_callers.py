from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cases.clock import utc_now
from cases.identity import Identity, IdentityKind, Role
from cases.store import CaseStore
from tests.cli.conftest import Run

DESK = Identity("desk", IdentityKind.CALLER, frozenset({Role.TOOLING}))


def test_the_key_alone_is_on_stdout_and_lets_its_caller_in(run: Run, store: CaseStore):
    outcome = run("caller", "add", "desk", "--role", "tooling")
    assert outcome.code == 0
    assert store.caller_for_key(outcome.out.strip(), utc_now()) == DESK
    assert "shown this once" in outcome.err


def test_roles_queues_and_an_end_are_the_keys(run: Run, store: CaseStore):
    rights = ("--role", "lead", "--role", "associate", "--queue", "main", "--expires", "90d")
    assert run("caller", "add", "desk", *rights).code == 0
    (caller,) = store.callers()
    assert (caller.roles, caller.queues) == ((Role.ASSOCIATE, Role.LEAD), ("main",))
    assert caller.expires_at is not None
    assert abs(caller.expires_at - utc_now() - timedelta(days=90)) < timedelta(minutes=1)
    listed = run("caller", "list").out
    assert "associate, lead" in listed
    assert f"{caller.expires_at:%Y-%m-%d %H:%M}" in listed


@pytest.mark.parametrize(
    ("rights", "says"),
    [
        ((), "'--role' must be at least one of tooling, associate, lead, policy_owner, data_scientist, admin"),
        (("--role", "root"), "(got root)"),
        (("--role", "lead", "--queue", "nowhere"), "'--queue' must be one of version"),
        (("--role", "lead", "--queue", "nowhere"), "(got another word, of 7 characters); choose from main, "),
        (("--role", "lead", "--expires", "soon"), "'--expires' must be a duration such as 12h or 90d"),
        (("--role", "lead", "--expires", "0s"), "must be later than now"),
    ],
)
def test_a_key_without_a_role_or_with_what_there_is_not_is_not_made(
    run: Run, store: CaseStore, rights: tuple[str, ...], says: str
):
    outcome = run("caller", "add", "desk", *rights)
    assert outcome.code == 2
    assert says in outcome.err
    assert (outcome.out, store.callers()) == ("", ())


def test_a_rotated_key_and_the_one_of_before_are_both_let_in(run: Run, store: CaseStore):
    old = run("caller", "add", "desk", "--role", "tooling").out.strip()
    outcome = run("caller", "rotate", "desk", "--overlap", "1h")
    new = outcome.out.strip()
    assert [store.caller_for_key(key, utc_now()) for key in (old, new)] == [DESK, DESK]
    assert store.caller_for_key(old, utc_now() + timedelta(hours=2)) is None
    run("caller", "rotate", "desk", "--overlap", "0s")
    assert store.caller_for_key(new, utc_now()) is None


@pytest.mark.usefixtures("store")
def test_the_list_shows_names_and_never_a_key(run: Run):
    assert "nobody may call yet" in run("caller", "list").out
    key = run("caller", "add", "desk", "--role", "tooling").out.strip()
    listed, as_json = run("caller", "list").out, run("caller", "list", "--json").out
    assert "desk" in listed
    assert key not in listed + as_json
    (caller,) = json.loads(as_json)["callers"]
    assert (caller["name"], caller["roles"], caller["queues"], caller["expires_at"]) == (
        "desk", ["tooling"], None, None,
    )  # fmt: skip


def test_a_revoked_caller_is_let_in_no_more_and_stays_listed(run: Run, store: CaseStore):
    key = run("caller", "add", "desk", "--role", "tooling").out.strip()
    assert run("caller", "revoke", "desk").code == 0
    assert store.caller_for_key(key, utc_now()) is None
    (caller,) = store.callers()
    assert caller.revoked_at is not None
    assert f"{caller.revoked_at:%Y-%m-%d %H:%M}" in run("caller", "list").out


@pytest.mark.usefixtures("store")
def test_a_second_key_for_one_name_is_refused(run: Run):
    run("caller", "add", "desk", "--role", "tooling")
    outcome = run("caller", "add", "desk", "--role", "tooling")
    assert outcome.code == 1
    assert "revoke it first" in outcome.err
    assert outcome.out == ""


@pytest.mark.usefixtures("store")
def test_revoking_somebody_unknown_says_so(run: Run):
    outcome = run("caller", "revoke", "nobody")
    assert outcome.code == 1
    assert "'name' must be of a caller with a key" in outcome.err
