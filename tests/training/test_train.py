"""What a trained model leaves in the tracker, and what `caseload train` and its kin say when they cannot go on.

The whole life of a model is in test_life_of_a_model.py; here the record is small.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cases.errors import InvalidInputError, NotFoundError, TrackerUnavailableError
from cli.main import main
from evaluation.held_out import from_json
from models.artifact import load_artifact, read_held_out
from tests.training.conftest import START, Learning, some_cases
from training.compare import compare
from training.pyfunc import PyfuncModel
from training.registry import fetch_artifact, promote, registered
from training.tracking import connect, read_table
from training.train import TrainingOptions, train_on_record

pytestmark = pytest.mark.slow

FRAME = pd.DataFrame(
    {
        "title": ["Copied lecture", ""],
        "description": ["Lecture four of this course is my own recording.", "I want my money back for this course."],
    },
    index=[7, 3],
)


@pytest.fixture(scope="module")
def first(learning: Learning) -> str:
    """The version of a model trained before anything was promoted."""
    return learning.train()


def test_the_champions_rows_cannot_be_held_out_before_there_is_a_champion(learning: Learning, first: str) -> None:
    with pytest.raises(NotFoundError, match=r"'--hold-out champion' needs a promoted model \(got none\)"):
        learning.train(hold_out="champion")
    assert registered(learning.settings).version == first


def test_a_tracker_that_is_away_is_told_at_once_and_nothing_is_registered(learning: Learning, first: str) -> None:
    away = learning.settings.model_copy(update={"tracking_uri": "http://127.0.0.1:1"})
    said: list[str] = []
    started = time.monotonic()
    with pytest.raises(TrackerUnavailableError, match=r"got http://127\.0\.0\.1:1: "):
        train_on_record(away, learning.store, learning.taxonomy, TrainingOptions(say=said.append))
    assert time.monotonic() - started < 30
    assert said == [], "no step had begun"
    assert registered(learning.settings).version == first


def test_the_runs_figures_are_those_of_the_held_out_cases(learning: Learning, first: str) -> None:
    model = registered(learning.settings, first)
    run = connect(learning.settings).get_run(model.run_id)
    figures = read_table(learning.settings, model.run_id, "figures.json")
    table = read_table(learning.settings, model.run_id, "category_confusion.json")
    counts = np.array(table["decided_by_suggested"])
    assert table["labels"] == list(learning.taxonomy.category_ids)
    assert counts.sum() == figures["category"]["n_test"] == int(run.data.params["n_test"])
    assert run.data.metrics["category/accuracy"] == pytest.approx(np.trace(counts) / counts.sum())
    for place, label in enumerate(table["labels"]):
        assert run.data.metrics[f"category/support/{label}"] == counts[place].sum()
        recall = counts[place, place] / max(counts[place].sum(), 1)
        assert run.data.metrics[f"category/recall/{label}"] == pytest.approx(recall)
    severity = read_table(learning.settings, model.run_id, "severity_confusion.json")
    assert severity["labels"] == ["1", "2", "3", "4"]
    assert run.data.metrics["severity/qwk"] == pytest.approx(figures["severity"]["qwk"]["value"])


def test_the_artifact_carries_its_figures_and_the_record_is_told_of_the_model(learning: Learning, first: str) -> None:
    model = registered(learning.settings, first)
    figures = read_table(learning.settings, model.run_id, "figures.json")["category"]
    found = from_json(read_held_out(fetch_artifact(learning.settings, model)))
    assert found is not None
    assert found.cases == figures["n_test"] == sum(each.trained.cases for each in found.coverage)
    assert found.calibration.ece == pytest.approx(figures["ece"]["value"])
    targets = learning.taxonomy.precision_targets
    for each in found.coverage:
        assert (each.trained.target, each.trained) == (targets[each.category], each.at(targets[each.category]))
    [told] = [each for each in learning.store.challengers() if each.version == first]
    assert (told.name, told.sha256, told.held_out) == (model.name, model.sha256, figures["n_test"])
    accuracy = told.figures["accuracy"]
    assert (accuracy.value, accuracy.low) == (figures["accuracy"]["value"], figures["accuracy"]["low"])
    assert told.figures["severity_qwk"].high is not None


def test_each_plot_is_a_picture(learning: Learning, first: str, tmp_path: Path) -> None:
    model = registered(learning.settings, first)
    client = connect(learning.settings)
    for name in ("category_confusion.png", "category_reliability.png", "severity_confusion.png"):
        file = Path(client.download_artifacts(model.run_id, name, str(tmp_path)))
        assert file.read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.filterwarnings("ignore")  # MLflow's own, of pydantic and of its environment's check
def test_mlflow_loads_the_registered_model_and_it_judges_as_ours_does(learning: Learning, first: str) -> None:
    connect(learning.settings)
    import mlflow

    loaded = mlflow.pyfunc.load_model(f"models:/{learning.settings.model_name}/{first}")
    answer = loaded.predict(FRAME)
    ours = PyfuncModel(load_artifact(fetch_artifact(learning.settings, registered(learning.settings, first))))
    pd.testing.assert_frame_equal(answer, ours.predict(FRAME))
    assert list(answer.index) == [7, 3]
    assert set(answer["category"]) <= set(learning.taxonomy.category_ids)
    severity = answer[[f"p_severity_{level}" for level in learning.taxonomy.levels]]
    assert np.allclose(severity.sum(axis=1), 1.0)


def test_models_without_twenty_rows_in_common_are_not_compared(learning: Learning, first: str) -> None:
    learning.decide(some_cases(5, skip=20), first_at=START + timedelta(days=60))
    second = learning.train()
    assert int(second) == int(first) + 1
    assert registered(learning.settings, "challenger").version == second
    with pytest.raises(InvalidInputError, match=r"must be at least 20 \(got \d+\); train the challenger with --hold"):
        # The second has learnt what the first held out.
        compare(learning.settings, learning.store, learning.taxonomy, champion=second, challenger=first)


def test_the_commands_say_what_was_done(
    learning: Learning, first: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASELOAD_CACHE_DIR", str(learning.settings.cache_dir))
    home = ["--home", str(learning.settings.home)]
    assert main([*home, "rollback"]) == 1
    assert "run `caseload promote`" in capfd.readouterr().err
    assert main([*home, "promote", "99"]) == 1
    assert "must be a registered version or alias of 'caseload-default' (got '99')" in capfd.readouterr().err
    assert main([*home, "promote", first]) == 0
    assert f"caseload-default version {first} serves now" in capfd.readouterr().out
    assert main([*home, "rollback"]) == 1
    assert "'champion' must have a predecessor (got none)" in capfd.readouterr().err
    newest = registered(learning.settings).version
    promote(learning.settings, learning.store, newest, by="test")
    assert main([*home, "rollback"]) == 0
    assert f"caseload-default version {first} serves again" in capfd.readouterr().out
    assert main([*home, "compare", "--champion", first, "--challenger", newest, "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["schema"] == "caseload.compare/1"
    assert {row["metric"] for row in answer["metrics"]} >= {"category accuracy", "severity QWK"}
