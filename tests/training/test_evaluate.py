"""`caseload evaluate`, `suspects` and `bootstrap` on a small record, as their users call them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cases.seed.corpus import training_part
from cli.main import main
from evaluation.attacks import ATTACKS, LONG_ATTACKS
from evaluation.robustness import AS_WRITTEN, MOST_ROWS
from models.artifact import load_artifact
from tests.training.conftest import START, Learning
from training.bootstrap import NAME, bootstrap
from training.evaluate import MAY_HAVE_LEARNT, evaluate
from training.registry import fetch_artifact, promote, registered
from training.report import WRITTEN
from training.run_record import Run, run_record
from training.snapshot import from_store
from training.split import Split
from training.table import TableColumns
from training.tracking import connect, read_ledger, read_run, read_table

pytestmark = pytest.mark.slow

LOGGED = ("suspects.json", "report.json", "report.html", "model_card.md", "figures.json")


@pytest.fixture(scope="module")
def version(learning: Learning) -> str:
    return learning.train()


@pytest.fixture
def run(learning: Learning, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("CASELOAD_HOME", str(learning.settings.home))
    monkeypatch.setenv("CASELOAD_CACHE_DIR", str(learning.settings.cache_dir))

    def run_main(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return run_main


def openings() -> list[str]:
    """How the written cases begin, as the record has them."""
    return [case.description[:60] for case in training_part() if len(case.description) > 60]


def test_a_registered_model_is_measured_on_what_it_did_not_learn_from(learning: Learning, version: str):
    found = evaluate(learning.settings, version, store=learning.store)
    run = connect(learning.settings).get_run(registered(learning.settings, version).run_id)
    assert found.rows == int(run.data.params["n_test"])
    assert found.left_out == {"learnt from": int(run.data.params["n_train"])}
    # The same rows, the same model: the same numbers as when it was trained, and as MLflow has them.
    assert found.report.figures["category"]["accuracy"]["value"] == pytest.approx(
        run.data.metrics["category/accuracy"]
    )
    logged = read_table(learning.settings, registered(learning.settings, version).run_id, "report.json")
    for name, figure in logged["category"].items():
        assert figure["value"] == pytest.approx(found.report.figures["category"][name]["value"])
        assert run.data.metrics[f"report/category/{name}/value"] == pytest.approx(figure["value"])


def test_a_model_named_by_its_artifact_is_held_to_the_same_rows(learning: Learning, version: str, tmp_path: Path):
    model = registered(learning.settings, version)
    place = fetch_artifact(learning.settings, model)
    copied = shutil.copytree(place, tmp_path / "copied")
    by_number = evaluate(learning.settings, version, store=learning.store)
    for name in (model.sha256, str(copied)):
        found = evaluate(learning.settings, name, store=learning.store)
        assert (found.rows, found.left_out) == (by_number.rows, by_number.left_out)
        assert (found.model.name, found.model.version, found.model.run_id) == (model.name, version, model.run_id)
        assert MAY_HAVE_LEARNT not in found.report.html


def test_where_the_tracker_is_away_a_promoted_model_is_measured_and_the_page_claims_less(
    learning: Learning, version: str
):
    champion = promote(learning.settings, learning.store, version, by="ada")
    away = learning.settings.model_copy(update={"tracking_uri": "http://127.0.0.1:1"})
    found = evaluate(away, champion.sha256, store=learning.store)
    assert (found.model.name, found.model.version, found.model.run_id) == (champion.name, version, "")
    assert [caveat for caveat in found.caveats if MAY_HAVE_LEARNT in caveat]
    assert MAY_HAVE_LEARNT in found.report.html
    assert MAY_HAVE_LEARNT in found.report.card
    assert "the model learnt from none of them" not in found.report.html
    assert "at a time not known, measured 20" in found.report.html


def test_when_it_was_made_is_not_when_it_is_measured(learning: Learning, version: str):
    started = read_run(learning.settings, registered(learning.settings, version).run_id).started
    later = started + timedelta(days=400)
    found = evaluate(learning.settings, version, store=learning.store, now=later)
    assert f"made {started.isoformat(timespec='seconds')}" in found.report.html
    assert later.isoformat(timespec="seconds") in found.report.card


def test_rows_of_a_table_that_it_learnt_from_are_told_by_their_texts(
    learning: Learning, version: str, tmp_path: Path
):
    ledger = read_ledger(learning.settings, registered(learning.settings, version).run_id)
    learnt = set(ledger["case_id"][ledger["part"] == "train"])
    cases = list(learning.store.decided_cases())
    known = sum(not case.title and case.case_id in learnt for case in cases)
    assert known, "a row of a table has no title, so these are those that can be told"
    path = tmp_path / "same.csv"
    columns = {"text": [c.description for c in cases], "label": [c.decision.verdict.category for c in cases]}
    pd.DataFrame(columns).to_csv(path, index=False)
    found = evaluate(learning.settings, version, table=(path, TableColumns("text", "label")))
    assert found.left_out == {"learnt from": known}
    assert found.rows == len(cases) - known
    assert "title and text together" in found.report.html, "those with a title cannot be told"


@pytest.mark.parametrize(("how", "left_out"), [("time", 5), ("champion", 0)])
def test_rows_set_aside_are_measured_only_where_nothing_like_them_was_learnt_from(
    learning: Learning, version: str, monkeypatch: pytest.MonkeyPatch, how: str, left_out: int
):
    run_id = registered(learning.settings, version).run_id
    ledger, run = read_ledger(learning.settings, run_id), read_run(learning.settings, run_id)
    usual = evaluate(learning.settings, version, store=learning.store)
    held_out = ledger.index[ledger["part"] == "test"]
    ledger.loc[held_out[:5], "part"] = "aside"
    monkeypatch.setattr("training.evaluate.read_ledger", lambda *_: ledger)
    monkeypatch.setattr("training.evaluate.read_run", lambda *_: replace(run, split=how))
    found = evaluate(learning.settings, version, store=learning.store)
    reason = "its subject or a near-duplicate was learnt from"
    assert found.left_out.get(reason, 0) == usual.left_out.get(reason, 0) + left_out
    assert found.rows == usual.rows - left_out


def test_the_page_and_the_card_hold_the_figures_and_no_text(
    run: Any, learning: Learning, version: str, tmp_path: Path
):
    page, card = tmp_path / "report.html", tmp_path / "card.md"
    code, out, err = run("evaluate", version, "--report", page, "--card", card, "--no-attacks", "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert answer["schema"] == "caseload.evaluate/1"
    assert answer["model"] == f"{learning.settings.model_name}/{version}"
    assert set(answer["figures"]["shortlists"]) == {"0.9", "0.95"}
    html, markdown = page.read_text(encoding="utf-8"), card.read_text(encoding="utf-8")
    assert html.lower().startswith("<!doctype html>")
    assert f"{answer['figures']['category']['accuracy']['value']:.3f}"[1:] in html
    assert markdown.startswith("#")
    for opening in openings():
        assert escape(opening) not in html
        assert " ".join(opening.split()) not in markdown.replace("\\", "")
        assert json.dumps(opening, ensure_ascii=False)[1:-1] not in out


def test_texts_are_quoted_only_where_asked_for(learning: Learning, version: str):
    quiet = evaluate(learning.settings, version, store=learning.store).report.html
    telling = evaluate(learning.settings, version, store=learning.store, show_texts=True).report.html
    assert not [opening for opening in openings() if escape(opening) in quiet]
    quoted = [opening for opening in openings() if escape(opening) in telling]
    assert quoted, "the search finds a text where there is one"


def test_people_are_told_the_figures_in_lines(run: Any, version: str):
    code, out, err = run("evaluate", version)
    assert code == 0
    for told in ("category accuracy", "shortlist, 90 % promised", "tier apply", "severity QWK", "worst in disguise"):
        assert told in out
    assert "measuring on disguised texts: " in err
    assert WRITTEN in " ".join(err.split()), "the record of this test is of written examples"


def test_what_disguise_costs_is_in_the_report_and_its_texts_are_not_kept(learning: Learning, version: str):
    kept = sorted((file, file.stat().st_size) for file in learning.settings.cache_dir.rglob("*.vec"))
    asked = evaluate(learning.settings, version, store=learning.store, attacks=True)
    assert sorted((file, file.stat().st_size) for file in learning.settings.cache_dir.rglob("*.vec")) == kept
    rows = asked.report.figures["robustness"]
    assert set(rows) == {AS_WRITTEN, *ATTACKS, *LONG_ATTACKS}
    assert rows[AS_WRITTEN]["n"] == min(asked.rows, MOST_ROWS)
    assert rows[AS_WRITTEN]["accuracy"] == pytest.approx(asked.report.figures["category"]["accuracy"]["value"])
    assert asked.report.metrics["report/robustness/leetspeak/accuracy"] == rows["leetspeak"]["accuracy"]
    for told in (asked.report.html, asked.report.card):
        assert "Robustness" in told
        assert "leetspeak" in told
        assert "no evidence of accuracy on anybody" in told


def test_a_run_that_is_not_quick_logs_what_disguise_costs(
    learning: Learning, version: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("evaluation.robustness.ATTACKS", {"leetspeak": ATTACKS["leetspeak"]})
    model = registered(learning.settings, version)
    ledger, artifact = read_ledger(learning.settings, model.run_id), fetch_artifact(learning.settings, model)
    snapshot = from_store(learning.store.decided_cases(), learning.taxonomy)
    parts = Split(ledger["part"].to_numpy(dtype=str), "time", np.arange(len(ledger)))
    run = Run(model.name, snapshot, learning.taxonomy, parts, {}, (), "standard", artifact)
    said: list[str] = []
    record, _, _ = run_record(run, load_artifact(artifact), made=START, say=said.append)
    logged = record.tables["report.json"]["robustness"]
    assert set(logged) == {AS_WRITTEN, "leetspeak", *LONG_ATTACKS}
    assert record.metrics["report/robustness/leetspeak/drop"] == logged["leetspeak"]["drop"]
    assert "leetspeak" in record.texts["report.html"]
    assert "leetspeak" in record.texts["model_card.md"]
    assert len(said) == 1


def test_a_quick_run_tells_of_written_examples_and_does_not_wait_for_attacks(learning: Learning, version: str):
    run_id = registered(learning.settings, version).run_id
    assert read_table(learning.settings, run_id, "report.json")["robustness"] is None
    card = connect(learning.settings).download_artifacts(run_id, "model_card.md")
    assert f"> {WRITTEN}" in Path(card).read_text(encoding="utf-8")


def test_a_place_that_is_not_there_is_told_before_anything_is_measured(run: Any, version: str, tmp_path: Path):
    code, out, err = run("evaluate", version, "--report", tmp_path / "nowhere" / "report.html")
    assert code == 2
    assert "must be in a folder that exists" in err
    assert out == ""


def test_a_model_that_is_not_there_is_told(run: Any):
    code, _, err = run("evaluate", "77")
    assert code == 1
    assert "must be a registered version or alias" in err


def test_suspects_are_listed_with_ids_and_codes(run: Any, learning: Learning, version: str):
    code, out, _ = run("suspects", version, "--limit", "5", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["schema"] == "caseload.suspects/1"
    assert len(answer["suspects"]) == min(5, answer["total"])
    known = {case.case_id for case in learning.store.decided_cases()}
    assert {row["case_id"] for row in answer["suspects"]} <= known
    assert all(row["decided"] != row["suggested"] for row in answer["suspects"])
    assert {row["decided_by"] for row in answer["suspects"]} <= {"ada", "grace"}, "the record says who decided"


def test_a_run_names_nobody_and_a_report_on_request_does(learning: Learning, version: str, tmp_path: Path):
    run_id = registered(learning.settings, version).run_id
    client = connect(learning.settings)
    logged = [Path(client.download_artifacts(run_id, name, str(tmp_path))) for name in LOGGED]
    assert not [file.name for file in logged if re.search(r"\b(ada|grace)\b", file.read_text(encoding="utf-8"))]
    assert not [name for name in client.get_run(run_id).data.metrics if re.search(r"\b(ada|grace)\b", name)]
    asked = evaluate(learning.settings, version, store=learning.store).report
    assert {each["value"] for each in asked.figures["slices"]["decided by"]} == {"ada", "grace"}


def test_before_anything_is_decided_the_policys_words_make_a_first_model(learning: Learning):
    champion = bootstrap(learning.settings, learning.store, learning.taxonomy, by="ada")
    assert (champion.name, champion.promoted_by) == (NAME, "ada")
    judge = load_artifact(learning.settings.models_dir / champion.sha256, champion.sha256)
    assert tuple(judge.category.classes_) == tuple(sorted(learning.taxonomy.category_ids))
    assert judge.severity is None
    assert judge.assurance is None
    assert bootstrap(learning.settings, learning.store, learning.taxonomy, by="ada").name == NAME, "again is no harm"
