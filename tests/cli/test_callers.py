from __future__ import annotations

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run


def test_the_key_alone_is_on_stdout_and_lets_its_caller_in(run: Run, store: CaseStore):
    outcome = run("caller", "add", "desk")
    assert outcome.code == 0
    assert store.caller_for_key(outcome.out.strip()) == "desk"
    assert "shown this once" in outcome.err


@pytest.mark.usefixtures("store")
def test_the_list_shows_names_and_never_a_key(run: Run):
    assert "nobody may call yet" in run("caller", "list").out
    key = run("caller", "add", "desk").out.strip()
    listed = run("caller", "list").out
    assert "desk" in listed
    assert key not in listed


def test_a_revoked_caller_is_let_in_no_more_and_stays_listed(run: Run, store: CaseStore):
    key = run("caller", "add", "desk").out.strip()
    assert run("caller", "revoke", "desk").code == 0
    assert store.caller_for_key(key) is None
    (caller,) = store.callers()
    assert caller.revoked_at is not None
    assert f"{caller.revoked_at:%Y-%m-%d %H:%M}" in run("caller", "list").out


@pytest.mark.usefixtures("store")
def test_a_second_key_for_one_name_is_refused(run: Run):
    run("caller", "add", "desk")
    outcome = run("caller", "add", "desk")
    assert outcome.code == 1
    assert "revoke it first" in outcome.err
    assert outcome.out == ""


@pytest.mark.usefixtures("store")
def test_revoking_somebody_unknown_says_so(run: Run):
    outcome = run("caller", "revoke", "nobody")
    assert outcome.code == 1
    assert "'name' must be of a caller with a key" in outcome.err
