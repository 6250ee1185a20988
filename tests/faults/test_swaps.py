"""Another model is promoted again and again while callers score: none is turned away, no answer is of two models."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest

from cases.identity import Role
from serving.scoring.batching import MAX_BATCH
from tests.faults.sizes import SWAPS
from tests.serving.conftest import Place, place, small_models
from tests.serving.service_process import ServiceProcess, service_process

__all__ = ["place", "small_models"]

CALLERS = 4
# More than a batch holds, so that a swap may come within a request.
CASES = MAX_BATCH + 8
TEXTS = ["This lecture is my book, read aloud.", "Refund me, please.", "All reviews of this course are bought."]
LONGEST_SWAP_SECONDS = 60.0


class Scoring:
    """Callers who score without a pause, and keep whatever was not as it must be."""

    def __init__(self, service: ServiceProcess, key: str) -> None:
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._service, self._key = service, key
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._score, args=(number,)) for number in range(CALLERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _score(self, number: int) -> None:
        # One in four sends a request of several batches, the others one case.
        cases = [{"description": TEXTS[n % len(TEXTS)]} for n in range(CASES if number == 0 else 1)]
        with self._service.client(self._key) as client:
            while not self._end.is_set():
                try:
                    answer = client.post("/v1/score", json={"cases": cases})
                except httpx2.HTTPError as error:
                    self.wrong.append(type(error).__name__)
                    continue
                if answer.status_code != 200:
                    self.wrong.append(answer.text)
                    continue
                self._look(answer)

    def _look(self, answer: httpx2.Response) -> None:
        models = [score["model"] for score in answer.json()["scores"]]
        named = {f"{model['name']}/{model['version']}" for model in models} | {answer.headers["Caseload-Model"]}
        if len({model["sha256"] for model in models}) != 1 or len(named) != 1:
            self.wrong.append(f"mixed: {sorted(named)}")
        # What a model says of a text is always the same: an answer in its name by another would differ.
        for score in answer.json()["scores"][: len(TEXTS)]:
            self.seen[f"{score['model']['sha256']} {shown(score)}"] += 1


def shown(score: dict[str, Any]) -> str:
    return " ".join(f"{found['category']}={found['probability']:.6f}" for found in score["categories"])


@pytest.mark.slow
def test_no_request_fails_and_no_answer_is_mixed_while_models_are_swapped(
    place: Place, tmp_path: Path, quote: Callable[[str], None]
) -> None:
    versions = count(1)
    place.promote(0, version=str(next(versions)))
    key = place.store.add_caller("tests", Role)
    took: list[float] = []
    with service_process(place.settings, tmp_path) as service, service.client(key) as client:
        with Scoring(service, key) as scoring:
            for swap in range(SWAPS):
                version = str(next(versions))
                sha256 = place.promote((swap + 1) % 2, version=version)
                began = time.monotonic()
                while client.get("/v1/model").json()["model"] != {
                    "name": "small", "version": version, "sha256": sha256,
                }:  # fmt: skip
                    assert time.monotonic() - began < LONGEST_SWAP_SECONDS
                    time.sleep(0.05)
                took.append(time.monotonic() - began)
        assert service.process.poll() is None
    assert scoring.wrong == []
    # Each of the two models says one thing of each of the texts that it was asked about, and not the other's.
    by_model: dict[str, set[str]] = {}
    for answer in scoring.seen:
        sha256, _, said = answer.partition(" ")
        by_model.setdefault(sha256, set()).add(said)
    assert len(by_model) == 2
    assert not set.intersection(*by_model.values())
    assert all(len(said) <= len(TEXTS) for said in by_model.values())
    quote(
        f"{SWAPS} swaps: {scoring.seen.total()} answers, 0 failed, 0 mixed; a new model serves after "
        f"{sorted(took)[len(took) // 2]:.1f} s (median), {max(took):.1f} s at most"
    )
