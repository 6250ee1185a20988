"""Learnt from ten rows a class: five draws from the training part, each measured on the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from figures import Row, row_of
from public_sets import PublicSet, read_rows, thinned
from recipe import Run, answer, over_draws, total
from sklearn.model_selection import StratifiedKFold

A_CLASS, DRAWS = 10, 5


def measure(name: str, source: PublicSet, run: Run) -> Row:
    """On the test part where it is final; else on a fold of the training part, with draws from the rest."""
    pool = thinned(read_rows(source, run.data, test=False), run.most_rows)
    if run.final:
        held_out = read_rows(source, run.data, test=True)
    else:
        splitter = StratifiedKFold(run.folds, shuffle=True, random_state=7)
        kept, rows = next(splitter.split(pool, pool["category"]))
        pool, held_out = pool.iloc[kept].reset_index(drop=True), pool.iloc[rows].reset_index(drop=True)
    labels = sorted(set(pool["category"]) | set(held_out["category"]))
    found = [answer(drawn(pool, seed), held_out, labels, source, run) for seed in range(DRAWS)]
    together = over_draws([heads["category"] for heads, _ in found])
    return row_of(name, source, {"category": together}, total([cost for _, cost in found]))


def drawn(pool: pd.DataFrame, seed: int) -> pd.DataFrame:
    """So many rows of each class, or all where it has fewer."""
    order = np.random.default_rng(seed).permutation(len(pool))
    return pool.iloc[order].groupby("category").head(A_CLASS).sort_index().reset_index(drop=True)
