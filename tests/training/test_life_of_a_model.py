"""Train, promote, decide more, train again, compare, promote, roll back: on a real record, tracker and encoder."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from cases.errors import ArtifactError, NotFoundError, TrackerUnavailableError
from cases.intake.load import IntakeOptions, load
from cases.seed.tables import SOURCE, write_seed
from cases.settings import Settings, load_settings
from cases.store import CaseStore
from cases.store.migrate import upgrade
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from models.artifact import load_artifact
from training.compare import compare
from training.measure import held_out_category, held_out_severity, measured
from training.registry import fetch_artifact, promote, registered, rollback
from training.result import TrainResult, json_schema
from training.rows import assembled_rows
from training.snapshot import from_store
from training.tracking import connect, read_ledger
from training.train import TrainingOptions, train_on_record

pytestmark = pytest.mark.slow

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "train-1.json"
# Enough to learn something, few enough to learn it quickly.
CASES = 400
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Life:
    """A record with past cases, and the first two models trained on it."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = load_settings(home=home)
        self.taxonomy: Taxonomy = load_taxonomy()
        home.mkdir(exist_ok=True)
        upgrade(self.settings.database_url)
        self.store = CaseStore.open(self.settings.database_url)
        tables = write_seed(home / "seed", self.taxonomy, now=NOW)
        few = home / "few.csv"
        pd.read_csv(tables.past_cases).iloc[:CASES].to_csv(few, index=False)
        load(self.store, str(few), taxonomy=self.taxonomy, actor="test", options=IntakeOptions(source=SOURCE))
        self.first = self.train()
        self.champion = promote(self.settings, self.store, by="test")
        self.decide_one("a-new-case")
        self.second = self.train(hold_out="champion")

    def train(self, **options: str) -> TrainResult:
        return train_on_record(self.settings, self.store, self.taxonomy, TrainingOptions(budget="quick", **options))

    def decide_one(self, external_id: str) -> None:
        from cases.decision import Verdict
        from cases.record import NewReport

        report = NewReport("test", external_id, "", "Someone sells five-star ratings by the dozen.", NOW)
        self.store.file_reports([report], actor="test")
        case, lease = self.store.claim_next("ada", 60) or pytest.fail("nothing to claim")
        verdict = Verdict("review_manipulation", 3, "strike", "clear_breach", "paid_reviews")
        self.store.decide(case.id, verdict, holder="ada", token=lease.token)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return Life(tmp_path_factory.mktemp("life"))


def test_the_snapshot_trained_on_is_the_records(life: Life):
    rows = from_store(life.store.decided_cases(), life.taxonomy)
    assert life.second.snapshot.sha256 == rows.sha256
    assert life.second.snapshot.rows == life.first.snapshot.rows + 1


def test_the_answer_is_the_documented_contract(life: Life):
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()
    answer = json.loads(life.first.model_dump_json(by_alias=True))
    assert answer["schema"] == "caseload.train/1"
    figure = answer["category"]["accuracy"]
    assert figure["low"] <= figure["value"] <= figure["high"]
    assert TrainResult.model_validate(answer) == life.first


def test_it_learns_more_than_guessing(life: Life):
    assert life.first.category.accuracy.low > 0.15, "one of twenty would be .05"
    assert life.first.severity is not None
    assert life.first.severity.qwk.low > 0.1


def test_the_model_registered_is_the_model_measured(life: Life):
    model = registered(life.settings, life.first.model.version)
    judge = load_artifact(fetch_artifact(life.settings, model), life.first.model.sha256)
    ledger = read_ledger(life.settings, model.run_id)
    held_out = list(ledger["case_id"][ledger["part"] == "test"])
    rows = from_store(life.store.decided_cases(), life.taxonomy).rows.set_index("case_id").loc[held_out].reset_index()
    answers = judge.judge(assembled_rows(rows))
    again = measured(
        held_out_category(answers, rows, life.taxonomy.category_ids),
        held_out_severity(answers, rows, life.taxonomy.levels),
    )
    assert again.category.accuracy.value == pytest.approx(life.first.category.accuracy.value)
    assert again.category.log_loss.value == pytest.approx(life.first.category.log_loss.value, abs=1e-4)


