"""What more decided cases would buy: `python benchmarks/learning_curve.py`.

From 10, 20, 40, 80 and all written cases a category, by the rubric's labels, with the encoder as it came (budget
quick), each measured on the same held-out rows by cross-validation on the training part; the test part is not read.
A smaller sample is part of the larger. A step counts when its paired bootstrap interval (95 %) does not hold zero.
At the end: which two categories are taken for one another most, with all cases.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from looks import CACHE, environment
from written_cases import folds_of, in_top_three, rows_in, rubric_rows, whole_part

from cases.seed.corpus import training_part
from cases.taxonomy_file import load_taxonomy
from evaluation.bootstrap import Interval, interval
from evaluation.metrics import Metric, accuracy, confusion, qwk
from evaluation.paired import paired_difference
from training.fit import TrainingPart, fit_judge
from training.rows import assembled_rows, category_matrix, severity_matrix

SIZES: tuple[int | None, ...] = (10, 20, 40, 80, None)
FOLDS, PAIRS = 3, 12

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Learnt:
    """What models of one size say of all held-out rows.

    Attributes:
        cases: How many each learnt from, on average.
        category: Shape (n, k).
        severity: Shape (n, K).
        shown: Shape (n, K): 1 at the level shown.
    """

    cases: float
    category: Floats
    severity: Floats
    shown: Floats


def sample(codes: npt.NDArray[np.integer], rows: Rows, size: int | None) -> Rows:
    """At most so many of `rows` a category; those of a smaller size are among those of a larger."""
    if size is None:
        return rows
    order = np.random.default_rng(0).permutation(rows)
    place = pd.Series(codes[order]).groupby(codes[order]).cumcount().to_numpy()
    return np.sort(order[place < size])


def learnt_from(part: TrainingPart, folds: Sequence[tuple[Rows, Rows]], size: int | None) -> Learnt:
    labels, levels = part.taxonomy.category_ids, part.taxonomy.levels
    category, severity = np.zeros((len(part.rows), len(labels))), np.zeros((len(part.rows), len(levels)))
    shown, cases = np.zeros_like(severity), []
    for kept, held_out in folds:
        rows = sample(part.codes, kept, size)
        judgements = fit_judge(rows_in(part, rows), "quick").judge.judge(assembled_rows(part.rows.iloc[held_out]))
        category[held_out] = category_matrix(judgements, labels)
        severity[held_out] = severity_matrix(judgements, levels)
        shown[held_out, [judgement.severity_level - levels[0] for judgement in judgements]] = 1.0
        cases.append(len(rows))
    return Learnt(float(np.mean(cases)), category, severity, shown)


# What is measured: its name, its metric, of the category or of the level, and which answers.
MEASURES: tuple[tuple[str, Metric, str], ...] = (
    ("accuracy", accuracy, "category"),
    ("top 3", in_top_three, "category"),
    ("QWK argmax", qwk, "severity"),
    ("QWK shown", qwk, "shown"),
)


def cell(found: Interval, *, step: bool = False) -> str:
    if not step:
        return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
    sign = " " if found.low <= 0 <= found.high else "*"
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]{sign}"


def told(size: int | None, found: Learnt, before: Learnt | None, truths: dict[str, Rows]) -> str:
    """A size's line, and under it what the step from the size before bought."""
    cells = [cell(interval(metric, truths[of], getattr(found, of))) for _, metric, of in MEASURES]
    lines = [f"{size or 'all':>5} {found.cases:>6.0f}  " + "  ".join(f"{text:<24}" for text in cells)]
    if before is not None:
        steps = [
            cell(paired_difference(metric, truths[of], getattr(found, of), getattr(before, of)), step=True)
            for _, metric, of in MEASURES
        ]
        lines.append(f"{'':>5} {'bought':>6}  " + "  ".join(f"{text:<24}" for text in steps))
    return "\n".join(lines)


def confused(found: Learnt, truth: Rows, labels: Sequence[str]) -> list[str]:
    """Pairs of categories by how many of their cases were taken for the other's."""
    table = confusion(truth, found.category.argmax(axis=1), len(labels))
    cases = table.sum(axis=1)
    pairs = [(table[i, j] + table[j, i], i, j) for i in range(len(labels)) for j in range(i)]
    return [
        f"{both:>4} of {cases[i] + cases[j]:>4}  {labels[i]} for {labels[j]} {table[j, i]}, "
        f"{labels[j]} for {labels[i]} {table[i, j]}"
        for both, i, j in sorted(pairs, reverse=True)[:PAIRS]
        if both
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--rows", type=int, help="of about so many cases: to see whether it runs, no figure")
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    taxonomy, written = load_taxonomy(), training_part()
    written = written[:: max(1, len(written) // (options.rows or len(written)))]
    part = whole_part(rubric_rows(written), taxonomy, options.cache)
    folds = folds_of(part, options.folds)
    topics = np.array([taxonomy.category_ids.index(case.rubric.category) for case in written])
    levels = np.array([case.rubric.severity - taxonomy.levels[0] for case in written])
    truths = {"category": topics, "severity": levels, "shown": levels}
    print(json.dumps(environment() | {"cases": len(written), "folds": options.folds, "budget": "quick"}))
    print(f"{'a cat':>5} {'cases':>6}  " + "  ".join(f"{name:<24}" for name, _, _ in MEASURES))
    before: Learnt | None = None
    for size in SIZES:
        found = learnt_from(part, folds, size)
        print(told(size, found, before, truths), flush=True)
        before = found
    print("* the interval does not hold zero\ntaken for one another, with all cases:")
    print("\n".join(confused(before, topics, taxonomy.category_ids)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
