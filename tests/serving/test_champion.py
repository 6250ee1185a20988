from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from cases.errors import ArtifactError, ModelMissingError, StoreUnavailableError
from cases.store import CaseStore
from features.assemble import assemble
from features.frame import feature_frame
from models.artifact import ENCODER, load_artifact, save_artifact
from serving.api.problems import ModelLoadingError
from serving.app import build_services
from serving.scoring.champion import ChampionWatch, State
from tests.serving.conftest import Place, Running, a_report, an_api, state, wait_until
from tests.serving.small_model import SmallModel


def watch_of(place: Place) -> ChampionWatch:
    watch = build_services(place.settings).watch
    watch.check()
    return watch


def test_nothing_promoted(place: Place) -> None:
    watch = watch_of(place)

    assert watch.serving.state is State.NO_MODEL
    with pytest.raises(ModelMissingError, match="caseload promote"):
        watch.model()


def test_before_the_first_look_it_is_loading(place: Place) -> None:
    with pytest.raises(ModelLoadingError):
        build_services(place.settings).watch.model()


def test_the_promoted_model_is_loaded_under_its_names(place: Place) -> None:
    sha256 = place.promote(version="7")

    model = watch_of(place).model()

    assert (model.full_version, model.sha256) == ("small/7", sha256)


def test_a_model_promoted_under_a_new_name_is_known_by_it(place: Place) -> None:
    place.promote(version="7")
    watch = watch_of(place)
    place.promote(version="8")
    watch.check()

    assert watch.model().full_version == "small/8"


def test_a_champion_whose_files_are_gone(place: Place) -> None:
    shutil.rmtree(place.settings.models_dir / place.promote())
    watch = watch_of(place)

    assert watch.serving.state is State.FAILED
    with pytest.raises(ModelMissingError, match="models_dir"):
        watch.model()


def test_one_byte_changed_is_not_loaded(place: Place) -> None:
    place.promote()
    change_a_byte(place)
    watch = watch_of(place)

    assert watch.serving.state is State.FAILED
    with pytest.raises(ArtifactError):
        watch.model()


def test_a_mended_artifact_serves_again(place: Place) -> None:
    place.promote()
    before = place.model_file().read_bytes()
    change_a_byte(place)
    watch = watch_of(place)
    place.model_file().write_bytes(before)
    watch.check()

    assert watch.serving.state is State.READY


def test_a_model_that_suggests_what_the_policy_lacks_does_not_serve(place: Place) -> None:
    place.promote()
    services = build_services(place.settings)
    taxonomy = services.taxonomy
    smaller = dataclasses.replace(
        taxonomy, categories=tuple(c for c in taxonomy.categories if c.id != "intellectual_property")
    )
    watch = ChampionWatch(services.store, place.settings.models_dir, smaller)
    watch.check()

    assert watch.serving.state is State.FAILED
    with pytest.raises(ArtifactError, match="intellectual_property"):
        watch.model()


def test_a_model_in_memory_serves_on_while_the_database_is_away(place: Place) -> None:
    place.promote()
    away = False

    def store() -> CaseStore:
        if away:
            raise StoreUnavailableError("'database' must answer (got nothing); start it")
        return place.store

    services = build_services(place.settings)
    watch = ChampionWatch(store, place.settings.models_dir, services.taxonomy)
    watch.check()
    away = True
    watch.check()

    assert watch.serving.state is State.READY


def test_a_byte_changed_while_serving_ends_readiness_and_not_intake(running: Running) -> None:
    change_a_byte(running.place)
    wait_until(lambda: state(running) == "failed")

    ready = running.client.get("/health/ready")
    scores = running.client.post("/v1/score", json={"cases": [{"description": "x"}]})
    filed = running.client.post("/v1/cases", json=a_report())

    assert ready.status_code == 503
    assert (scores.status_code, scores.json()["code"]) == (503, "model_damaged")
    assert scores.headers["Retry-After"]
    assert (filed.status_code, filed.json()["score"], filed.json()["unscored"]["code"]) == (
        201,
        None,
        "model_damaged",
    )
    assert running.client.get("/v1/queue").json()["length"] == 1