def test_the_same_data_give_the_same_model(life: Life):
    again = life.train(hold_out="champion")
    models = [registered(life.settings, result.model.version) for result in (life.second, again)]
    folders = [fetch_artifact(life.settings, model) for model in models]
    for name in ("category.safetensors", "severity.safetensors"):
        # Bit for bit; skops notes the time and memory addresses, so the heads' other files differ.
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert again.chosen == life.second.chosen


def test_a_challenger_learns_what_is_new_and_is_held_to_the_champions_rows(life: Life):
    before = read_ledger(life.settings, life.first.model.run_id)
    after = read_ledger(life.settings, life.second.model.run_id)
    held_out = set(before["case_id"][before["part"] == "test"])
    assert set(after["case_id"][after["part"] == "test"]) == held_out
    new = set(after["case_id"]) - set(before["case_id"])
    assert new <= set(after["case_id"][after["part"] == "train"])
    assert len(new) == 1


def test_they_are_compared_on_the_same_rows(life: Life):
    found = compare(life.settings, life.store, life.taxonomy, champion="1", challenger="2")
    assert (found.n_rows, found.n_new) == (life.first.category.n_test, 1)
    accuracy = found.contrasts[0]
    assert accuracy.champion == pytest.approx(life.first.category.accuracy.value)
    assert accuracy.difference.value == pytest.approx(accuracy.challenger - accuracy.champion)


def test_the_tracker_keeps_figures_plots_and_labels_and_no_text(life: Life):
    client = connect(life.settings)
    run = client.get_run(life.first.model.run_id)
    assert "category/recall/privacy" in run.data.metrics
    assert run.data.params["snapshot_sha256"] == life.first.snapshot.sha256
    files = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert {"category_confusion.json", "category_confusion.png", "category_reliability.png", "snapshot"} <= files
    sentence = next(iter(life.store.decided_cases())).description[:60].encode()
    kept = [path for path in life.settings.home.rglob("*") if path.is_file() and "mlartifacts" in path.parts]
    kept.append(life.settings.home / "mlflow.db")
    assert len(kept) > 20
    assert not [path for path in kept if sentence in path.read_bytes()]


def test_only_promote_changes_what_serves_and_rollback_undoes_it(life: Life):
    champion = life.store.champion()
    assert champion is not None
    assert champion.version == "1", "training the second did not change it"
    promoted = promote(life.settings, life.store, "2", by="test")
    assert (life.settings.models_dir / promoted.sha256 / "manifest.json").is_file()
    assert registered(life.settings, "champion").version == "2"
    without_tracker = life.settings.model_copy(update={"tracking_uri": "http://127.0.0.1:1"})
    assert rollback(without_tracker, life.store, by="test").version == "1"
    with pytest.raises(NotFoundError, match="must have a predecessor"):
        rollback(life.settings, life.store, by="test")


def test_a_damaged_artifact_is_not_promoted(life: Life):
    model = registered(life.settings, "2")
    shutil.rmtree(life.settings.models_dir / model.sha256, ignore_errors=True)
    folder = life.settings.home / "mlartifacts" / "models" / model.source.removeprefix("models:/")
    [weights] = folder.rglob("category.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    before = life.store.champion()
    with pytest.raises(ArtifactError, match=r"category\.safetensors"):
        promote(life.settings, life.store, "2", by="test")
    assert life.store.champion() == before
    assert not (life.settings.models_dir / model.sha256).exists()


def test_a_tracker_that_is_away_is_said_to_be(life: Life):
    away = life.settings.model_copy(update={"tracking_uri": "http://127.0.0.1:1"})
    with pytest.raises(TrackerUnavailableError, match="'tracking_uri' must be a tracker that answers"):
        train_on_record(away, life.store, life.taxonomy, TrainingOptions())
