from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from evaluation.bootstrap import interval
from evaluation.calibration_bins import calibration_verdict
from evaluation.judged import Judged
from evaluation.metrics import accuracy
from evaluation.report import figures, flat_metrics


def test_the_figures_are_json_without_a_number_that_json_lacks(found: dict[str, Any]):
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_no_text_is_in_the_figures(judged: Judged, found: dict[str, Any]):
    written = json.dumps(found, ensure_ascii=False)
    openings = [json.dumps(text[:40], ensure_ascii=False)[1:-1] for text in judged.texts if len(text) > 20]
    assert any("\\" in opening for opening in openings), "some would be written otherwise than they are"
    assert not [opening for opening in openings if opening in written]


def test_the_classes_agree_with_scikit_learns(judged: Judged, found: dict[str, Any]):
    expected = precision_recall_fscore_support(judged.truth, judged.suggested, zero_division=0.0)
    for place, each in enumerate(found["classes"]):
        assert each["label"] == judged.labels[place]
        for name, values in zip(("precision", "recall", "f1"), expected, strict=False):
            assert each[name]["value"] == pytest.approx(values[place])
            assert each[name]["low"] <= each[name]["value"] <= each[name]["high"]


def test_the_wholes_accuracy_is_stated_as_training_states_it(judged: Judged, found: dict[str, Any]):
    same = interval(accuracy, judged.truth, judged.probabilities, draws=200)
    assert found["category"]["accuracy"] == {"value": same.value, "low": same.low, "high": same.high}


def test_the_calibration_error_has_no_interval_but_what_chance_leaves_of_it(judged: Judged, found: dict[str, Any]):
    verdict = calibration_verdict(judged.truth, judged.probabilities)
    assert found["category"]["ece"] == {
        "value": verdict.ece,
        "if_perfect": verdict.if_perfect,
        "allowed": verdict.allowed,
        "ok": verdict.ok,
    }


def test_a_category_that_was_never_suggested_or_decided_has_no_precision_or_recall():
    found = figures(Judged(("a", "b", "c"), np.array([0, 0, 1]), np.array([[0.8, 0.1, 0.1]] * 3)), draws=20)
    a, b, c = found["classes"]
    assert a["precision"]["value"] == pytest.approx(2 / 3)
    assert (b["precision"], b["recall"]["value"]) == (None, 0.0)
    assert (c["precision"], c["recall"], c["f1"]) == (None, None, None)


def test_a_resample_that_misses_a_class_says_nothing_of_its_f1():
    # One row in 200 is of the class, and it is told: a third of the resamples do not hold it.
    truth = np.array([1] + [0] * 199)
    found = figures(Judged(("a", "b"), truth, np.eye(2)[truth]), draws=200)
    assert found["classes"][1]["f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_what_the_judge_does_not_say_is_left_out_and_not_made_up():
    bare = Judged(("a", "b"), np.array([0, 1, 0]), np.array([[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]]))
    found = figures(bare, draws=20)
    assert (found["severity"], found["novelty"], found["tiers"], found["shortlists"]) == (None, None, [], {})
    assert found["confusion"]["top"][0]["examples"] == []
    assert found["risk_coverage"]["threshold_at_target"] is None


def test_the_largest_confusion_comes_first_with_the_surest_cases_as_examples(judged: Judged, found: dict[str, Any]):
    top = found["confusion"]["top"]
    assert [each["n"] for each in top] == sorted((each["n"] for each in top), reverse=True)
    first = top[0]
    decided, suggested = (judged.labels.index(first[name]) for name in ("decided", "suggested"))
    rows = np.flatnonzero((judged.truth == decided) & (judged.suggested == suggested))
    assert len(rows) == first["n"]
    surest = max(rows, key=lambda row: judged.confidence[row])
    assert first["examples"][0] == judged.examples[surest]


def test_the_severity_is_measured_on_rated_rows_and_on_the_level_shown(judged: Judged):
    assert judged.severity is not None
    truth = judged.severity.truth.copy()
    truth[: len(truth) // 2] = -1
    part = figures(replace(judged, severity=replace(judged.severity, truth=truth)), draws=20)["severity"]
    rated = truth >= 0
    assert part["n"] == rated.sum() == np.sum(part["confusion"])
    assert part["accuracy"]["value"] == pytest.approx((judged.severity.shown == truth)[rated].mean())
    assert part["cost"]["value"] < part["cost_of_likeliest"]["value"], "the shown level minimises expected cost"


def test_the_shares_of_the_tiers_make_up_the_whole(found: dict[str, Any]):
    assert sum(each["share"]["value"] for each in found["tiers"]) == pytest.approx(1.0)
    assert [each["tier"] for each in found["tiers"]] == ["apply", "suggest", "abstain"]


def test_the_flat_numbers_have_names_that_a_tracker_takes_and_lose_none(judged: Judged):
    named_alike = {"sender": ["a@b" if row % 2 else "a#b" for row in range(len(judged.truth))]}
    found = figures(replace(judged, slices=judged.slices | named_alike), draws=20)
    flat = flat_metrics(found)
    # What MLflow 3 accepts on every platform.
    assert all(re.fullmatch(r"[\w .:/-]{1,250}", name, flags=re.ASCII) for name in flat)
    assert flat["report/category/accuracy/value"] == found["category"]["accuracy"]["value"]
    assert flat[f"report/classes/{judged.labels[0]}/recall/low"] == found["classes"][0]["recall"]["low"]
    assert flat["report/tiers/apply/share/value"] == found["tiers"][0]["share"]["value"]
    assert flat["report/category/ece/ok"] in {0.0, 1.0}
    sizes = {flat["report/slices/sender/a_b/n"], flat["report/slices/sender/a_b/n-2"]}
    assert sizes == {each["n"] for each in found["slices"]["sender"]}
    assert not [name for name in flat if "points" in name or "reliability" in name or "confusion" in name]
