"""The half-year of the written cases, with what a model said of each that had not learnt from it.

`seed_answers.parquet` holds those answers as numbers, probabilities as whole ten-thousandths. It was made by
`benchmarks/replay_answers.py`: the heads of the standard budget on the encoder as it came, cross-validated, fitted on
what the drawn associates decided. Arrival and handling come from `cases.seed.history`; the truth is the writers'
rubric, not what a hurried associate decided. The file's own truth is read by nothing but the test that tells when the
written cases have moved on from it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from cases.seed.corpus import training_part
from cases.seed.history import past_cases
from cases.taxonomy_file import load_taxonomy
from evaluation.replay.arrivals import Recorded
from evaluation.replay.case import Prediction

ANSWERS = Path(__file__).parent / "seed_answers.parquet"
_SEVERITY = "p_severity_"
_CATEGORY = "p_"


@cache
def seed_year() -> tuple[Recorded, ...]:
    """The cases that have an answer, by time of receipt. They use the words of the packaged policy."""
    answers, taxonomy = seed_answers(), load_taxonomy()
    return tuple(
        Recorded.of(
            past.received_at,
            past.written.rubric.severity,
            past.written.rubric.category,
            past.handling_seconds / 60,
            dict(past.written.attributes),
            answers[past.written.id],
        )
        for past in past_cases(training_part(), taxonomy)
        if past.written.id in answers and past.handling_seconds > 0
    )


def seed_answers() -> dict[str, Prediction]:
    """By written case: what the model said of it, each distribution summing to 1."""
    table = pd.read_parquet(ANSWERS)
    levels = [name for name in table.columns if name.startswith(_SEVERITY)]
    categories = [name for name in table.columns if name.startswith(_CATEGORY) and name not in levels]
    # Rounded to four digits they may miss 1 by a few ten-thousandths.
    by_level, by_category = (
        chances / chances.sum(axis=1, keepdims=True)
        for chances in (table[levels].to_numpy(dtype=float), table[categories].to_numpy(dtype=float))
    )
    level_names = [int(name.removeprefix(_SEVERITY)) for name in levels]
    category_names = [name.removeprefix(_CATEGORY) for name in categories]
    return {
        case_id: Prediction(
            dict(zip(level_names, severity, strict=True)), dict(zip(category_names, category, strict=True))
        )
        for case_id, severity, category in zip(
            table["id"].astype(str), by_level.tolist(), by_category.tolist(), strict=True
        )
    }
