"""Are kinds that were never decided told from those that were? The AUROC of the novelty score.

Learnt from the known kinds alone; measured on held-out rows of these against rows of the others. A peer's score is
what its largest probability leaves, and for the nearest neighbours the distance to them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd
from figures import Row, asked_of, costs
from looks import peak_memory
from peers import PEERS, material
from public_sets import PublicSet, read_rows, thinned
from recipe import Cost, Run, learn, total
from scipy.stats import rankdata
from sklearn.model_selection import StratifiedKFold

from evaluation.bootstrap import DRAWS, Interval, bounds
from features.frame import embedding_matrix, feature_frame
from models.assurance import NEIGHBOURS, NOVEL_BELOW
from models.judge import Judge
from training.rows import assembled_rows

Floats = npt.NDArray[np.float64]
# Of the recipe ("ours") and each peer: scores of the known rows, and of the unknown.
Scores = Mapping[str, tuple[Floats, Floats]]
OURS = "ours"


def measure(name: str, source: PublicSet, run: Run) -> Row:
    """On the test part where it is final; else each fold of the training part against its rows of unknown kinds."""
    train = thinned(read_rows(source, run.data, test=False), run.most_rows)
    unknown = thinned(read_rows(source, run.data, test=run.final, unknown=True), run.most_rows)
    if run.final:
        parts = [(train, read_rows(source, run.data, test=True))]
    else:
        splitter = StratifiedKFold(run.folds, shuffle=True, random_state=7)
        parts = [
            (train.iloc[kept].reset_index(drop=True), train.iloc[rows].reset_index(drop=True))
            for kept, rows in splitter.split(train, train["category"])
        ]
    found = [scored(learnt, known, unknown, source, run) for learnt, known in parts]
    scores, flagged, spent = ([one[place] for one in found] for place in range(3))
    auroc = figure(scores)
    return {
        "set": name,
        "n": sum(len(known) for _, known in parts) + len(unknown),
        "figures": {"auroc": auroc | asked_of("auroc", auroc["value"], source.asked)},
        "told": {
            f"called novel at {NOVEL_BELOW}, of the known": float(np.mean([known for known, _ in flagged])),
            f"called novel at {NOVEL_BELOW}, of the unknown": float(np.mean([others for _, others in flagged])),
        },
        **costs(total(spent)),
    }


def scored(
    train: pd.DataFrame, known: pd.DataFrame, unknown: pd.DataFrame, source: PublicSet, run: Run
) -> tuple[Scores, tuple[float, float], Cost]:
    """Scores of both kinds of rows, the share of each that is called novel, and what the recipe cost."""
    started = time.perf_counter()
    fitted = learn(train, source, run)
    (ours, ours_p), (theirs, theirs_p) = (novelty(fitted.judge, rows) for rows in (known, unknown))
    cost = Cost(time.perf_counter() - started, peak_memory(), fitted.chosen)
    learnt, familiar, strange = (material(rows, run.encoder) for rows in (train, known, unknown))
    labels = train["category"].astype(str).to_numpy(dtype=np.str_)
    scores = {OURS: (ours, theirs)}
    for name, peer in PEERS.items():
        model = peer(learnt, labels, run.encoder)
        scores[name] = (model.novelty(familiar), model.novelty(strange))
    return scores, (float((ours_p < NOVEL_BELOW).mean()), float((theirs_p < NOVEL_BELOW).mean())), cost


def novelty(judge: Judge, rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """The continuous score, and the p-value that a judgement holds of it."""
    frame = feature_frame(assembled_rows(rows), judge.encoder)
    memory = judge.assurance
    signs = (
        judge.category.decision_function(frame).max(axis=1),
        memory.precedents.distance(embedding_matrix(frame), NEIGHBOURS),
    )
    return memory.novelty.scores(*signs), memory.novelty.p_values(*signs)


def figure(parts: Sequence[Scores]) -> Row:
    """The mean AUROC of the parts with its bootstrap interval, and the paired difference to each peer.

    Known and unknown rows are drawn apart, so that their numbers stay; the unknown are the same rows in each part.
    """
    draw = np.random.default_rng(0)
    sizes, strange = [len(part[OURS][0]) for part in parts], len(parts[0][OURS][1])
    resampled = [
        ([draw.integers(0, size, size) for size in sizes], draw.integers(0, strange, strange)) for _ in range(DRAWS)
    ]

    def of_one(name: str, known: Sequence[npt.NDArray[np.int64]], unknown: npt.NDArray[np.int64]) -> float:
        drawn = [(part[name][0][rows], part[name][1][unknown]) for part, rows in zip(parts, known, strict=True)]
        return float(np.mean([auroc(*scores) for scores in drawn]))

    def of_all(name: str) -> Floats:
        return np.array([of_one(name, *rows) for rows in resampled])

    def whole(name: str) -> float:
        return float(np.mean([auroc(*part[name]) for part in parts]))

    ours, peers = of_all(OURS), [name for name in parts[0] if name != OURS]
    return {
        **interval_of(whole(OURS), ours),
        "peers": {
            name: {"value": whole(name), "ours_minus": interval_of(whole(OURS) - whole(name), ours - of_all(name))}
            for name in peers
        },
    }


def interval_of(value: float, found: Floats) -> dict[str, float]:
    return asdict(Interval(value, *bounds(found.tolist())))


def auroc(known: Floats, unknown: Floats) -> float:
    """The chance that an unknown row scores above a known one, ties by half (Mann and Whitney 1947)."""
    ranks = rankdata(np.concatenate([known, unknown]))[len(known) :]
    return float((ranks.sum() - len(unknown) * (len(unknown) + 1) / 2) / (len(known) * len(unknown)))
