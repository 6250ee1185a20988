"""What the default model makes of the written cases: `python benchmarks/written_cases.py [--final]`.

It learns from what the drawn associates decided, slips and habits included, and is measured against the rubric.
Without `--final` it is cross-validated on the training part; `--final` reads the frozen test part (other writers, two
voices of its own) once and appends the look to benchmarks/looks.jsonl. These are written examples: the figures say
that the machinery works, and are no evidence of accuracy on anybody's cases.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy import LOOKS, environment

from cases.seed.corpus import WrittenCase, test_part, training_part
from cases.seed.history import past_cases
from cases.taxonomy_file import load_taxonomy
from evaluation.bootstrap import interval
from evaluation.metrics import Metric, accuracy, ece, ece_if_perfect, macro_f1, macro_mae, qwk
from features.assemble import AssembledCase, assemble
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, ensure_compiled
from features.frame import feature_frame
from training.fit import fit_judge
from training.rows import category_matrix, severity_matrix

HERE = Path(__file__).parent
FOLDS = 5


def assembled(cases: list[WrittenCase]) -> list[AssembledCase]:
    return [assemble(c.title, c.description, channel=c.channel, attributes=c.attributes) for c in cases]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--final", action="store_true", help="look at the test part, and log the look")
    parser.add_argument("--cache", type=Path, default=HERE.parent / ".caseload" / "cache")
    options = parser.parse_args()
    taxonomy = load_taxonomy()
    encoder = CachedEncoder(CompiledEncoder.load(ensure_compiled(None, options.cache)), options.cache)
    history = past_cases(training_part(), taxonomy)
    written = [past.written for past in history]
    decided = pd.DataFrame(
        {"category": [p.verdict.category for p in history], "severity": [p.verdict.severity for p in history]}
    )
    frame = feature_frame(assembled(written), encoder)

    def learn(rows: np.ndarray) -> object:
        kept = frame.iloc[rows].reset_index(drop=True), decided.iloc[rows].reset_index(drop=True)
        return fit_judge(*kept, rows, taxonomy=taxonomy, encoder=encoder).judge

    if options.final:
        measured = test_part()
        judgements = learn(np.arange(len(written))).judge(assembled(measured))
    else:
        measured, judgements = [], []
        for fold in range(FOLDS):
            held_out = np.arange(fold, len(written), FOLDS)
            judge = learn(np.setdiff1d(np.arange(len(written)), held_out))
            measured += [written[row] for row in held_out]
            judgements += judge.judge(assembled([written[row] for row in held_out]))
    category = category_matrix(judgements, taxonomy.category_ids)
    severity = severity_matrix(judgements, taxonomy.levels)
    topics = np.array([taxonomy.category_ids.index(c.rubric.category) for c in measured])
    levels = np.array([c.rubric.severity - 1 for c in measured])

    def in_top_three(truth: np.ndarray, probabilities: np.ndarray) -> float:
        return float((np.argsort(-probabilities, axis=1)[:, :3] == truth[:, None]).any(axis=1).mean())

    asked: list[tuple[str, Metric, np.ndarray, np.ndarray]] = [
        ("category_accuracy", accuracy, topics, category),
        ("category_in_top_3", in_top_three, topics, category),
        ("category_macro_f1", macro_f1, topics, category),
        ("category_ece", ece, topics, category),
        ("severity_accuracy", accuracy, levels, severity),
        ("severity_qwk", qwk, levels, severity),
        ("severity_macro_mae", macro_mae, levels, severity),
    ]
    row = {name: asdict(interval(metric, truth, found)) for name, metric, truth, found in asked}
    about = {**environment(), "set": "written cases", "n": len(measured), "ece_if_perfect": ece_if_perfect(category)}
    print(json.dumps(about))
    for name, found in row.items():
        print(f"{name:<20} {found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]")
    if options.final:
        with LOOKS.open("a", encoding="utf-8") as log:
            log.write(json.dumps({**about, **row}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
