from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cases.seed.corpus import WrittenCase, training_part
from cases.taxonomy_file import load_taxonomy
from features.assemble import assemble
from features.encoder import CompiledEncoder, ensure_compiled
from features.frame import embedding_matrix, feature_frame
from models.artifact import load_artifact, save_artifact
from models.dense import TunedHead
from models.judge import Judge
from tests.training.conftest import some_cases
from training.choose import fit_best, tuning_data
from training.fit import Fitted, TrainingPart, fit_judge
from training.snapshot import COLUMNS
from training.tune import PLANS, TuningPlan, epochs_within, tune

EACH = 36
LATER = 12


def short_cases(start: int, end: int) -> list[WrittenCase]:
    """Some of the shorter cases of each of eight categories, so that tuning takes seconds."""
    found = defaultdict(list)
    for case in training_part():
        if len(case.description) < 180:
            found[case.rubric.category].append(case)
    return [case for cases in list(found.values())[:8] for case in cases[start:end]]


def part_of(cases: list, encoder: CompiledEncoder, folder: Path) -> TrainingPart:
    assembled = [assemble(case.title, case.description, attributes=case.attributes) for case in cases]
    rows = pd.DataFrame(
        {
            "case_id": [case.id for case in cases],
            "category": [case.rubric.category for case in cases],
            "sub_policy": [case.rubric.sub_policy for case in cases],
            "severity": pd.Series([case.rubric.severity for case in cases], dtype="Int64"),
            "action": [case.rubric.action for case in cases],
            "decided_by": "ada",
        }
    )
    return TrainingPart(
        frame=feature_frame(assembled, encoder),
        rows=rows.reindex(columns=[name for name in COLUMNS if name in rows]),
        groups=np.arange(len(cases)),
        taxonomy=load_taxonomy(),
        encoder=encoder,
        encoder_dir=folder,
    )


@pytest.fixture(scope="module")
def part(cache_dir: Path) -> TrainingPart:
    folder = ensure_compiled(None, cache_dir)
    return part_of(short_cases(0, EACH), CompiledEncoder.load(folder), folder)


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def fitted(part: TrainingPart, said: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Judge]:
    """What the standard budget finds on some three hundred cases, and the same loaded back from its artifact."""
    scratch = tmp_path_factory.mktemp("tuned")
    found = fit_best(part, "standard", source=None, scratch=scratch, say=said.append)
    save_artifact(found.judge, scratch / "artifact", name="tuned", encoder_dir=found.encoder_dir)
    return found, load_artifact(scratch / "artifact")


def test_epochs_follow_from_the_texts_alone():
    plan = TuningPlan(1_400_000, fewest_epochs=2, most_epochs=4, whole=True)
    assert epochs_within(["a" * 400] * 100, plan) == 12, "few cases make few steps an epoch"
    assert epochs_within(["a" * 100] * 5000, plan) == 4
    assert epochs_within(["a" * 400] * 3500, plan) == 2
    assert epochs_within(["a" * 400] * 5000, plan) == 0


def test_what_a_budget_cannot_pay_for_is_not_begun(part: TrainingPart, tmp_path: Path):
    plan = TuningPlan(100, fewest_epochs=1, most_epochs=1, whole=True)
    said: list[str] = []
    assert tune(None, tuning_data(part), None, plan, tmp_path / "never", said.append) is None
    assert said == []
    assert not (tmp_path / "never").exists()


def test_quick_leaves_the_encoder_as_it_came():
    assert "quick" not in PLANS


def test_a_layer_is_tuned_for_categories_severity_and_clauses(part: TrainingPart):
    targets = tuning_data(part).targets
    assert set(targets) == {"category", "severity", "clause"}
    assert targets["category"].classes == len(part.labels)
    assert targets["severity"].classes == len(set(part.levels.tolist()))
    assert targets["clause"].classes > targets["category"].classes


@pytest.mark.slow
def test_a_tuned_encoder_that_pays_is_kept_and_judges_better_than_the_encoder_as_it_came(
    part: TrainingPart, fitted: tuple[Fitted, Judge], said: list[str]
):
    found, loaded = fitted
    assert found.chosen["encoder"] == "tuned"
    assert found.chosen["encoder_gain"] > 2 * found.chosen["encoder_gain_error"]
    assert any("tuning the encoder on all" in line for line in said)
    assert loaded.encoder.hash != part.encoder.hash

    later = short_cases(EACH, EACH + LATER)
    cases = [assemble(case.title, case.description, attributes=case.attributes) for case in later]
    truth = [case.rubric.category for case in later]

    def right(judge: Judge) -> float:
        answers = judge.judge(cases)
        return float(np.mean([max(a.category, key=a.category.get) == t for a, t in zip(answers, truth, strict=True)]))

    as_it_came = right(fit_judge(part, "quick").judge)
    assert right(loaded) > as_it_came


@pytest.mark.slow
def test_what_is_fitted_after_tuning_rests_on_held_out_cases_alone(part: TrainingPart, fitted: tuple[Fitted, Judge]):
    found, _ = fitted
    tried = found.judge.category.cross_validation_
    # A fifth of the cases was held out from tuning; nothing else may calibrate.
    assert len(tried.rows) == pytest.approx(len(part.rows) / 5, rel=0.25)
    assert isinstance(found.judge.category.pool_["tuned"], float)
    assert found.judge.assurance is not None
    assert found.judge.assurance.novelty is not None
    assert len(found.judge.assurance.novelty.max_logit) <= len(tried.rows)
    # Its own training rows look far too familiar, so their confidence must not be what the temperature was fitted on.
    own = found.judge.category.predict_proba(found_frame(found, part)).max(axis=1).mean()
    assert own > tried.probabilities.max(axis=1).mean()


def found_frame(found: Fitted, part: TrainingPart) -> pd.DataFrame:
    assembled = [assemble("", text) for text in part.frame["text"]]
    frame = feature_frame(assembled, found.judge.encoder)
    frame["signals"] = part.frame["signals"]
    return frame


@pytest.mark.slow
def test_the_judge_of_a_tuned_encoder_survives_its_artifact(fitted: tuple[Fitted, Judge]):
    found, loaded = fitted
    cases = [assemble(case.title, case.description) for case in some_cases(2, skip=EACH)]
    ours, theirs = found.judge.judge(cases), loaded.judge(cases)
    assert [a.tier for a in ours] == [a.tier for a in theirs]
    assert [a.shortlists for a in ours] == [a.shortlists for a in theirs]
    assert [a.novelty_p for a in ours] == pytest.approx([a.novelty_p for a in theirs], abs=0.02)
    assert embedding_matrix(feature_frame(cases, loaded.encoder)).shape[1] == loaded.encoder.dimension


def test_a_tuned_layer_is_silent_of_rows_that_it_was_tuned_on():
    held_out = np.full((6, 2), np.nan)
    held_out[:2] = 1.0
    member = TunedHead(None, held_out)  # type: ignore[arg-type]  # the layer itself is not asked
    found = member.out_of_fold(np.zeros((6, 3), np.float32), np.zeros(6, int), 2, np.arange(6), np.zeros(6, int))
    assert np.isfinite(found).all(axis=1).tolist() == [True, True, False, False, False, False]
