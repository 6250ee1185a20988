"""The bento is built without any network, holds what it serves with and no more, and serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
import yaml

from cases.identity import Role
from cases.store import CaseStore
from tests.databases import fresh_database
from tests.features.fresh_process import WITHOUT_NETWORK
from tests.operations.page import ROOT, blocks
from tests.serving.service_process import free_port

pytestmark = pytest.mark.slow

BUILD = """
import contextlib, json, pathlib, sys
from serving.build_bento import build
with contextlib.redirect_stdout(sys.stderr):
    tag = build(pathlib.Path(sys.argv[1]))
print(json.dumps([tag, looked_up]))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bento; its store is three above it."""
    home = tmp_path_factory.mktemp("bento")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK + BUILD, home],
        env=_environment(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    tag, looked_up = json.loads(done.stdout.splitlines()[-1])
    assert looked_up == []
    name, version = tag.split(":")
    return home / "bentoml" / "bentos" / name / version


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CASELOAD_", "BENTOML_"))}
    return kept | {"PYTHONPATH": str(ROOT)}


def test_it_holds_the_packages_that_serve_and_neither_a_model_nor_the_rest(built: Path) -> None:
    told = yaml.safe_load((built / "bento.yaml").read_text())
    assert (told["name"], told["service"], told["models"]) == ("caseload", "serving.bento:Caseload", [])
    held = {path.name for path in (built / "src").iterdir()}
    assert {"cases", "features", "models", "evaluation", "serving", "requirements.lock"} <= held
    assert not held & {"tests", "benchmarks", "cli", "training", ".caseload", ".git"}
    assert (built / "src" / "cases" / "policy" / "default.yaml").is_file()
    assert (built / "src" / "cases" / "letters" / "templates" / "frame.yaml").is_file()


def test_what_it_installs_is_the_lock_line_by_line(built: Path) -> None:
    def pinned(text: str) -> set[str]:
        return {line.strip() for line in text.splitlines() if "==" in line}

    locked = pinned((ROOT / "requirements.lock").read_text())
    asked = pinned((built / "env" / "python" / "requirements.txt").read_text())
    assert locked <= asked


def test_it_serves_from_its_own_folder_alone(built: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with fresh_database("sqlite", tmp_path) as database:
        with CaseStore.open(database) as store:
            key = store.add_caller("tests", Role)
        environment = _environment() | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CASELOAD_HOME": str(tmp_path / "home"),
            "CASELOAD_DATABASE_URL": database,
            "TMPDIR": str(tmp_path),
        }
        # Its own copy of the code, and of what the package says of itself.
        del environment["PYTHONPATH"]
        # The page's own line, in a folder whose store is this one.
        [makes, serves] = blocks()["A bento"][0].splitlines()
        assert makes == "make bento"
        (tmp_path / ".caseload").mkdir()
        (tmp_path / ".caseload" / "bentoml").symlink_to(built.parents[2])
        output = tmp_path / "output.txt"
        with output.open("wb") as printed:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {serves} --port {port}"],
                cwd=tmp_path, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            _wait_for(url, process, output)
            answer = httpx2.get(f"{url}/v1/model", headers={"Authorization": f"Bearer {key}"})
            assert (answer.status_code, answer.json()["state"]) == (200, "no_model")
            assert httpx2.get(f"{url}/v1/model").status_code == 401
            [worker] = _listening_workers(process.pid)
            assert str(built / "src") in worker
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def test_make_builds_it_the_same_way() -> None:
    planned = subprocess.run(["make", "-n", "bento"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "python -m serving.build_bento" in planned
    assert "/.caseload/bentoml" in planned


def _listening_workers(pid: int) -> list[str]:
    """The working folders of a server's workers."""
    import psutil  # type: ignore[import-untyped,unused-ignore]  # ships no types

    return [
        child.cwd() for child in psutil.Process(pid).children(recursive=True) if "worker" in " ".join(child.cmdline())
    ]


def _wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + 110
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"{url}/health/live").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise AssertionError(output.read_text())
