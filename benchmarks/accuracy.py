"""One recipe on all public data sets: `python benchmarks/accuracy.py [SET …] [--final] [--budget quick|…]`.

The recipe is what `caseload train --data` does. What a set is stands in public_sets.py; no code of Caseload knows a
set's name. Without `--final` only training parts are read, and recipe and peers (peers.py) are cross-validated on
them. `--final` reads the test part, measures once, and appends the look to benchmarks/looks.jsonl, which is
committed. A difference to a peer counts when its paired bootstrap interval (95 %) does not hold zero.

Each set is measured in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import few_shot
import novelty
import numpy as np
import pandas as pd
from figures import Row, lines, row_of
from looks import CACHE, LOOKS, environment, log_look
from public_sets import DATA, MODEL, SETS, PublicSet, read_rows, thinned
from recipe import Answers, Cost, Run, after_one_another, answer, opened, side_by_side, total
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold

# Other benchmarks take these from here.
__all__ = ["DATA", "LOOKS", "environment"]


def judged(name: str, source: PublicSet, run: Run) -> Row:
    """Category, severity or both: on the test part where it is final, else cross-validated on the training part."""
    train = thinned(read_rows(source, run.data, test=False), run.most_rows)
    test = read_rows(source, run.data, test=True) if run.final else None
    found: dict[str, dict[str, Answers]] = {}
    spent: list[Cost] = []
    for model in sorted(set(train[MODEL])):
        ours = train[train[MODEL] == model].reset_index(drop=True)
        if test is None:
            parts = folds_of(ours, source, run.folds)
        else:
            parts = [(ours, test[test[MODEL] == model].reset_index(drop=True))]
        labels = sorted({label for pair in parts for rows in pair for label in rows["category"]})
        answers = [answer(learnt, held_out, labels, source, run) for learnt, held_out in parts]
        found[model] = {head: after_one_another([heads[head] for heads, _ in answers]) for head in answers[0][0]}
        spent += [cost for _, cost in answers]
    if len(found) == 1:
        return row_of(name, source, next(iter(found.values())), total(spent))
    together = side_by_side({model: heads["category"] for model, heads in found.items()})
    return row_of(name, source, {"category": together}, total(spent))


def folds_of(rows: pd.DataFrame, source: PublicSet, folds: int) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """What is learnt from and what is held out, of each fold; by the label that is measured."""
    by = rows["category"] if source.category_asked else rows["severity"].astype(str)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=7)
    return [
        (rows.iloc[kept].reset_index(drop=True), rows.iloc[held_out].reset_index(drop=True))
        for kept, held_out in splitter.split(np.zeros(len(rows)), by)
    ]


KINDS: Mapping[str, Callable[[str, PublicSet, Run], Row]] = {
    "judged": judged,
    "few_shot": few_shot.measure,
    "novelty": novelty.measure,
}


def measure(name: str, options: argparse.Namespace) -> Row:
    """A set's row, in the process that is its own."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    # A class with fewer rows than folds is missing from some; the recipe sees to it, and peers lose it alike.
    warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
    source = SETS[name]
    with opened(
        options.data,
        options.cache,
        budget=options.budget,
        final=options.final,
        folds=options.folds,
        most_rows=options.rows,
    ) as run:
        return KINDS[source.kind](name, source, run) | {"budget": run.budget, "final": run.final}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all where none is named")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the Parquet files")
    parser.add_argument("--final", action="store_true", help="look at the test parts, and log the look")
    parser.add_argument("--budget", choices=["quick", "standard", "thorough"], default="standard")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--rows", type=int, help="learn from about so many: to see whether it runs, no figure")
    parser.add_argument("--cache", type=Path, default=CACHE, help="compiled encoders")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.sets) - set(SETS))
    if unknown:
        parser.error(f"SET must be of {', '.join(SETS)} (got {', '.join(unknown)})")
    if options.final and options.rows:
        parser.error("--final must be with all rows (got --rows); leave out one of them")
    if not options.data.is_dir():
        print(f"skipped: the public data sets are not at {options.data}; name their folder with --data")
        return 0
    about = environment()
    print(json.dumps(about), flush=True)
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned, max_tasks_per_child=1) as processes:
        for name in options.sets or SETS:
            row = processes.submit(measure, name, options).result()
            print(lines(row), flush=True)
            if options.final:
                log_look({**about, **row})
    return 0


if __name__ == "__main__":
    sys.exit(main())
