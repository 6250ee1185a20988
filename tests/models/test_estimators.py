from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from cases.errors import InvalidInputError
from cases.taxonomy_file import load_taxonomy
from features.assemble import AssembledCase
from features.encoder import CompiledEncoder
from features.frame import feature_frame
from models.artifact import load_artifact, save_artifact, verify_artifact
from models.category import CategoryClassifier
from models.joint import JointClassifier
from models.judge import Judge
from models.severity import SeverityClassifier
from tests.features.counting_encoder import CountingEncoder
from tests.serving.conftest import small_models
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]

WORDS = ("refund money back", "copied lecture video", "threat to a child")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    cases = [AssembledCase(f"{WORDS[row % 3]} case{row % 7}", {"log_reach": row % 5}) for row in range(45)]
    return feature_frame(cases, CountingEncoder())


@pytest.fixture(scope="module")
def category(frame: pd.DataFrame) -> CategoryClassifier:
    return CategoryClassifier(C=5.0, n_jobs=1).fit(frame, [f"kind-{row % 3}" for row in range(45)])


@pytest.fixture(scope="module")
def severity(frame: pd.DataFrame) -> SeverityClassifier:
    """Knows levels 1, 2 and 4: nobody ever decided a 3."""
    return SeverityClassifier(C=5.0, n_jobs=1).fit(frame, [(1, 2, 4)[row % 3] for row in range(45)])


def test_a_rows_probabilities_are_the_same_to_the_last_bit_in_any_batch(
    category: CategoryClassifier, frame: pd.DataFrame
):
    together = category.predict_proba(frame)
    assert all((category.predict_proba(frame.iloc[[row]])[0] == together[row]).all() for row in range(len(frame)))
    assert (category.predict_proba(frame.iloc[::-1]) == together[::-1]).all()


def test_what_was_learnt_is_in_fitted_attributes_and_the_parameters_stay_as_given(
    category: CategoryClassifier, frame: pd.DataFrame
):
    assert category.classes_.tolist() == ["kind-0", "kind-1", "kind-2"]
    given = {"C": 5.0, "lexical_weight": None, "dense_weight": None, "n_jobs": 1, "budget": "standard"}
    assert category.get_params() == given
    assert category.C_ == 5.0
    assert category.weights_.shape == (category.blocks_.transform(frame).shape[1], 3)
    assert category.intercepts_.shape == (3,)
    assert category.score(frame, category.predict(frame)) == 1.0


@pytest.mark.parametrize("kind", [CategoryClassifier, SeverityClassifier])
@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_what_is_not_fitted_does_not_answer(kind: type[JointClassifier], method: str, frame: pd.DataFrame):
    with pytest.raises(NotFittedError):
        getattr(kind(), method)(frame)


@pytest.mark.parametrize("missing", [np.nan, np.inf, None])
def test_a_missing_severity_is_refused(frame: pd.DataFrame, missing: float | None):
    with pytest.raises(InvalidInputError, match="'y' must hold whole severity levels from 1"):
        SeverityClassifier().fit(frame, [missing] + [1, 2] * 22)


def test_labels_must_be_as_many_as_rows(frame: pd.DataFrame):
    with pytest.raises(InvalidInputError, match="got 2 labels of 2 kinds for 45 rows"):
        CategoryClassifier().fit(frame, ["a", "b"])


def judge_of(category: CategoryClassifier, severity: SeverityClassifier | None) -> Judge:
    return Judge(category, severity, CountingEncoder(), load_taxonomy())


def test_a_level_that_nobody_decided_has_probability_0(category: CategoryClassifier, severity: SeverityClassifier):
    [found] = judge_of(category, severity).judge([AssembledCase("copied lecture video")])
    assert list(found.severity) == [1, 2, 3, 4]
    assert found.severity[3] == 0.0
    assert sum(found.severity.values()) == pytest.approx(1.0)


def test_a_judge_without_severity_says_none_of_it(category: CategoryClassifier):
    judge = judge_of(category, None)
    assert judge.judge([AssembledCase("refund")])[0].severity == {}
    assert judge.judge([]) == []


def test_the_encoder_can_be_changed_for_one_of_the_same_hash(category: CategoryClassifier):
    judge, other = judge_of(category, None), CountingEncoder()
    changed = judge.with_encoder(other)
    assert changed.judge([AssembledCase("refund")]) == judge.judge([AssembledCase("refund")])
    assert changed.encoder is other


def test_an_artifact_without_severity_holds_no_such_file_and_judges_the_same(
    small_models: tuple[SmallModel, SmallModel], tmp_path: Path
):
    source = small_models[0].directory
    whole = load_artifact(source)
    judge = Judge(whole.category, None, CompiledEncoder.load(source / "encoder"), whole.taxonomy, ("en", "de"))
    sha256 = save_artifact(judge, tmp_path / "new", name="no-severity", encoder_dir=source / "encoder")
    manifest = verify_artifact(tmp_path / "new", sha256)
    assert not [path for path in manifest.files if path.startswith("severity")]
    assert (manifest.levels, manifest.name) == ((), "no-severity")
    loaded = load_artifact(tmp_path / "new", sha256)
    case = AssembledCase("They refuse to give my money back.")
    [found] = loaded.judge([case])
    assert found.category == judge.judge([case])[0].category
    assert found.severity == {}
    assert loaded.languages == ("en", "de")
