"""What is measured of a judge's answers, without a judge: answers made up, so that each figure can be foretold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cases.seed.corpus import training_part
from cases.taxonomy import Taxonomy, inline_taxonomy
from evaluation.attacks import ATTACKS, LONG_ATTACKS
from evaluation.report import ModelFacts
from evaluation.robustness import Reported, robustness_rows
from features.assemble import AssembledCase
from models.judge import Judgement
from training.measure import HeldOut, held_out_severity, measured
from training.report import WRITTEN, report, written_caveats
from training.snapshot import COLUMNS

FACTS = ModelFacts("caseload", "7", "2026-11-24T10:00:00Z")
LABELS = ("fraud", "spam")


@pytest.fixture
def taxonomy() -> Taxonomy:
    return inline_taxonomy(LABELS, 3)


def snapshot_rows(n: int = 40, **columns: object) -> pd.DataFrame:
    """`n` rows of a snapshot, by turns of each category and of each of three levels."""
    made: dict[str, object] = {
        "case_id": [f"case-{row}" for row in range(n)],
        "subject_key": [f"seller:{row}" for row in range(n)],
        "description": [f"the text of row {row}" for row in range(n)],
        "attributes": [{} for _ in range(n)],
        "category": [LABELS[row % 2] for row in range(n)],
        "severity": pd.array([row % 3 + 1 for row in range(n)], dtype="Int64"),
        **columns,
    }
    return pd.DataFrame({name: made.get(name, [""] * n) for name in COLUMNS})


def answers(n: int = 40) -> list[Judgement]:
    """Answers whose likeliest level is often not the one shown, as costs have it."""
    rng = np.random.default_rng(0)
    return [
        Judgement(
            category=dict(zip(LABELS, rng.dirichlet([1.0, 1.0]).tolist(), strict=True)),
            severity=dict(zip((1, 2, 3), rng.dirichlet([1.0, 1.0, 1.0]).tolist(), strict=True)),
            language="en",
            language_supported=True,
            severity_level=int(rng.integers(1, 4)),
        )
        for _ in range(n)
    ]


def test_training_and_the_report_measure_the_same_level_of_severity(taxonomy: Taxonomy):
    judgements, rows = answers(), snapshot_rows()
    held_out = held_out_severity(judgements, rows, taxonomy.levels)
    assert held_out is not None
    sure = HeldOut(LABELS, np.zeros(40, dtype=np.int64), np.tile([0.6, 0.4], (40, 1)))
    trained = measured(sure, held_out).severity
    reported = report(judgements, rows, taxonomy, FACTS).figures["severity"]
    assert trained is not None
    for name in ("accuracy", "qwk", "macro_mae", "log_loss"):
        assert trained.model_dump()[name] == pytest.approx(reported[name]), name
    assert held_out.confusion().tolist() == reported["confusion"]


def test_labels_that_are_alike_once_cleaned_keep_names_of_their_own():
    three = HeldOut(("why?", "why'", "why"), np.arange(3), np.eye(3))
    recalls = {name for name in three.class_metrics("category") if "/recall/" in name}
    assert recalls == {"category/recall/why_", "category/recall/why_-2", "category/recall/why"}


def test_a_judge_without_shortlists_has_no_tiers(taxonomy: Taxonomy):
    plain, rows = answers(), snapshot_rows()
    assert report(plain, rows, taxonomy, FACTS).figures["tiers"] == []
    assured = [replace(answer, shortlists={0.9: LABELS}) for answer in plain]
    tiers = report(assured, rows, taxonomy, FACTS).figures["tiers"]
    assert [tier["n"] for tier in tiers] == [0, 40, 0]


def test_written_examples_are_called_so_and_in_part_where_they_are_but_some():
    theirs, ours = snapshot_rows(), [case.description for case in training_part()[:40]]
    assert written_caveats(theirs) == ()
    assert written_caveats(snapshot_rows(description=ours)) == (WRITTEN,)
    mixed = snapshot_rows(description=[*ours[:10], *theirs["description"][10:]])
    (caveat,) = written_caveats(mixed)
    assert caveat.startswith("10 of the 40 cases are written examples")


def test_a_hundred_cases_of_many_evenly_spaced_are_disguised_and_an_eighth_of_them_at_length():
    def judging(cases: Sequence[AssembledCase]) -> list[Judgement]:
        return answers(len(cases))

    found = robustness_rows(judging, [Reported("", f"the text of row {row}", "spam") for row in range(250)])
    assert [row.attack for row in found] == ["none", *ATTACKS, *LONG_ATTACKS]
    assert {row.n for row in found[:-1]} == {100}
    assert found[-1].n == 13
    assert len(robustness_rows(judging, [Reported("", "the only one", "spam")])) == len(found)
