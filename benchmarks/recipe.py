"""The recipe on a public set: what `caseload train --data` does, and what the judge then says of rows held out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from looks import peak_memory
from peers import OF_LEVELS, PEERS, material
from public_sets import PublicSet

from cases.taxonomy import inline_taxonomy
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, Encoder, ensure_compiled
from features.frame import embedding_matrix, feature_frame
from models.judge import Judgement
from models.search import Budget
from training.choose import fit_best
from training.fit import Fitted, TrainingPart
from training.rows import assembled_rows, category_matrix, severity_matrix
from training.split import groups_of

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Shortlists = Mapping[float, Sequence[tuple[int, ...]]]


@dataclass(frozen=True)
class Run:
    """How a set is measured: where things are, and the options of the command line."""

    data: Path
    encoder: Encoder
    encoder_dir: Path
    scratch: Path
    budget: Budget
    final: bool
    folds: int
    most_rows: int | None


@dataclass(frozen=True)
class Cost:
    """Of the recipe alone, encoding included: seconds, and the peak of memory in MB."""

    seconds: float
    memory: int
    chosen: Mapping[str, float | str]


@dataclass(frozen=True)
class Answers:
    """What the recipe and the peers say of the same n rows, once for each of d draws of what they learnt from.

    Attributes:
        labels: k names.
        truth: Shape (n,).
        recipe: Shape (d, n, k).
        peers: By name, shape (d, n, k).
        shown: Shape (d, n): of severity, the place of the level shown.
        shortlists: Of the category, by level: d lists of n.
    """

    labels: tuple[str, ...]
    truth: Codes
    recipe: Floats
    peers: Mapping[str, Floats]
    shown: Codes | None = None
    shortlists: Shortlists | None = None


Heads = dict[str, Answers]


@contextmanager
def opened(
    data: Path, cache: Path, *, budget: Budget, final: bool, folds: int, most_rows: int | None
) -> Iterator[Run]:
    """Embeddings are kept for the run and no longer: each text is encoded once, within the time that is told."""
    folder = ensure_compiled(None, cache)
    with tempfile.TemporaryDirectory(prefix="caseload-") as place:
        scratch = Path(place)
        encoder = CachedEncoder(CompiledEncoder.load(folder), scratch)
        yield Run(data, encoder, folder, scratch, budget, final, folds, most_rows)


def learn(rows: pd.DataFrame, source: PublicSet, run: Run) -> Fitted:
    """As `caseload train --data` fits its training part."""
    frame = feature_frame(assembled_rows(rows), run.encoder)
    part = TrainingPart(
        frame=frame,
        rows=rows,
        groups=groups_of(list(rows["subject_key"]), embedding_matrix(frame)),
        taxonomy=inline_taxonomy(sorted(set(rows["category"])), source.levels),
        encoder=run.encoder,
        encoder_dir=run.encoder_dir,
    )
    scratch = Path(tempfile.mkdtemp(dir=run.scratch))
    return fit_best(part, run.budget, source=None, scratch=scratch, say=lambda _line: None)


def answer(
    train: pd.DataFrame, held_out: pd.DataFrame, labels: Sequence[str], source: PublicSet, run: Run
) -> tuple[Heads, Cost]:
    """Fit on `train` and ask of `held_out`: the recipe first, so that its cost is its own, then the peers."""
    started = time.perf_counter()
    fitted = learn(train, source, run)
    judgements = fitted.judge.judge(assembled_rows(held_out))
    cost = Cost(time.perf_counter() - started, peak_memory(), fitted.chosen)
    heads: Heads = {}
    if source.category_asked:
        truth = np.searchsorted(labels, held_out["category"].astype(str)).astype(np.intp)
        heads["category"] = Answers(
            tuple(labels),
            truth,
            category_matrix(judgements, labels)[None],
            _peers(train, held_out, "category", labels, run),
            shortlists=_shortlists(judgements, labels),
        )
    if source.levels:
        levels = range(1, source.levels + 1)
        names = [str(level) for level in levels]
        heads["severity"] = Answers(
            tuple(names),
            held_out["severity"].to_numpy(dtype=np.intp) - 1,
            severity_matrix(judgements, levels)[None],
            _peers(train, held_out, "severity", names, run),
            shown=np.array([[judgement.severity_level - 1 for judgement in judgements]]),
        )
    return heads, cost


def after_one_another(parts: Sequence[Answers]) -> Answers:
    """The rows of folds, which know the same labels, as one."""
    first = parts[0]
    return Answers(
        first.labels,
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.recipe for part in parts], axis=1),
        {name: np.concatenate([part.peers[name] for part in parts], axis=1) for name in first.peers},
        None if first.shown is None else np.concatenate([part.shown for part in parts], axis=1),
        _joined([part.shortlists for part in parts]),
    )


def side_by_side(parts: Mapping[str, Answers]) -> Answers:
    """The rows of models for each of several projects as one: each model's labels are labels of their own.

    Macro-F1 over all of these is the mean of the models' macro-F1, where all have the same labels.
    """
    rows, columns = sum(len(p.truth) for p in parts.values()), sum(len(p.labels) for p in parts.values())
    draws, names = next((p.recipe.shape[0], list(p.peers)) for p in parts.values())
    recipe = np.zeros((draws, rows, columns))
    peers = {name: np.zeros((draws, rows, columns)) for name in names}
    labels: list[str] = []
    truth, lists, row = [], [], 0
    for model, part in parts.items():
        first, place = len(labels), (slice(None), slice(row, row + len(part.truth)))
        columns_of = slice(first, first + len(part.labels))
        recipe[(*place, columns_of)] = part.recipe
        for name in names:
            peers[name][(*place, columns_of)] = part.peers[name]
        truth.append(part.truth + first)
        lists.append(_moved(part.shortlists, first))
        labels += [f"{model} {label}" for label in part.labels]
        row += len(part.truth)
    return Answers(tuple(labels), np.concatenate(truth), recipe, peers, shortlists=_joined(lists))


def over_draws(parts: Sequence[Answers]) -> Answers:
    """The same rows, judged once for each draw of the training rows."""
    first = parts[0]
    return Answers(
        first.labels,
        first.truth,
        np.concatenate([part.recipe for part in parts]),
        {name: np.concatenate([part.peers[name] for part in parts]) for name in first.peers},
        shortlists=_joined([part.shortlists for part in parts]),
    )


def total(costs: Sequence[Cost]) -> Cost:
    """Seconds of all fits; memory and choice of the first, before any peer was fitted."""
    return Cost(sum(cost.seconds for cost in costs), costs[0].memory, costs[0].chosen)


def _peers(
    train: pd.DataFrame, held_out: pd.DataFrame, head: str, labels: Sequence[str], run: Run
) -> dict[str, Floats]:
    learnt, asked = material(train, run.encoder), material(held_out, run.encoder)
    truth = train[head].astype(str).to_numpy(dtype=np.str_)
    names = PEERS if head == "category" else OF_LEVELS
    return {name: PEERS[name](learnt, truth, run.encoder).in_order(asked, labels)[None] for name in names}


def _shortlists(judgements: Sequence[Judgement], labels: Sequence[str]) -> Shortlists:
    places = {label: place for place, label in enumerate(labels)}
    return {
        level: [tuple(places[name] for name in judgement.shortlists[level]) for judgement in judgements]
        for level in judgements[0].shortlists
    }


def _moved(shortlists: Shortlists | None, by: int) -> Shortlists | None:
    if shortlists is None:
        return None
    return {level: [tuple(place + by for place in row) for row in lists] for level, lists in shortlists.items()}


def _joined(parts: Sequence[Shortlists | None]) -> Shortlists | None:
    if parts[0] is None:
        return None
    return {level: [row for part in parts for row in part[level]] for level in parts[0]}
