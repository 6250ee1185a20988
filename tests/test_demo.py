"""`caseload demo` as a newcomer starts it, in a process of its own that reaches nothing but this machine."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from cases.seed.corpus import training_part
from cli.demo.screen import Screen
from cli.demo.service import free_port
from cli.demo.story import offered

ROOT = Path(__file__).parents[1]

# Python runs it in each process of the demonstration: the service's and the workers' too.
SITECUSTOMIZE = """
import os, socket

def _local(host):
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return name in {"localhost", "::1", "0.0.0.0", "::"} or name.startswith("127.")

def _refuse(what, host):
    with open(os.environ["ATTEMPTS"], "a") as file:
        file.write(f"{what} {host}\\n")
    raise socket.gaierror("no network in this test")

def _looking_up(name):
    real = getattr(socket, name)
    def look_up(host, *rest, **options):
        return real(host, *rest, **options) if _local(host) else _refuse(name, host)
    setattr(socket, name, look_up)

def _connecting(name):
    real = getattr(socket.socket, name)
    def connect(self, address):
        if self.family == socket.AF_UNIX or _local(address[0]):
            return real(self, address)
        return _refuse(name, address[0])
    setattr(socket.socket, name, connect)

for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    _looking_up(_name)
for _name in ("connect", "connect_ex"):
    _connecting(_name)
"""

# The demonstration itself, on some of the written cases: the whole corpus takes minutes to learn from.
EACH = 20
FEWER = """
import sys
import cases.seed.tables as tables
for part, each in (("training_part", 20), ("incoming_part", 5)):
    setattr(tables, part, lambda read=getattr(tables, part), each=each: read()[::each])
from cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Shown:
    """What a run printed and tried.

    Attributes:
        attempts: Look-ups and connections beyond this machine.
    """

    code: int
    printed: str
    errors: str
    attempts: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def run_demo(folder: Path, port: int) -> Shown:
    unset = {"CI", "MLFLOW_DISABLE_TELEMETRY", "BENTOML_DO_NOT_TRACK", "DO_NOT_TRACK", "HF_HUB_OFFLINE"}
    kept = {k: v for k, v in os.environ.items() if k not in unset and not k.startswith(("CASELOAD_", "GITHUB_"))}
    blocker, attempts = folder / "blocker", folder / "attempts.txt"
    blocker.mkdir(exist_ok=True)
    (blocker / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    attempts.write_text("")
    paths = {"PYTHONPATH": f"{blocker}:{ROOT}", "ATTEMPTS": str(attempts), "CASELOAD_PORT": str(port)}
    done = subprocess.run(
        [sys.executable, "-c", FEWER, "--home", str(folder / "home"), "demo", "--no-serve"],
        env={**kept, **paths},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Shown(done.returncode, done.stdout, done.stderr, attempts.read_text())


@pytest.fixture(scope="module")
def first(folder: Path, taken_port: int) -> Shown:
    return run_demo(folder, taken_port)


@pytest.fixture(scope="module")
def second(folder: Path, taken_port: int, first: Shown) -> Shown:
    assert first.code == 0, first.errors
    return run_demo(folder, taken_port)


@pytest.mark.slow
def test_the_first_run_goes_through_all_seven_steps(first: Shown) -> None:
    assert first.code == 0, first.errors
    assert re.findall(r"^(\d)  \S", first.printed, flags=re.MULTILINE) == list("1234567")
    learnt = len(training_part()[::EACH])
    assert f"{learnt} decisions recorded, 0 rejected" in first.printed
    assert "caseload-default version 1 serves" in first.printed
    assert "10 cases learnt that the champion did not know" in first.printed
    assert "Traceback" not in first.errors


@pytest.mark.slow
def test_nothing_beyond_this_machine_is_tried(first: Shown, second: Shown) -> None:
    assert first.attempts == second.attempts == ""


@pytest.mark.slow
def test_the_blocker_would_have_noticed(folder: Path, first: Shown) -> None:
    assert first.code == 0, first.errors
    tried = folder / "tried.txt"
    environment = {**os.environ, "PYTHONPATH": str(folder / "blocker"), "ATTEMPTS": str(tried)}
    script = "import socket; socket.create_connection(('example.org', 443))"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert done.returncode != 0
    assert tried.read_text() == "getaddrinfo example.org\n"


@pytest.mark.slow
def test_a_second_run_knows_the_past_cases_and_goes_through_too(second: Shown) -> None:
    assert second.code == 0, second.errors
    assert re.findall(r"^(\d)  \S", second.printed, flags=re.MULTILINE) == list("1234567")
    assert " 0 reports new" in second.printed
    assert " 0 decisions recorded" in second.printed


@pytest.mark.slow
def test_a_taken_port_is_left_to_who_has_it(first: Shown, taken_port: int) -> None:
    [address] = re.findall(r"the service at http://127\.0\.0\.1:(\d+)", first.printed)
    assert int(address) != taken_port


def test_a_case_of_which_the_model_knows_nothing_is_shown_no_guess_and_offered_none() -> None:
    category = {"category": "fraud_and_theft", "name": "Fraud", "probability": 0.31}
    score = {
        "tier": "abstain", "novel": False, "language": "en", "categories": [category], "score_id": "s",
        "severity": {"shown": 3, "distribution": {"3": 0.5}},
    }  # fmt: skip
    received = "2026-01-05T10:00:00+00:00"
    cases = [
        {"score": score, "received_at": received, "title": "A"},
        {"score": {**score, "tier": "suggest"}, "received_at": received, "title": "B"},
    ]
    console = Console(record=True, width=118, file=io.StringIO())
    Screen(console).queue(cases, datetime(2026, 1, 5, 12, tzinfo=UTC))
    abstained, suggested = console.export_text().splitlines()[1:3]
    assert "the model does not know" in abstained
    assert "Fraud" not in abstained
    assert "Fraud (31%)" in suggested
    assert offered(score) == []
    assert offered({**score, "tier": "suggest"}) == [category]


def test_the_preferred_port_is_taken_where_it_is_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert free_port(port, "127.0.0.1") == port
