"""What training leaves: no word of anybody's anywhere, and after an erasure nothing that was made of their words."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from cases.erasure import ErasureKind, ErasureRequest, Place
from cases.errors import ArtifactError, TrackerUnavailableError
from cases.settings import load_settings
from cases.store import CaseStore
from cases.store.migrate import upgrade
from cases.taxonomy_file import load_taxonomy
from features.assemble import assemble
from models.artifact import erase_precedents, load_artifact, verify_artifact
from models.erasable import ARRAYS, SETTINGS
from models.forgetting import erase, preview
from tests.privacy.canaries import Canaries, files_under, hits, rows_with
from tests.privacy.learnt import THEIRS, Learnt, learnt_from
from tests.training.conftest import Learning, cache_dir
from training import forgetting
from training.registry import registered
from training.run_record import SUSPECTS
from training.tracking import read_ledger, read_table

__all__ = ["cache_dir"]

pytestmark = pytest.mark.slow

_EXPORTS = ("cases.csv", "cases.xlsx", "decisions.parquet", "scores.jsonl")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Iterator[Learnt]:
    """Trained with a cache of its own, but for the encoder, which takes a while to compile."""
    home = tmp_path_factory.mktemp("learnt")
    settings = load_settings(home=home)
    settings.cache_dir.mkdir()
    if (cache_dir / "encoders").exists():
        (settings.cache_dir / "encoders").symlink_to(cache_dir / "encoders")
    upgrade(settings.database_url)
    with CaseStore.open(settings.database_url) as store:
        yield learnt_from(Learning(settings, store, load_taxonomy()), Canaries())


def kept_by_training(learnt: Learnt) -> list[Path]:
    """All under the home but the record and its exports."""
    beside = {learnt.home / name for name in _EXPORTS}
    return [path for path in files_under(learnt.home) if path not in beside and not path.name.startswith("cases.db")]


def test_no_word_or_name_is_in_the_tracker_the_models_or_the_cache(learnt: Learnt) -> None:
    kept = kept_by_training(learnt)
    assert {"mlflow.db", "category.skops", "ledger.parquet", "report.html", "manifest.json"} <= {p.name for p in kept}
    assert hits(learnt.canaries, kept) == []
    # The canaries were learnt from: their words are known again, though nobody can read them.
    known = load_artifact(learnt.model).category.blocks_
    assert known.words_.known.column(learnt.canaries.text) is not None
    assert known.signal_columns([f"nickname={learnt.canaries.attribute}"]) != []
    assert learnt.canaries.found_in((learnt.home / "cases.csv").read_bytes()) == [
        "text", "title", "attribute", "subject",
    ]  # fmt: skip


def test_erased_they_are_nowhere_and_the_model_goes_on(learnt: Learnt) -> None:
    settings, store = learnt.place.settings, learnt.place.store
    model = registered(settings, "champion")
    texts = texts_of(learnt)
    remembered = json.loads((learnt.model / "assurance" / SETTINGS).read_text())["case_ids"]
    of_theirs = len(set(remembered) & set(learnt.theirs))
    assert of_theirs > 3
    vectors = [vector.tobytes() for vector in load_artifact(learnt.model).encoder.encode(texts)]
    in_ledger = len(read_ledger(settings, model.run_id))
    asked = assemble("", "They will not refund the course that I paid for.")
    before = load_artifact(learnt.model).judge([asked])[0]
    assert holding(learnt, vectors) == {"assurance/precedents.safetensors", "embeddings"}
    request = ErasureRequest(ErasureKind.REPORTER, learnt.canaries.reporter)
    told = preview(settings, store, request)
    assert {path.name for path in told.exports} == {"cases.csv", "cases.xlsx", "decisions.parquet"}

    done = erase(settings, store, request, by="admin")
    assert done is not None
    assert done.counts["embeddings"] == THEIRS - 1, "the one that is under appeal was not learnt from"
    assert dict(told.counts) == {name: count for name, count in done.counts.items() if name != "embeddings"}
    forget_subjects(learnt)
    forgetting.finish(settings, store)

    done = store.erasure(done.id)
    assert (done.pending, done.counts["exports"]) == ((), 3)
    # The promoted model and the one in the tracker.
    assert done.counts["precedents"] == 2 * of_theirs
    assert rows_with(learnt.canaries, settings.database_url) == []
    assert hits(learnt.canaries, files_under(learnt.home)) == []
    assert holding(learnt, vectors) == set()
    ledger = read_ledger(settings, model.run_id)
    assert len(ledger) == in_ledger - (THEIRS - 1)
    assert not set(learnt.theirs) & set(ledger["case_id"])
    suspects = read_table(settings, model.run_id, SUSPECTS)["suspects"]
    assert not set(learnt.theirs) & {row["case_id"] for row in suspects}
    assert named_in(learnt, learnt.home / "mlartifacts") == []
    # It is the model that was promoted, by its digest, and judges as it did.
    verify_artifact(learnt.model, learnt.sha256)
    assert store.champion().sha256 == learnt.sha256  # type: ignore[union-attr]
    after = load_artifact(learnt.model, learnt.sha256)
    assert after.judge([asked])[0].category == before.category
    assert after.assurance is not None
    assert after.assurance.precedents is not None
    [near] = after.assurance.precedents.nearest(after.encoder.encode([asked.text]), 999)
    assert len(near) == len(remembered) - of_theirs
    assert not {precedent.case_id for precedent in near} & set(learnt.theirs)


def texts_of(learnt: Learnt) -> list[str]:
    found = [learnt.place.store.case(case_id).content for case_id in learnt.theirs]
    return [assemble(content.title, content.description).text for content in found]


def forget_subjects(learnt: Learnt) -> None:
    for number in range(0, THEIRS * 10, 10):
        request = ErasureRequest(ErasureKind.SUBJECT, f"{learnt.canaries.subject}-{number}", "user")
        assert erase(learnt.place.settings, learnt.place.store, request, by="admin") is not None


def holding(learnt: Learnt, vectors: list[bytes]) -> set[str]:
    """Which files hold one of the embeddings, models' by their path in the artifact."""
    found = set()
    for path in kept_by_training(learnt):
        content = path.read_bytes()
        if any(vector in content for vector in vectors):
            found.add("embeddings" if path.suffix == ".vec" else "/".join(path.parts[-2:]))
    return found


