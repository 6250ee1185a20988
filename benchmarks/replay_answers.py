"""What the seed model says of cases it did not learn from: `python benchmarks/replay_answers.py`.

The heads (budget standard, the encoder as it came: it is not tuned, so the model is a little weaker than the one of
`make model`) learn the half-year of the written cases from what the drawn associates decided. Their cross-validated
answers are written to evaluation/replay/seed_answers.parquet as numbers, without any text, so that `caseload replay`
needs neither training nor network. Beside each answer stands the truth of then, which is the writers' rubric: replay
reads it from the written cases, and a test holds the two against each other, so that a rubric that was changed since
does not meet an answer to another case unseen.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from looks import CACHE, environment
from written_cases import rows_of, whole_part

from cases.seed.corpus import training_part
from cases.seed.history import past_cases
from cases.taxonomy_file import load_taxonomy
from evaluation.metrics import accuracy, ece, qwk
from evaluation.replay.seed_year import ANSWERS
from training.fit import fit_heads

# Probabilities are kept to four digits, as whole numbers that compress well.
DIGITS = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", choices=["quick", "standard", "thorough"], default="standard")
    parser.add_argument("--rows", type=int, help="learn from so many: to see whether it runs, nothing to keep")
    parser.add_argument("--to", type=Path, default=ANSWERS)
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    taxonomy = load_taxonomy()
    history = past_cases(training_part(), taxonomy)[: options.rows]
    written = [past.written for past in history]
    learnt = rows_of(written, [past.verdict for past in history], [past.decided_by for past in history])
    heads = fit_heads(whole_part(learnt, taxonomy, options.cache), options.budget)
    category, severity = heads.category.cross_validation_, heads.severity.cross_validation_
    both = np.intersect1d(category.rows[category.usable], severity.rows[severity.usable])
    columns: dict[str, object] = {
        "id": [written[row].id for row in both],
        "severity": np.array([written[row].rubric.severity for row in both], dtype=np.uint8),
        "category": [written[row].rubric.category for row in both],
    }
    for head, tried, name in ((heads.severity, severity, "p_severity_{}"), (heads.category, category, "p_{}")):
        found = tried.probabilities[np.searchsorted(tried.rows, both)]
        for place, label in enumerate(head.classes_):
            columns[name.format(label)] = np.round(found[:, place] * DIGITS).astype(np.uint16)
    table = pd.DataFrame(columns)
    table.to_parquet(options.to, index=False, compression="zstd", compression_level=19)
    topics = np.searchsorted(heads.category.classes_.astype(str), table["category"].astype(str))
    levels = table["severity"].to_numpy().astype(np.intp) - 1
    category_says = category.probabilities[np.searchsorted(category.rows, both)]
    severity_says = severity.probabilities[np.searchsorted(severity.rows, both)]
    print(json.dumps({**environment(), "budget": options.budget, "encoder": "as it came", "rows": len(table)}))
    print(f"category accuracy {accuracy(topics, category_says):.3f}, ece {ece(topics, category_says):.3f}")
    print(
        f"severity accuracy {accuracy(levels, severity_says):.3f}, ece {ece(levels, severity_says):.3f}, "
        f"quadratic kappa {qwk(levels, severity_says):.3f}, out of fold, against the rubric"
    )
    print(f"{options.to.name}: {options.to.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
