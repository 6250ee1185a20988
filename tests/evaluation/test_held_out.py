"""What a model's artifact carries of the cases held out: coverage by target, calibration, and that others read it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cases.errors import ArtifactError
from evaluation.held_out import Coverage, as_json, from_json, held_out_figures
from models.artifact import HELD_OUT, read_held_out
from models.judge import Judgement
from models.tiers import TARGETS, Tiers
from tests.models.test_tiers import calibrated

LABELS = ("a", "b", "c", "d")


def judged(seed: int, *, language_supported: bool = True) -> tuple[list[Judgement], list[str]]:
    probabilities, codes = calibrated(600, seed)
    judgements = [
        Judgement(
            dict(zip(LABELS, row, strict=True)), {}, "en", language_supported, shortlists={0.9: LABELS[: 1 + n % 4]}
        )
        for n, row in enumerate(probabilities.tolist())
    ]
    return judgements, [LABELS[code] for code in codes]


def test_coverage_is_that_of_the_thresholds_that_a_target_would_have() -> None:
    tiers = Tiers.fit(*calibrated(4000, 1), targets={0: 0.9}, default=0.8)
    judgements, truth = judged(2)
    found = held_out_figures(LABELS, tiers, judgements, truth)
    assert (found.cases, [each.category for each in found.coverage]) == (600, list(LABELS))
    assert sum(each.trained.cases for each in found.coverage) == 600
    for place, each in enumerate(found.coverage):
        again = Tiers.fit(*calibrated(4000, 1), default=0.9).thresholds[place]
        own = [
            (judgement, name)
            for judgement, name in zip(judgements, truth, strict=True)
            if max(judgement.category, key=judgement.category.__getitem__) == each.category
        ]
        applied = [(j, name) for j, name in own if j.category[each.category] >= again]
        at = each.at(0.9)
        assert at == Coverage(
            0.9, len(applied), len(own) - len(applied), 0, sum(name == each.category for _, name in applied)
        )
        assert each.trained == (at if place == 0 else each.at(0.8))
        coverage = [at.applied for at in each.by_target]
        assert coverage == sorted(coverage, reverse=True)


def test_of_a_language_that_was_not_learnt_nothing_is_said_at_any_target() -> None:
    tiers = Tiers.fit(*calibrated(2000, 1))
    found = held_out_figures(LABELS, tiers, *judged(3, language_supported=False))
    assert {at.abstained == at.cases for each in found.coverage for at in each.by_target} == {True}


def test_figures_come_back_as_they_were_written_and_a_judge_without_tiers_has_no_coverage(tmp_path: Path) -> None:
    found = held_out_figures(LABELS, Tiers.fit(*calibrated(2000, 1)), *judged(2))
    (tmp_path / HELD_OUT).write_text(json.dumps(as_json(found)), encoding="utf-8")
    assert from_json(read_held_out(tmp_path)) == found
    assert found.of("b") == found.coverage[1]
    assert found.of("z") is None
    plain = held_out_figures(LABELS, None, *judged(2))
    assert (plain.coverage, plain.calibration) == ((), found.calibration)
    assert sum(each.n for each in plain.bins) == 600


def test_what_another_version_wrote_is_not_known_and_what_is_no_object_is_refused(tmp_path: Path) -> None:
    assert from_json(read_held_out(tmp_path)) is None
    assert from_json({"schema": "caseload.held-out/9"}) is None
    assert from_json({"schema": "caseload.held-out/1", "cases": "many"}) is None
    (tmp_path / HELD_OUT).write_text("[]", encoding="utf-8")
    with pytest.raises(ArtifactError, match="must be a JSON object"):
        read_held_out(tmp_path)


def test_tiers_from_before_thresholds_were_kept_by_target_answer_what_they_know() -> None:
    tiers = Tiers.fit(*calibrated(2000, 1))
    arrays, settings = tiers.to_store()
    again = Tiers.from_store(arrays, settings).at(0.95)
    assert again is not None
    assert np.array_equal(again.thresholds, tiers.thresholds)
    assert tiers.at(0.123) is None
    old = Tiers.from_store({name: arrays[name] for name in ("thresholds", "targets")}, settings)
    assert old.at(0.95) is None
    assert held_out_figures(LABELS, old, *judged(2)).coverage[0].by_target == ()
    with pytest.raises(ArtifactError, match="by target"):
        Tiers.from_store({**arrays, "by_target": np.zeros((4, len(TARGETS) - 1))}, settings)
