"""Champion against challenger, on the same rows.

The rows are those that the challenger held out and the champion never learnt from; both artifacts judge them afresh.
The difference comes with a paired bootstrap interval, so that "better" is told from luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from cases.errors import InvalidInputError
from cases.settings import Settings
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from evaluation.bootstrap import Interval
from evaluation.metrics import Metric, accuracy, log_loss, macro_f1, macro_mae, qwk
from evaluation.paired import paired_difference
from models.artifact import load_artifact
from models.judge import Judgement
from training.measure import shown_severity
from training.registry import RegisteredModel, fetch_artifact, registered
from training.rows import assembled_rows, category_matrix
from training.snapshot import from_store
from training.tracking import read_ledger

_MINIMUM = 20

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One metric of both models on the same rows; `difference` is challenger minus champion, with its interval."""

    metric: str
    champion: float
    challenger: float
    difference: Interval
    better_is: Literal["higher", "lower"]

    @property
    def verdict(self) -> str:
        """Better, worse, or "no clear difference" where the interval holds zero."""
        if self.difference.low <= 0.0 <= self.difference.high:
            return "no clear difference"
        return "better" if (self.difference.low > 0.0) == (self.better_is == "higher") else "worse"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer of `caseload compare`.

    Attributes:
        champion: The model that the other is held against.
        challenger: The other.
        n_rows: Rows measured on.
        n_new: Cases that the challenger learnt from and the champion did not know.
        contrasts: One for each metric.
    """

    champion: RegisteredModel
    challenger: RegisteredModel
    n_rows: int
    n_new: int
    contrasts: tuple[Contrast, ...]


def compare(
    settings: Settings,
    store: CaseStore,
    taxonomy: Taxonomy,
    *,
    champion: str = "champion",
    challenger: str = "challenger",
) -> Comparison:
    """Measure two registered models on rows that neither learnt from.

    Args:
        settings: Where the registry and the models are.
        store: The record that both learnt from.
        taxonomy: Today's policy.
        champion: Version or alias of the model that the other is held against.
        challenger: Version or alias of the other.

    Raises:
        InvalidInputError: Fewer than 20 rows are left to measure on.
        NotFoundError: One of the two is not registered.
        ArtifactError: The files of one are not what they must be.
        TrackerUnavailableError: The tracker does not answer.
    """
    ours, theirs = registered(settings, champion), registered(settings, challenger)
    before, after = read_ledger(settings, ours.run_id), read_ledger(settings, theirs.run_id)
    rows = _common_rows(store, taxonomy, before, after)
    cases = assembled_rows(rows)
    answers = [load_artifact(fetch_artifact(settings, model)).judge(cases) for model in (ours, theirs)]
    return Comparison(
        champion=ours,
        challenger=theirs,
        n_rows=len(rows),
        n_new=len(set(after["case_id"][after["part"] == "train"]) - set(before["case_id"])),
        contrasts=(*_category_contrasts(answers, rows, taxonomy), *_severity_contrasts(answers, rows, taxonomy)),
    )


def _common_rows(store: CaseStore, taxonomy: Taxonomy, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    learnt = set(before["case_id"][before["part"] == "train"])
    held_out = set(after["case_id"][after["part"] == "test"]) - learnt
    rows = from_store(store.decided_cases(), taxonomy).rows
    rows = rows[rows["case_id"].isin(list(held_out))].reset_index(drop=True)
    if len(rows) < _MINIMUM:
        raise InvalidInputError(
            f"'rows' that neither model learnt from must be at least {_MINIMUM} (got {len(rows)}); "
            "train the challenger with --hold-out champion"
        )
    return rows


def _category_contrasts(
    answers: Sequence[Sequence[Judgement]], rows: pd.DataFrame, taxonomy: Taxonomy
) -> list[Contrast]:
    labels = taxonomy.category_ids
    truth = np.array([labels.index(name) for name in rows["category"]])
    first, second = (category_matrix(judgements, labels) for judgements in answers)
    return [
        _contrast("category accuracy", accuracy, truth, first, second, "higher"),
        _contrast("category macro-F1", macro_f1, truth, first, second, "higher"),
        _contrast("category log-loss", log_loss, truth, first, second, "lower"),
    ]


def _severity_contrasts(
    answers: Sequence[Sequence[Judgement]], rows: pd.DataFrame, taxonomy: Taxonomy
) -> list[Contrast]:
    if not all(judgements[0].severity for judgements in answers):
        return []
    truth = rows["severity"].to_numpy(dtype=np.int64) - 1
    # By the level that is shown, as training and the report measure it.
    first, second = (
        np.eye(len(taxonomy.levels))[shown_severity(judgements, taxonomy.levels)] for judgements in answers
    )
    return [
        _contrast("severity accuracy", accuracy, truth, first, second, "higher"),
        _contrast("severity QWK", qwk, truth, first, second, "higher"),
        _contrast("severity macro-MAE", macro_mae, truth, first, second, "lower"),
    ]


def _contrast(
    name: str,
    metric: Metric,
    truth: npt.NDArray[np.int64],
    first: Probabilities,
    second: Probabilities,
    better_is: Literal["higher", "lower"],
) -> Contrast:
    return Contrast(
        metric=name,
        champion=metric(truth, first),
        challenger=metric(truth, second),
        difference=paired_difference(metric, truth, second, first),
        better_is=better_is,
    )
