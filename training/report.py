"""A judge's answers on held-out rows as a report: figures, one HTML page, a model card.

No text of a case is in any of them, but for the examples on a page that was asked to show them (`show_texts`); no
name of an associate either, but where a report by associate is asked for (`by_associate`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from cases.seed.corpus import incoming_part, training_part
from cases.taxonomy import Taxonomy
from evaluation.judged import Judged, JudgedSeverity
from evaluation.report import ModelFacts, RobustnessRow, figures, flat_metrics, html_report, model_card
from evaluation.robustness import MOST_ROWS, Reported, robustness_rows
from features.embedding_cache import uncached
from models.judge import Judge, Judgement
from training.measure import shown_severity
from training.rows import category_matrix, severity_matrix

# Upper bounds, in words, of the bands that answers are told by; a reporter's line, a mail, a dossier.
_BANDS = ((15, "up to 15 words"), (50, "16 to 50 words"), (120, "51 to 120 words"))
_LONGER = "over 120 words"
# A slice of many values, such as each subject, would be a list and no view; the commonest are told, the rest as one.
_MOST_VALUES, _OTHERS = 12, "(others)"


Say = Callable[[str], None]

WRITTEN = (
    "These are written examples: the figures say that the machinery works, and are no evidence of accuracy on "
    "anybody's cases."
)


@dataclass(frozen=True, slots=True)
class Report:
    """What `caseload evaluate` writes and a training run logs."""

    figures: Mapping[str, Any]
    html: str
    card: str

    @property
    def metrics(self) -> dict[str, float]:
        """The same figures by one name each, as a tracker takes them."""
        return flat_metrics(self.figures)


def report(
    judgements: Sequence[Judgement],
    rows: pd.DataFrame,
    taxonomy: Taxonomy,
    facts: ModelFacts,
    *,
    robustness: Sequence[RobustnessRow] | None = None,
    show_texts: bool = False,
    by_associate: bool = False,
) -> Report:
    """The report on rows that the model did not learn from.

    Args:
        judgements: n answers.
        rows: n rows of a snapshot.
        taxonomy: The model's own.
        facts: Which model and which data.
        robustness: What `under_attack` found, if it was asked.
        show_texts: Whether example cases are quoted; else they are named by id.
        by_associate: Whether there is a slice for each associate, by name. Not for a tracker.
    """
    judged = judged_rows(judgements, rows, taxonomy, show_texts=show_texts, by_associate=by_associate)
    found = figures(judged, precision_target=taxonomy.precision_target)
    found["robustness"] = _by_attack(robustness) if robustness else None
    page = html_report(
        f"{facts.name} {facts.version}", facts, found, judged, robustness=robustness, show_texts=show_texts
    )
    return Report(found, page, model_card(facts, found, robustness=robustness))


def under_attack(judge: Judge, rows: pd.DataFrame, say: Say) -> list[RobustnessRow]:
    """How `judge` holds up on some of the rows in disguise; for `report`.

    Args:
        judge: It did not learn from the rows.
        rows: Of a snapshot, at least one.
        say: Called with a line for people before it begins.
    """
    say(f"measuring on disguised texts: {min(len(rows), MOST_ROWS)} held-out cases, each disguised in every way")
    # Nobody writes so twice: what is kept of disguised texts would fill the cache and never be asked for.
    plain = judge.with_encoder(uncached(judge.encoder))
    columns = ("title", "description", "category", "severity", "channel", "attributes")
    cases = [
        Reported(title, description, category, 0 if pd.isna(severity) else int(severity), channel, attributes)
        for title, description, category, severity, channel, attributes in zip(
            *(rows[name] for name in columns), strict=True
        )
    ]
    return robustness_rows(plain.judge, cases)


def written_caveats(rows: pd.DataFrame) -> tuple[str, ...]:
    """What must be said where the rows are Caseload's own written examples, known by their texts; else nothing.

    From half of the rows on it is said of all: then the figures tell of these.
    """
    written = {case.description.strip() for case in (*training_part(), *incoming_part())}
    count = int(rows["description"].str.strip().isin(written).sum())
    if not count:
        return ()
    if 2 * count >= len(rows):
        return (WRITTEN,)
    some = f"{count:,} of the {len(rows):,} cases are written examples"
    return (f"{some}: what these add to the figures is no evidence of accuracy on anybody's cases.",)


def judged_rows(
    judgements: Sequence[Judgement],
    rows: pd.DataFrame,
    taxonomy: Taxonomy,
    *,
    show_texts: bool = False,
    by_associate: bool = False,
) -> Judged:
    """Truth and answers side by side. A decided label that the model never met counts against it."""
    labels = taxonomy.category_ids
    places = {name: place for place, name in enumerate(labels)}
    novelty = [judgement.novelty_p for judgement in judgements]
    texts = (rows["title"] + "\n\n" + rows["description"]).str.strip().tolist() if show_texts else []
    levels = sorted({level for judgement in judgements for level in judgement.shortlists})
    return Judged(
        labels=labels,
        truth=np.array([places[name] for name in rows["category"]], dtype=np.int64),
        probabilities=category_matrix(judgements, labels),
        severity=_severity(judgements, rows, taxonomy),
        shortlists={
            level: [tuple(places[name] for name in judgement.shortlists[level]) for judgement in judgements]
            for level in levels
        },
        # A judge that promises no coverage knows no tiers: its answers all hold the same word.
        tiers=[judgement.tier for judgement in judgements] if levels else (),
        novelty_p=None if None in novelty else np.array(novelty, dtype=np.float64),
        slices=_slices(judgements, rows, by_associate=by_associate),
        examples=rows["case_id"].astype(str).tolist(),
        texts=texts,
    )


def _severity(judgements: Sequence[Judgement], rows: pd.DataFrame, taxonomy: Taxonomy) -> JudgedSeverity | None:
    if not judgements[0].severity or not rows["severity"].notna().any():
        return None
    first = taxonomy.levels[0]
    return JudgedSeverity(
        levels=taxonomy.levels,
        truth=(rows["severity"].fillna(first - 1).to_numpy(dtype=np.int64) - first),
        probabilities=severity_matrix(judgements, taxonomy.levels),
        shown=shown_severity(judgements, taxonomy.levels),
        costs=np.array(taxonomy.severity_costs, dtype=np.float64),
    )


def _by_attack(rows: Sequence[RobustnessRow]) -> dict[str, dict[str, float | None]]:
    told = (asdict(row) for row in rows)
    return {row.pop("attack"): row for row in told}


def _slices(judgements: Sequence[Judgement], rows: pd.DataFrame, *, by_associate: bool) -> dict[str, list[str]]:
    words = [len(text.split()) for text in rows["description"]]
    found = {
        "channel": rows["channel"].astype(str).tolist(),
        "language": [judgement.language for judgement in judgements],
        "length": [next((name for most, name in _BANDS if count <= most), _LONGER) for count in words],
        "subject": [key.partition(":")[0] if ":" in key else "" for key in rows["subject_key"].astype(str)],
    }
    if by_associate:
        found["decided by"] = rows["decided_by"].astype(str).tolist()
    return {name: _commonest(values) for name, values in found.items() if len(set(values) - {""}) > 1}


def _commonest(values: list[str]) -> list[str]:
    kept = set(pd.Series(values).value_counts().index[:_MOST_VALUES])
    return [(value or "(none)") if value in kept else _OTHERS for value in values]
