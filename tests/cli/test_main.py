from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cases.errors import CaseloadError
from cases.store import CaseStore
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
HEAVY = (
    "torch",
    "mlflow",
    "bentoml",
    "sklearn",
    "pandas",
    "openvino",
    "sqlalchemy",
    "pydantic",
    "fastapi",
    "matplotlib",
)


def in_a_fresh_process(code: str, **environment: str) -> str:
    kept = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_help_lists_the_commands_without_a_single_heavy_import():
    out = in_a_fresh_process(
        "import sys; from cli.main import main; main(['--help']); "
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert "import" in out
    assert "decide" in out
    assert out.splitlines()[-1] == "loaded: []"


def test_without_a_command_the_help_is_shown(run: Run):
    outcome = run()
    assert outcome.code == 0
    assert "Usage: caseload" in outcome.out


def test_the_version_is_the_distributions(run: Run):
    assert run("--version").out == f"caseload {version('caseload')}\n"


def test_telemetry_is_off_before_anything_can_phone_home_and_a_users_own_setting_stays():
    out = in_a_fresh_process(
        "import os; from cli.main import main; main(['--version']); "
        "print(*(os.environ[n] for n in ('MLFLOW_DISABLE_TELEMETRY', 'BENTOML_DO_NOT_TRACK', 'DO_NOT_TRACK', "
        "'HF_HUB_OFFLINE')))",
        HF_HUB_OFFLINE="0",
    )
    assert out.splitlines()[-1] == "true true 1 0"


def test_a_database_that_is_not_migrated_is_one_line_that_names_the_command(run: Run, home: Path):
    outcome = run("queue")
    assert outcome.code == 1
    assert outcome.err.startswith("caseload: 'database' must be at revision")
    assert "run `caseload db upgrade`" in outcome.err
    assert outcome.err.count("\n") == 1
    assert not home.exists()


def test_a_wrong_variable_is_named(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_PORT", "eighty")
    outcome = run("queue")
    assert outcome.code == 2
    assert "'CASELOAD_PORT' must be valid" in outcome.err


def test_a_database_that_does_not_answer_is_said_without_its_password(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_DATABASE_URL", "postgresql://me:hush@127.0.0.1:1/none")
    outcome = run("queue")
    assert outcome.code == 1
    assert "'database' must answer" in outcome.err
    assert "hush" not in outcome.err


@pytest.mark.parametrize(
    "line", [["nonsense"], ["queue", "--nonsense"], ["queue", "--limit", "0"], ["claim"], ["db"]]
)
def test_a_wrong_command_line_is_one_line_and_code_2(run: Run, line: list[str]):
    outcome = run(*line)
    assert outcome.code == 2
    assert outcome.err.startswith("caseload: ")
    assert outcome.err.count("\n") == 1


def test_home_before_the_command_wins_over_the_environment(run: Run, tmp_path: Path, home: Path):
    other = tmp_path / "other"
    assert run("--home", other, "db", "upgrade").code == 0
    assert (other / "cases.db").is_file()
    assert not home.exists()


@pytest.fixture
def broken_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise ValueError("the words of a reporter")

    monkeypatch.setattr(CaseStore, "open", fail)


@pytest.mark.usefixtures("broken_store")
def test_an_unexpected_error_tells_its_kind_and_no_case_text(run: Run):
    outcome = run("queue")
    assert outcome.code == 1
    assert outcome.err == (
        "caseload: stopped by an unexpected ValueError; run `caseload --debug …` for the traceback "
        "(it may show case text)\n"
    )


@pytest.mark.usefixtures("broken_store")
def test_debug_shows_the_traceback(run: Run):
    outcome = run("--debug", "queue")
    assert outcome.code == 1
    assert "Traceback (most recent call last)" in outcome.err
    assert "the words of a reporter" in outcome.err


def test_any_other_error_of_ours_is_code_1(run: Run, monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object, **_kwargs: object) -> None:
        raise CaseloadError("it could not be done; do this")

    monkeypatch.setattr(CaseStore, "open", fail)
    outcome = run("queue")
    assert (outcome.code, outcome.err) == (1, "caseload: it could not be done; do this\n")


def test_a_reader_that_has_seen_enough_gets_no_complaint():
    command = f"{sys.executable} -m cli.main policy check | true"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
