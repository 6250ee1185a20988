"""A model that was promoted and cannot be taken up: the one before serves on, and says why."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from serving.app import build_services
from serving.observing.model_measures import ModelMeasures
from serving.scoring import champion
from serving.scoring.champion import RETRY_SECONDS, ChampionWatch, State
from tests.serving.conftest import Place, Running, wait_until
from tests.serving.test_champion import change_a_byte, spoilt, watch_of
from tests.serving.test_measures import Metrics


def without_its_files(place: Place) -> None:
    shutil.rmtree(place.settings.models_dir / place.promote(1, version="2"))


def with_a_byte_changed(place: Place) -> None:
    place.promote(1, version="2")
    change_a_byte(place, 1)


def under_another_digest(place: Place) -> None:
    shutil.copytree(place.models[1].directory, place.settings.models_dir / ("0" * 64), copy_function=os.link)
    place.store.promote_champion("small", "2", "0" * 64, by="test")


def that_says_nan(place: Place) -> None:
    broken = spoilt(place.models[1], place.settings.home / "nan", lambda weights: weights.fill(np.nan))
    dataclasses.replace(place, models=(place.models[0], broken)).promote(1, version="2")


@pytest.mark.parametrize(
    ("promote", "says"),
    [
        (without_its_files, "'models_dir' must hold the champion"),
        (with_a_byte_changed, ""),
        (under_another_digest, ""),
        (that_says_nan, "NaN"),
    ],
)
def test_the_model_before_serves_on(place: Place, promote: Callable[[Place], None], says: str) -> None:
    first = place.promote(0, version="1")
    watch = watch_of(place)
    promote(place)
    for _ in range(3):
        watch.check()
        assert (watch.serving.state, watch.model().sha256) == (State.READY, first)
    assert watch.serving.refused is not None
    assert watch.serving.refused.champion.version == "2"
    assert watch.serving.reason.startswith("model small/2 was promoted and cannot be taken up: ")
    assert says in watch.serving.reason


def test_it_is_ready_with_a_reason_and_scores_until_another_is_promoted(running: Running) -> None:
    place, client = running.place, running.client
    with_a_byte_changed(place)
    wait_until(lambda: running.services.watch.serving.refused is not None)
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["state"], ready.json()["model"]["version"]) == (200, "ready", "1")
    assert "small/2 was promoted and cannot be taken up" in ready.json()["reason"]
    assert client.get("/v1/model").json()["reason"] == ready.json()["reason"]
    assert client.post("/v1/score", json={"cases": [{"description": "x"}]}).is_success
    # Back to the one that serves: nothing is wanting any more.
    place.promote(0, version="1")
    wait_until(lambda: client.get("/health/ready").json()["reason"] == "")


def test_what_was_mended_is_taken_up(place: Place) -> None:
    place.promote(0, version="1")
    watch = watch_of(place)
    second = place.promote(1, version="2")
    before = place.model_file(1).read_bytes()
    change_a_byte(place, 1)
    watch.check()
    assert watch.serving.refused is not None
    place.model_file(1).write_bytes(before)
    watch.check()
    assert (watch.model().sha256, watch.serving.reason) == (second, "")


def test_it_is_tried_again_every_minute_though_no_file_was_touched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, seconds = build_services(place.settings), [0.0]
    watch = ChampionWatch(services.store, place.settings.models_dir, services.taxonomy, now=lambda: seconds[0])
    place.promote(0, version="1")
    watch.check()
    second, tries = place.promote(1, version="2"), []

    def refused(_directory: Path, sha256: str) -> object:
        tries.append(sha256)
        raise MemoryError  # nothing of ours

    monkeypatch.setattr(champion, "load_artifact", refused)
    for _ in range(3):
        watch.check()
    assert tries == [second]
    assert "loading raised MemoryError" in watch.serving.reason
    monkeypatch.undo()
    seconds[0] = RETRY_SECONDS - 1
    watch.check()
    assert watch.serving.refused is not None
    seconds[0] = RETRY_SECONDS
    watch.check()
    assert (watch.model().sha256, watch.serving.reason) == (second, "")


def test_a_byte_of_the_model_that_serves_on_ends_it_all_the_same(place: Place) -> None:
    place.promote(0, version="1")
    watch = watch_of(place)
    without_its_files(place)
    watch.check()
    change_a_byte(place, 0)
    watch.check()
    assert (watch.serving.state, watch.serving.model) == (State.FAILED, None)


def test_a_watch_that_stumbles_takes_nothing_from_what_serves(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def stumbles(_directory: Path) -> object:
        looked.append(1)
        raise PermissionError

    monkeypatch.setattr(champion, "_signature", stumbles)
    wait_until(lambda: len(looked) >= 2)
    assert running.client.get("/health/ready").status_code == 200


def test_a_service_that_starts_then_has_no_model(place: Place) -> None:
    place.promote(0, version="1")
    without_its_files(place)
    watch = watch_of(place)
    assert (watch.serving.state, watch.serving.refused) == (State.FAILED, None)


def test_a_metric_says_so(place: Place) -> None:
    from prometheus_client import generate_latest

    place.promote(0, version="1")
    watch = watch_of(place)
    watch.on_change = ModelMeasures()
    without_its_files(place)
    watch.check()
    said = Metrics(generate_latest().decode())
    assert (said("caseload_model_refused"), said("caseload_model_state", state="ready")) == (1, 1)
    place.promote(0, version="1")
    watch.check()
    assert Metrics(generate_latest().decode())("caseload_model_refused") == 0
