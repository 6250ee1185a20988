from __future__ import annotations

import json
from pathlib import Path

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case
from tests.serving.assured_model import assured_model
from tests.serving.small_model import train_small_models

TEXT = "Lecture four of this course is my own recording. They sell it under another name."


def test_without_a_model_explain_says_what_to_do(run: Run, store: CaseStore):
    outcome = run("explain", file_case(store, 1, text=TEXT).id)
    assert outcome.code == 1
    assert "run `caseload promote`" in outcome.err
    assert "recording" not in outcome.err


@pytest.mark.usefixtures("store")
def test_a_case_that_there_is_not_is_said(run: Run):
    outcome = run("explain", "abcdef12")
    assert outcome.code == 1
    assert "'CASE' must name one" in outcome.err


@pytest.mark.slow
def test_sentences_words_and_precedents_are_told(run: Run, store: CaseStore, home: Path):
    small, _ = train_small_models(home / "trained", cache_dir=home / "cache")
    model = assured_model(small, home / "trained")
    (home / "models").mkdir(exist_ok=True)
    model.directory.rename(home / "models" / model.sha256)
    store.promote_champion("small", "3", model.sha256, by="test")
    case = file_case(store, 1, text=TEXT)

    shown = run("explain", case.id[-8:])
    assert shown.code == 0, shown.err
    assert "They sell it under another name." in shown.out
    assert "for it:" in shown.out
    assert "of 5 like this were decided otherwise" in shown.out

    answer = json.loads(run("explain", case.id, "--precedents", 2, "--json").out)
    assert (answer["schema"], answer["case_id"], answer["model_version"]) == (
        "caseload.explain/1",
        case.id,
        "small/3",
    )
    assert len(answer["precedents"]) == 2
    pieces = [answer["text"][found["start"] : found["end"]] for found in answer["sentences"]]
    assert "They sell it under another name." in pieces
    assert store.latest_score(case.id) is None
