"""What the benchmarks log must be true of the model that they measured; they are scripts, so they are run as such."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@dataclass(frozen=True)
class Answer:
    tier: str


class Brought:
    """A model from a folder, as far as the benchmark asks it anything before the figures."""

    taxonomy = None

    def judge(self, cases: list[object]) -> list[object]:
        return cases


@pytest.fixture
def script(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module(request.param)


@pytest.mark.parametrize("script", ["written_cases"], indirect=True)
def test_an_empty_tier_is_neither_right_nor_wrong(script: ModuleType):
    found = script.tiers([Answer("apply"), Answer("apply"), Answer("abstain")], np.array([True, False, True]))
    assert found["suggest_right"] is None
    assert found["suggest_share"]["value"] == 0.0
    assert found["apply_right"]["value"] == 0.5
    assert script.line("suggest_right", found["suggest_right"]).split() == ["suggest_right", "n/a"]


@pytest.mark.parametrize("script", ["written_cases"], indirect=True)
def test_a_look_at_a_model_that_was_brought_logs_no_option_that_did_not_make_it(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / script.MANIFEST).write_text("{}")
    looks: list[dict[str, Any]] = []
    # Nobody looks at the frozen part for this.
    monkeypatch.setattr(script, "test_part", lambda: script.training_part()[:4])
    monkeypatch.setattr(script, "load_artifact", lambda _folder: Brought())
    monkeypatch.setattr(script, "figures", lambda *_: {})
    monkeypatch.setattr(script, "category_matrix", lambda answers, _labels: np.full((len(answers), 2), 0.5))
    monkeypatch.setattr(script, "log_look", looks.append)
    monkeypatch.setattr("sys.argv", ["written_cases.py", "--final", "--rubric", "--artifact", str(tmp_path)])
    assert script.main() == 0
    (look,) = looks
    assert (look["budget"], look["learnt_from"]) == (None, None)
    assert look["artifact"] == script.file_sha256(tmp_path / script.MANIFEST)


@pytest.mark.parametrize("script", ["explanations"], indirect=True)
def test_the_baseline_of_the_explanations_is_fitted_as_the_other_peers_are(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    peers, asked = importlib.import_module("peers"), {}
    plain = script.LogisticRegression

    def noted(**options: float) -> Any:
        asked.update(options)
        return plain(**options)

    monkeypatch.setattr(script, "LogisticRegression", noted)
    texts = ["you vile fool", "what a vile thing", "a kind answer", "so kind of you"]
    labels = np.array([script.TOXIC, script.TOXIC, script.CLEAN, script.CLEAN])
    script.LexicalBaseline(script.Part(texts, labels, [frozenset()] * 4, pd.DataFrame()))
    assert (asked["tol"], asked["max_iter"]) == (peers.TOLERANCE, peers.MOST_STEPS)
