from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.inbound import InboundKind
from cases.store import CaseStore
from cases.webhooks import key_of
from tests.cli.conftest import Run

NOW = datetime(2026, 3, 4, tzinfo=UTC)
SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - of Zendesk's documentation


def test_zendesks_secret_is_read_from_a_file_and_never_shown(run: Run, store: CaseStore, tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    done = run("inbound", "add", "helpdesk", "--kind", "zendesk", "--secret-file", file)
    assert (done.code, done.out) == (0, "")
    assert "/v1/inbound/zendesk/helpdesk" in done.err
    assert store.inbound_keys("helpdesk", InboundKind.ZENDESK, NOW) == (SECRET.encode(),)
    listed = run("inbound", "list", "--json")
    [source] = json.loads(listed.out)["sources"]
    assert (source["source"], source["kind"], source["removed_at"]) == ("helpdesk", "zendesk", None)
    assert SECRET not in done.err + listed.out + run("inbound", "list").out


def test_a_generic_source_is_given_a_secret_once(run: Run, store: CaseStore):
    assert "no system sends" in run("inbound", "list").out
    first = run("inbound", "add", "tool", "--kind", "generic")
    second = run("inbound", "rotate", "tool", "--overlap", "2h")
    keys = [key_of(done.out.strip(), field="secret") for done in (second, first)]
    assert store.inbound_keys("tool", InboundKind.GENERIC, NOW) == tuple(keys)
    assert run("inbound", "remove", "tool").code == 0
    assert store.inbound_keys("tool", InboundKind.GENERIC, NOW) == ()


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("add", "x", "--kind", "mariposa"), 2, "'--kind' must be one of"),
        (("add", "x", "--kind", "zendesk"), 2, "'--secret-file' must name a file"),
        (("add", "x", "--kind", "zendesk", "--secret-file", "/nowhere/at/all"), 1, "must be usable"),
        (("add", "a/b", "--kind", "generic"), 2, "'source' must be letters"),
        (("rotate", "x", "--secret-file", "/dev/null"), 1, "'source' must name one"),
        (("rotate", "x", "--overlap", "soon"), 2, "'--secret-file' must name a file"),
        (("remove", "x"), 1, "'source' must name one"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused_by_name(
    run: Run, store: CaseStore, arguments: tuple[str, ...], code: int, named: str
):
    done = run("inbound", *arguments)
    assert (done.code, done.out) == (code, "")
    assert named in done.err
    assert "mariposa" not in done.err
    assert store.inbound_sources() == ()