def spoilt(model: SmallModel, folder: Path, spoil: Callable[[npt.NDArray[np.float32]], None]) -> SmallModel:
    """The model with other weights, saved as a whole artifact: nothing but its answers tells."""
    judge = load_artifact(model.directory)
    spoil(judge.category.weights_)
    return SmallModel(folder, save_artifact(judge, folder, name="small", encoder_dir=model.directory / ENCODER))


def test_a_model_that_says_nan_does_not_serve_and_the_rules_rank_meanwhile(place: Place, tmp_path: Path) -> None:
    broken = spoilt(place.models[0], tmp_path / "nan", lambda weights: weights.fill(np.nan))
    placed = dataclasses.replace(place, models=(broken, place.models[1]))
    placed.promote(0)
    with an_api(placed) as api:
        wait_until(lambda: state(api) == "failed")
        assert "NaN" in api.client.get("/health/ready").json()["reason"]
        filed = api.client.post("/v1/cases", json=a_report(attributes={"minor_involved": True})).json()
        assert (filed["score"], filed["unscored"]["code"]) == (None, "model_damaged")
        plain = api.client.post("/v1/cases", json=a_report(external_id="T-2", subject_ref="c-2")).json()["case_id"]
        assert placed.store.case(filed["case_id"]).order_key > placed.store.case(plain).order_key
        # Another takes over, and the case is scored after all.
        placed.promote(1, version="2")
        wait_until(lambda: placed.store.latest_score(filed["case_id"]) is not None, 30)


def test_a_case_on_which_a_model_says_nan_is_told_so_and_fails_no_other(place: Place, tmp_path: Path) -> None:
    judge = load_artifact(place.models[0].directory)

    def columns(text: str) -> set[int]:
        frame = feature_frame([assemble("", text)], judge.encoder)
        return set(judge.category.blocks_.transform(frame).nonzero()[1].tolist())

    # Words of that text alone: each other text has the columns of its embedding too, which stay as they are.
    of_one = columns("Refund refund refund me.") - columns("This lecture is my book, read aloud.")

    def spoil(weights: npt.NDArray[np.float32]) -> None:
        weights[sorted(of_one)] = np.nan

    placed = dataclasses.replace(place, models=(spoilt(place.models[0], tmp_path / "nan", spoil), place.models[1]))
    placed.promote(0)
    with an_api(placed) as api:
        wait_until(lambda: state(api) == "ready")
        texts = ["This lecture is my book, read aloud.", "Refund refund refund me."]
        answer = api.client.post("/v1/score", json={"cases": [{"description": text} for text in texts]})
        good, bad = answer.json()["scores"]
        assert (answer.status_code, "problem" in good, bad["problem"]["code"]) == (200, False, "internal_error")
        filed = api.client.post("/v1/cases", json=a_report(description=texts[1])).json()
        assert (filed["created"], filed["score"], filed["unscored"]["code"]) == (True, None, "internal_error")


def test_a_new_champion_takes_over_within_seconds_and_scores_the_queue_anew(running: Running) -> None:
    case_id = running.client.post("/v1/cases", json=a_report()).json()["case_id"]

    sha256 = running.place.promote(1, version="2")

    wait_until(lambda: running.client.get("/v1/model").json()["model"]["sha256"] == sha256, seconds=5)
    wait_until(lambda: running.client.get(f"/v1/cases/{case_id}").json()["score"]["model"]["sha256"] == sha256)


def test_each_answer_is_one_models_while_the_champion_changes(running: Running) -> None:
    body = {"cases": [{"description": f"Case {n} about a copied course."} for n in range(120)]}
    known = {model.sha256 for model in running.place.models}

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(running.client.post, "/v1/score", json=body) for _ in range(12)]
        running.place.promote(1, version="2")
        speakers = [{score["model"]["sha256"] for score in answer.result().json()["scores"]} for answer in answers]

    assert all(len(models) == 1 for models in speakers)
    assert set().union(*speakers) <= known
    wait_until(lambda: running.services.watch.model().sha256 == running.place.models[1].sha256)


def change_a_byte(place: Place, which: int = 0) -> None:
    path = place.model_file(which)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)
