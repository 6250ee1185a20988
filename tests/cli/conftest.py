from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cases.store import CaseStore
from cli.main import main
from tests.databases import fresh_database


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command line came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that does not exist yet; no setting from outside the test has a say."""
    for name in [name for name in os.environ if name.startswith("CASELOAD_") and "_TEST_" not in name]:
        if name != "CASELOAD_REQUIRE":
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("CASELOAD_HOME", str(folder))
    return folder


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The migrated, empty record that the commands of this test work on."""
    with fresh_database("sqlite", tmp_path) as url:
        monkeypatch.setenv("CASELOAD_DATABASE_URL", url)
        with CaseStore.open(url) as opened:
            yield opened


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line as the terminal would, in this process."""

    def run_main(*arguments: Any) -> Outcome:
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run_main


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the questions of a command be answered by these lines, and then by the end of input."""
    return lambda *lines: monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
