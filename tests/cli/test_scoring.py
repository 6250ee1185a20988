from __future__ import annotations

import csv
import json
import socket
from pathlib import Path

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.serving.small_model import train_small_models


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text("case_id,description\na,This course is my book read aloud.\nb,\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("store")
def test_without_a_promoted_model_score_says_what_to_do_and_writes_nothing(run: Run, table: Path, tmp_path: Path):
    outcome = run("score", table, "-o", tmp_path / "out.csv")
    assert outcome.code == 1
    assert "run `caseload promote`" in outcome.err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("name", ["0" * 64, "no/such/folder"])
def test_a_model_that_is_not_there_is_said(run: Run, table: Path, tmp_path: Path, name: str):
    outcome = run("score", table, "-o", tmp_path / "out.csv", "--model", name)
    assert outcome.code == 1
    assert "'model' must be the SHA-256 of a model" in outcome.err


def test_a_folder_that_is_no_model_is_said(run: Run, table: Path, tmp_path: Path):
    outcome = run("score", table, "-o", tmp_path / "out.csv", "--model", tmp_path)
    assert outcome.code == 1
    assert "manifest.json' must be readable" in outcome.err


@pytest.mark.slow
def test_a_file_is_scored_by_the_champion_or_by_the_model_named(
    run: Run, store: CaseStore, home: Path, table: Path, tmp_path: Path
):
    model, other = train_small_models(home / "models", cache_dir=home / "cache")
    model.directory.rename(home / "models" / model.sha256)
    store.promote_champion("small", "3", model.sha256, by="test")
    out = tmp_path / "out.csv"

    outcome = run("score", table, "-o", out)
    assert outcome.code == 3, outcome.err
    assert "1 cases scored by small/3, 1 rejected" in outcome.out
    assert "description" in outcome.err
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["case_id"] for row in csv.DictReader(file)] == ["a"]

    answer = json.loads(run("score", table, "-o", out, "--model", other.directory, "--json").out)
    assert (answer["schema"], answer["scored"]) == ("caseload.score/1", 1)
    assert answer["model_version"] == f"small/{other.sha256[:12]}"
    assert run("score", table, "-o", out, "--model", model.sha256).code == 3


@pytest.mark.usefixtures("store")
def test_a_port_that_is_taken_is_said(run: Run):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        outcome = run("serve", "--port", port)
    assert outcome.code == 2
    assert f"'port' must be free (got {port}" in outcome.err


def test_a_port_that_is_none_is_refused(run: Run):
    outcome = run("serve", "--port", 99999)
    assert outcome.code == 2
    assert "port" in outcome.err.lower()


def test_serve_refuses_a_database_that_is_not_migrated(run: Run):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    outcome = run("serve", "--port", port)
    assert outcome.code == 1
    assert "run `caseload db upgrade`" in outcome.err
