"""What the default model makes of the written cases: `python benchmarks/written_cases.py [--final] [--rubric]`.

It learns from what the drawn associates decided, slips and habits included (`--rubric`: from the rubric itself), and
is measured against the rubric. Without `--final` it is cross-validated on the training part; `--final` reads the
frozen test part (other writers, two voices of its own) once and appends the look to benchmarks/looks.jsonl. These are
written examples: the figures say that the machinery works, and are no evidence of accuracy on anybody's cases.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from looks import CACHE, environment, log_look

from cases.decision import Verdict
from cases.seed.corpus import WrittenCase, test_part, training_part
from cases.seed.history import past_cases
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from evaluation.bootstrap import interval
from evaluation.metrics import Metric, accuracy, ece, ece_if_perfect, macro_f1, macro_mae, qwk
from evaluation.report.shares import share
from evaluation.shortlists import shortlist_coverage
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, ensure_compiled
from features.encoder.layout import file_sha256
from features.frame import embedding_matrix, feature_frame
from models.artifact import MANIFEST, load_artifact
from models.judge import Judge, Judgement
from models.search import assign_folds
from training.choose import fit_best
from training.fit import TrainingPart
from training.rows import assembled_rows, category_matrix, severity_matrix
from training.snapshot import COLUMNS
from training.split import groups_of

FOLDS = 5
Row = dict[str, object]


def rows_of(cases: Sequence[WrittenCase], verdicts: Sequence[Verdict], people: Sequence[str]) -> pd.DataFrame:
    """Written cases as a snapshot's rows, with the verdicts to learn from."""
    pairs = zip(cases, verdicts, people, strict=True)
    told = [
        {
            "case_id": case.id,
            "subject_key": f"{case.subject_kind}/{case.subject_ref}",
            "received_at": pd.NaT,
            "title": case.title,
            "description": case.description,
            "channel": case.channel,
            "attributes": dict(case.attributes),
            "category": verdict.category,
            "sub_policy": verdict.sub_policy,
            "severity": verdict.severity,
            "action": verdict.action,
            "decided_by": person,
            "split": "",
        }
        for case, verdict, person in pairs
    ]
    return pd.DataFrame(told, columns=list(COLUMNS)).astype({"severity": "Int64"})


def rubric_rows(cases: Sequence[WrittenCase]) -> pd.DataFrame:
    return rows_of(cases, [case.rubric for case in cases], ["rubric"] * len(cases))


def whole_part(rows: pd.DataFrame, taxonomy: Taxonomy, cache: Path) -> TrainingPart:
    """All rows, embedded (those met before come from the cache) and grouped as `caseload train` groups them."""
    folder = ensure_compiled(None, cache)
    encoder = CachedEncoder(CompiledEncoder.load(folder), cache)
    frame = feature_frame(assembled_rows(rows), encoder)
    groups = groups_of(list(rows["subject_key"]), embedding_matrix(frame))
    return TrainingPart(frame, rows, groups, taxonomy, encoder, folder)


def rows_in(part: TrainingPart, index: npt.NDArray[np.intp]) -> TrainingPart:
    return replace(
        part,
        frame=part.frame.iloc[index].reset_index(drop=True),
        rows=part.rows.iloc[index].reset_index(drop=True),
        groups=part.groups[index],
    )


def folds_of(part: TrainingPart, folds: int) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """What is learnt from and what is held out; no subject and no near-duplicate stands on both sides."""
    found = assign_folds(part.codes, part.groups.tolist(), folds)
    return [(np.flatnonzero(found != fold), np.flatnonzero(found == fold)) for fold in range(folds)]


def in_top_three(truth: npt.NDArray[np.integer], probabilities: npt.NDArray[np.floating]) -> float:
    return float((np.argsort(-probabilities, axis=1)[:, :3] == truth[:, None]).any(axis=1).mean())