def named_in(learnt: Learnt, folder: Path) -> list[Path]:
    ids = re.compile("|".join(learnt.theirs).encode())
    packed = [path for path in files_under(folder) if path.suffix == ".parquet"]
    rows = [path for path in packed if set(pd.read_parquet(path).get("case_id", ())) & set(learnt.theirs)]
    return rows + [path for path in files_under(folder) if ids.search(path.read_bytes())]


def test_what_is_erased_of_precedents_is_all_that_may_change(learnt: Learnt, tmp_path: Path) -> None:
    copy = tmp_path / "models" / "copy"
    shutil.copytree(learnt.model, copy)
    folder = copy / "assurance"
    ids = [case_id for case_id in json.loads((folder / SETTINGS).read_text())["case_ids"] if case_id]
    assert erase_precedents(copy, ids[:2]) == 2
    verify_artifact(copy, learnt.sha256)
    assert erase_precedents(copy, ids[:2]) == 0
    arrays = load_file(folder / ARRAYS)
    row = int(np.flatnonzero(arrays["salts"].any(axis=1))[0])
    for name in ("vectors", "severities", "categories", "salts"):
        forged = {key: array.copy() for key, array in arrays.items()}
        forged[name][row] = np.where(forged[name][row] == 0, 1, 0)
        save_file(forged, folder / ARRAYS)
        with pytest.raises(ArtifactError, match=r"sealed|categories and actions"):
            verify_artifact(copy, learnt.sha256)
    save_file(arrays, folder / ARRAYS)
    settings = json.loads((folder / SETTINGS).read_text())
    place = next(place for place, case_id in enumerate(settings["case_ids"]) if case_id)
    settings["case_ids"][place] = "another"
    (folder / SETTINGS).write_text(json.dumps(settings))
    with pytest.raises(ArtifactError, match="sealed"):
        verify_artifact(copy, learnt.sha256)


def test_a_model_from_before_is_told_of_and_keeps_the_erasure_open(learnt: Learnt, tmp_path: Path) -> None:
    old = tmp_path / "models" / ("0" * 64) / "assurance"
    old.mkdir(parents=True)
    (old.parent / "manifest.json").write_text("{}")
    (old / SETTINGS).write_text(json.dumps({"case_ids": [learnt.theirs[0]]}))
    settings, store = learnt.place.settings.model_copy(update={"models_dir": tmp_path / "models"}), learnt.place.store
    begun = store.begin_erasure(ErasureKind.CASE, by="admin", case_ids=[learnt.theirs[0]])
    with pytest.raises(ArtifactError, match="format 2"):
        forgetting.finish(settings, store)
    assert store.erasure(begun.id).pending == (Place.MODELS,)
    forgetting.finish(learnt.place.settings, store)
    assert store.unfinished_erasures() == []


def test_a_tracker_that_is_away_is_reached_later(learnt: Learnt) -> None:
    store = learnt.place.store
    begun = store.begin_erasure(ErasureKind.CASE, by="admin", case_ids=[learnt.theirs[0]])
    away = learnt.place.settings.model_copy(update={"tracking_uri": "http://127.0.0.1:1"})
    with pytest.raises(TrackerUnavailableError):
        forgetting.finish(away, store)
    assert store.erasure(begun.id).pending == (Place.TRACKER,)
    assert forgetting.finish(learnt.place.settings, store) == [store.erasure(begun.id)]
