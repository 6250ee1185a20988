"""Do disguised texts get past the judge? `python benchmarks/robustness.py [--budget …] [--final]`.

The recipe (`--budget`, by default standard, where the encoder is tuned if it pays) learns the written cases' training
part by its rubric, and judges what it did not learn from, as written and under each attack of `evaluation.attacks`: a
third of one fold of five, or of as many as `--folds` says. `--final` learns from the whole training part, reads the
frozen test part once, and appends the look to benchmarks/looks.jsonl. The long attack is tried on every eighth case.
"lost" are cases of severity 1 that are shown as such as written and no longer under the attack. These are written
examples: the figures say that the machinery works, and are no evidence about anybody's cases.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from accuracy import LOOKS, environment

from cases.seed.corpus import WrittenCase, test_part, training_part
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from evaluation.report import RobustnessRow
from evaluation.robustness import AS_WRITTEN, Outcomes, Reported, under_all
from features.assemble import assemble
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, ensure_compiled
from features.encoder.protocol import Encoder
from features.frame import embedding_matrix, feature_frame
from models.judge import Judge
from models.search import Budget
from training.choose import fit_best
from training.fit import TrainingPart
from training.snapshot import COLUMNS
from training.split import groups_of

HERE = Path(__file__).parent
FOLDS, THIRD = 5, 3


def reported(case: WrittenCase) -> Reported:
    verdict = case.rubric
    return Reported(
        case.title, case.description, verdict.category, verdict.severity, case.channel, dict(case.attributes)
    )


def whole_part(written: Sequence[WrittenCase], taxonomy: Taxonomy, encoder: Encoder, folder: Path) -> TrainingPart:
    """The training part as `caseload train` would have it, with the rubric for decisions."""
    assembled = [assemble(c.title, c.description, channel=c.channel, attributes=c.attributes) for c in written]
    frame = feature_frame(assembled, encoder)
    columns = {
        "case_id": [case.id for case in written],
        "category": [case.rubric.category for case in written],
        "sub_policy": [case.rubric.sub_policy for case in written],
        "severity": pd.array([case.rubric.severity for case in written], dtype="Int64"),
        "action": [case.rubric.action for case in written],
    }
    rows = pd.DataFrame({name: columns.get(name, [""] * len(written)) for name in COLUMNS})
    groups = groups_of([case.subject_ref or case.id for case in written], embedding_matrix(frame))
    return TrainingPart(frame, rows, groups, taxonomy, encoder, folder)


def some(part: TrainingPart, index: npt.NDArray[np.intp]) -> TrainingPart:
    frame, rows = (table.iloc[index].reset_index(drop=True) for table in (part.frame, part.rows))
    return TrainingPart(frame, rows, part.groups[index], part.taxonomy, part.encoder, part.encoder_dir)


def learnt(part: TrainingPart, budget: Budget, scratch: Path) -> Judge:
    return fit_best(part, budget, source=None, scratch=Path(tempfile.mkdtemp(dir=scratch)), say=said).judge


def said(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def cross_validated(
    part: TrainingPart, written: Sequence[WrittenCase], budget: Budget, folds: int, scratch: Path
) -> list[RobustnessRow]:
    parts = []
    for fold in range(folds):
        # By group, as near-duplicates would only be remembered.
        held_out = np.flatnonzero(part.groups % FOLDS == fold)[::THIRD]
        judge = learnt(some(part, np.flatnonzero(part.groups % FOLDS != fold)), budget, scratch)
        parts.append(under_all(judge.judge, [reported(written[row]) for row in held_out]))
    return [Outcomes.joined([found[name] for found in parts]).row(name) for name in parts[0]]


def show(rows: Sequence[RobustnessRow]) -> None:
    print(f"{'attack':<29} {'n':>5}  accuracy    drop  severity-1 recall  lost")
    for row in rows:
        recall = "" if row.most_severe_recall is None else f"{row.most_severe_recall:.3f}"
        lost = f"{row.most_severe_lost:>4}"
        print(f"{row.attack:<29} {row.n:>5}     {row.accuracy:.3f}  {row.drop:+.3f}  {recall:>17}  {lost}")
    attacked = [row for row in rows if row.attack != AS_WRITTEN]
    print(f"{'mean drop':<29} {'':>5}  {'':>8}  {np.mean([row.drop for row in attacked]):+.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=["quick", "standard", "thorough"], default="standard")
    parser.add_argument("--folds", type=int, default=1, help=f"of {FOLDS}: how many to hold out, one after another")
    parser.add_argument("--final", action="store_true", help="look at the test part, and log the look")
    parser.add_argument("--cache", type=Path, default=HERE.parent / ".caseload" / "cache")
    options = parser.parse_args()
    folder = ensure_compiled(None, options.cache)
    encoder = CachedEncoder(CompiledEncoder.load(folder), options.cache)
    written = training_part()
    part = whole_part(written, load_taxonomy(), encoder, folder)
    about = {**environment(), "set": "written cases, attacked", "budget": options.budget}
    print(json.dumps(about), flush=True)
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        if options.final:
            judge = learnt(part, options.budget, Path(scratch))
            found = under_all(judge.judge, [reported(case) for case in test_part()])
            rows = [outcome.row(name) for name, outcome in found.items()]
        else:
            rows = cross_validated(part, written, options.budget, options.folds, Path(scratch))
    show(rows)
    if options.final:
        with LOOKS.open("a", encoding="utf-8") as log:
            log.write(json.dumps({**about, "rows": [asdict(row) for row in rows]}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