def figures(judgements: Sequence[Judgement], rubrics: Sequence[Verdict], taxonomy: Taxonomy) -> Row:
    """All figures, against the rubric."""
    labels = taxonomy.category_ids
    category, severity = category_matrix(judgements, labels), severity_matrix(judgements, taxonomy.levels)
    topics = np.array([labels.index(rubric.category) for rubric in rubrics])
    levels = np.array([rubric.severity - 1 for rubric in rubrics])
    shown = np.eye(len(taxonomy.levels))[[judgement.severity_level - 1 for judgement in judgements]]
    asked: list[tuple[str, Metric, np.ndarray, np.ndarray]] = [
        ("category_accuracy", accuracy, topics, category),
        ("category_in_top_3", in_top_three, topics, category),
        ("category_macro_f1", macro_f1, topics, category),
        ("severity_accuracy", accuracy, levels, severity),
        ("severity_qwk", qwk, levels, severity),
        ("severity_qwk_shown", qwk, levels, shown),
        ("severity_macro_mae", macro_mae, levels, severity),
        ("severity_macro_mae_shown", macro_mae, levels, shown),
    ]
    row: Row = {name: asdict(interval(metric, truth, found)) for name, metric, truth, found in asked}
    # Without an interval: resampled rows repeat themselves, which alone makes the error larger. `ece_if_perfect` is
    # what it is read beside.
    row["category_ece"] = {"value": ece(topics, category)}
    for level in judgements[0].shortlists:
        lists = [tuple(labels.index(name) for name in judgement.shortlists[level]) for judgement in judgements]
        found = shortlist_coverage(lists, topics)
        row[f"shortlist_{level}"] = {**asdict(found.coverage), "mean_size": found.mean_size}
    return row | tiers(judgements, category.argmax(axis=1) == topics)


def tiers(judgements: Sequence[Judgement], right: npt.NDArray[np.bool_]) -> Row:
    """The share of each tier, and how often its suggestion is right, with Wilson intervals; None of an empty tier."""
    row: Row = {}
    for tier in ("apply", "suggest", "abstain"):
        ours = np.array([judgement.tier == tier for judgement in judgements])
        row[f"{tier}_share"] = share(int(ours.sum()), len(ours))
        row[f"{tier}_right"] = share(int(right[ours].sum()), int(ours.sum()))
    return row


def line(name: str, found: Mapping[str, float] | None) -> str:
    if found is None:
        return f"{name:<24} n/a"
    bounds = f" [{found['low']:.3f}, {found['high']:.3f}]" if "low" in found else ""
    size = f"  {found['mean_size']:.2f} long" if "mean_size" in found else ""
    return f"{name:<24} {found['value']:.3f}{bounds}{size}"


def judged(part: TrainingPart, index: npt.NDArray[np.intp], cases: pd.DataFrame, options: argparse.Namespace) -> list:
    """Learn from some rows and judge others, with the encoder that was learnt with."""
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        quiet = partial(fit_best, source=None, scratch=Path(scratch), say=lambda _line: None)
        judge: Judge = quiet(rows_in(part, index), options.budget).judge
        return judge.judge(assembled_rows(cases))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--final", action="store_true", help="look at the test part, and log the look")
    parser.add_argument("--budget", choices=["quick", "standard", "thorough"], default="standard")
    parser.add_argument("--rubric", action="store_true", help="learn from the rubric, not from the drawn history")
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--rows", type=int, help="learn from so many: to see whether it runs, no figure")
    parser.add_argument("--artifact", type=Path, help="with --final: the model to measure, as `make model` made it")
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    if options.artifact and not options.final:
        parser.error("--artifact must come with --final (got it alone); a model cannot be cross-validated")
    if options.final and options.rows:
        parser.error("--final must be with all rows (got --rows); leave out one of them")
    taxonomy = load_taxonomy()
    history = past_cases(training_part(), taxonomy)[: options.rows]
    written = [past.written for past in history]
    learnt = (
        rubric_rows(written)
        if options.rubric
        else rows_of(written, [past.verdict for past in history], [past.decided_by for past in history])
    )
    if options.artifact:
        measured = test_part()
        judge = load_artifact(options.artifact)
        # The level shown follows today's policy, as in the service.
        judge.taxonomy = taxonomy
        judgements = judge.judge(assembled_rows(rubric_rows(measured)))
    elif options.final:
        measured = test_part()
        part = whole_part(learnt, taxonomy, options.cache)
        judgements = judged(part, np.arange(len(written)), rubric_rows(measured), options)
    else:
        part = whole_part(learnt, taxonomy, options.cache)
        measured, judgements = [], []
        for kept, held_out in folds_of(part, options.folds):
            measured += [written[row] for row in held_out]
            judgements += judged(part, kept, part.rows.iloc[held_out], options)
    row = figures(judgements, [case.rubric for case in measured], taxonomy)
    category = category_matrix(judgements, taxonomy.category_ids)
    about = {
        **environment(),
        "set": "written cases",
        "n": len(measured),
        # Of a model that was brought, the options say nothing.
        "budget": None if options.artifact else options.budget,
        "learnt_from": None if options.artifact else "rubric" if options.rubric else "history",
        "artifact": file_sha256(options.artifact / MANIFEST) if options.artifact else None,
        "ece_if_perfect": ece_if_perfect(category),
        "ece_if_perfect_95": ece_if_perfect(category, quantile=0.95),
    }
    print(json.dumps(about))
    for name, found in row.items():
        print(line(name, found))
    if options.final:
        log_look({**about, **row})
    return 0


if __name__ == "__main__":
    sys.exit(main())
