"""Choosing C and the weights of words against embedding by cross-validation.

The same data always give the same choice: what is tried, on how many rows and in how many folds follows from the
number of rows and classes, never from a clock. Cost: at most `softmax.most_rows` rows for the whole grid, then the
two best mixes on at most `MOST_ROWS` rows. No single mix is right: on long technical text the words alone beat the
embedding, on short or abusive text the embedding wins by far, so both are points of the grid.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from cases.errors import InvalidInputError
from models.blocks import CountedFrame, FeatureBlocks
from models.calibration import fit_temperature, probabilities, row_losses
from models.softmax import fit_linear, logits_by_setting, most_rows

Codes = npt.NDArray[np.intp]
Result = TypeVar("Result")

# (lexical weight, dense weight): words alone, four mixes, embedding alone.
MIXES = ((1.0, 0.0), (1.0, 0.5), (1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (0.0, 1.0))
STRENGTHS = (1.0, 4.0, 16.0, 64.0)
Budget = Literal["quick", "standard", "thorough"]
# More folds where they are cheap and each row counts.
_FOLDS_FEW, _FOLDS_MANY, _FEW_ROWS = 5, 3, 1000
# The temperature needs no more, and a table of a million rows should not take a day.
MOST_ROWS = 20_000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the search: factors of the two blocks, and C as in scikit-learn's `LogisticRegression`."""

    lexical_weight: float
    dense_weight: float
    C: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What a setting reached in cross-validation.

    Attributes:
        setting: What was tried.
        rows: On how many rows.
        log_loss: Mean -ln p of the true class at the best temperature, nats.
        accuracy: Share of rows whose likeliest class is the true one.
        temperature: That temperature.
    """

    setting: Setting
    rows: int
    log_loss: float
    accuracy: float
    temperature: float


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """The chosen setting, with what its models said of rows that they were not fitted on.

    Attributes:
        chosen: The trial that won.
        trials: All of them, in the order tried.
        rows: Shape (m,): the positions of the rows cross-validated; all, where there are at most `MOST_ROWS`.
        folds: Shape (m,): in which fold each of them was held out.
        logits: Shape (m, k): out-of-fold, before the temperature.
        usable: Shape (m,): whether another fold holds the row's class too; no fit could know the others'.
    """

    chosen: Trial
    trials: tuple[Trial, ...]
    rows: npt.NDArray[np.intp]
    folds: npt.NDArray[np.intp]
    logits: npt.NDArray[np.float64]
    usable: npt.NDArray[np.bool_]

    def of(self, some: npt.NDArray[np.bool_]) -> CrossValidation:
        """What was found of some of the rows, shape (m,)."""
        return replace(
            self,
            rows=self.rows[some],
            folds=self.folds[some],
            logits=self.logits[some],
            usable=self.usable[some],
        )

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Calibrated out-of-fold probabilities, shape (m, k)."""
        return probabilities(self.logits, self.chosen.temperature)


@dataclass(frozen=True, slots=True)
class Grid:
    """What is tried: each mix of (lexical, dense) weights at each C.

    Attributes:
        mixes: Pairs of weights.
        strengths: Values of C.
        finalists: Of so many best mixes the best C is tried on more rows, where a table has more; of none, what the
            first rows said is taken.
        rows: The whole grid is tried on so many rows at most.
    """

    mixes: tuple[tuple[float, float], ...] = MIXES
    strengths: tuple[float, ...] = STRENGTHS
    finalists: int = 2
    rows: int = 4000


GRIDS: Mapping[Budget, Grid] = {
    "quick": Grid(((1.0, 0.0), (1.0, 2.0), (0.0, 1.0)), (4.0, 32.0), finalists=0, rows=2000),
    "standard": Grid(),
    "thorough": Grid(strengths=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0), finalists=3),
}
"""What is tried; meant for about 1, 5 and 30 minutes of two cores on 10,000 cases, which is yet to be timed."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows to cross-validate, with their folds."""

    counted: CountedFrame
    codes: Codes
    classes: int
    rows: npt.NDArray[np.intp]
    folds: npt.NDArray[np.intp]

    @property
    def held_out(self) -> list[npt.NDArray[np.intp]]:
        return [np.flatnonzero(self.folds == fold) for fold in range(self.folds.max() + 1)]


def cross_validate(
    counted: CountedFrame,
    codes: Codes,
    classes: int,
    groups: Sequence[object] | None = None,
    grid: Grid | None = None,
    n_jobs: int = -1,
) -> CrossValidation:
    """Choose from the grid by log loss after calibration; within one standard error of the best, by accuracy.

    Args:
        counted: n rows.
        codes: Shape (n,), 0..classes-1.
        classes: k ≥ 2.
        groups: One per row; rows of a group never straddle a fold.
        grid: What to try; None for the default.
        n_jobs: Folds fitted at once, -1 for one per core. It does not change the result.

    Raises:
        InvalidInputError: There are fewer than two groups, or no class has two rows.
    """
    grid = grid or Grid()
    whole = _table(counted, codes, classes, groups, MOST_ROWS)
    if len(grid.mixes) * len(grid.strengths) == 1:
        setting = Setting(*grid.mixes[0], grid.strengths[0])
        return _chosen(whole, {setting: _out_of_fold(whole, setting, n_jobs)})
    small = _table(counted, codes, classes, groups, min(grid.rows, most_rows(classes)))
    first = _chosen(small, _grid_logits(small, grid, n_jobs))
    if len(small.codes) == len(whole.codes) or not grid.finalists:
        return first
    finalists = _best_of_each_mix(first)[: grid.finalists]
    last = _chosen(whole, {setting: _out_of_fold(whole, setting, n_jobs) for setting in finalists})
    return CrossValidation(last.chosen, first.trials + last.trials, last.rows, last.folds, last.logits, last.usable)


def learnable(codes: npt.NDArray[np.integer], folds: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Rows whose class also occurs in another fold: on the rest every setting fails alike."""
    counts = np.zeros((folds.max() + 1, codes.max() + 1), dtype=np.intp)
    np.add.at(counts, (folds, codes), 1)
    found: npt.NDArray[np.bool_] = counts.sum(axis=0)[codes] > counts[folds, codes]
    return found


def assign_folds(codes: Codes, groups: Sequence[object] | None, n_folds: int) -> npt.NDArray[np.intp]:
    """The fold of each row, classes spread evenly, groups kept whole; fewer folds where the rows allow no more.

    Raises:
        InvalidInputError: There are fewer than two groups, or no class has two rows.
    """
    n_groups = len(codes) if groups is None else len(set(groups))
    folds = min(n_folds, n_groups, int(np.bincount(codes).max()))
    if folds < 2:
        raise InvalidInputError(
            f"'y' must hold two groups or more, and a class with two rows (got {len(codes)} rows in {n_groups} "
            "groups); decide more cases before training",
            field="y",
        )
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    result = np.zeros(len(codes), dtype=np.intp)
    with warnings.catch_warnings():
        # A class with fewer rows than folds is missing from some; `_Table.learnable` sees to it.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        splitter = kind(folds, shuffle=True, random_state=_SEED)
        for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(codes)), codes, groups)):
            result[held_out] = fold
    return result


def _table(counted: CountedFrame, codes: Codes, classes: int, groups: Sequence[object] | None, limit: int) -> _Table:
    rows = _stratified(codes, limit)
    if len(rows) < len(codes):
        counted, codes = counted.rows(rows), codes[rows]
        groups = None if groups is None else [groups[row] for row in rows]
    folds = assign_folds(codes, groups, _FOLDS_FEW if len(rows) <= _FEW_ROWS else _FOLDS_MANY)
    return _Table(counted, codes, classes, rows, folds)


def _stratified(codes: Codes, limit: int) -> npt.NDArray[np.intp]:
    """Positions of at most `limit` rows, in order, each class with its share."""
    if len(codes) <= limit:
        return np.arange(len(codes))
    shuffled = np.random.default_rng(_SEED).permutation(len(codes))
    share = np.empty(len(codes))
    for code in range(codes.max() + 1):
        members = shuffled[codes[shuffled] == code]
        share[members] = (np.arange(len(members)) + 0.5) / max(len(members), 1)
    return np.sort(np.argsort(share, kind="stable")[:limit])


def _grid_logits(table: _Table, grid: Grid, n_jobs: int) -> dict[Setting, npt.NDArray[np.float64]]:
    def fold(held_out: npt.NDArray[np.intp]) -> list[tuple[Setting, npt.NDArray[np.float64]]]:
        kept = np.setdiff1d(np.arange(len(table.codes)), held_out)
        train, other = table.counted.rows(kept), table.counted.rows(held_out)
        blocks = FeatureBlocks().fit_counted(train)
        fits = logits_by_setting(
            blocks.blocks(train), blocks.blocks(other), table.codes[kept], table.classes, grid.mixes, grid.strengths
        )
        return [(Setting(lexical, dense, C), logits) for lexical, dense, C, logits in fits]

    result: dict[Setting, npt.NDArray[np.float64]] = {}
    shape = (len(table.codes), table.classes)
    for held_out, fits in zip(table.held_out, _at_once(fold, table.held_out, n_jobs), strict=True):
        for setting, logits in fits:
            result.setdefault(setting, np.empty(shape))[held_out] = logits
    return result


def _out_of_fold(table: _Table, setting: Setting, n_jobs: int) -> npt.NDArray[np.float64]:
    mix = (setting.lexical_weight, setting.dense_weight)

    def fold(held_out: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        kept = np.setdiff1d(np.arange(len(table.codes)), held_out)
        train = table.counted.rows(kept)
        blocks = FeatureBlocks().fit_counted(train)
        model = fit_linear(blocks.blocks(train).weighted(*mix), table.codes[kept], table.classes, setting.C)
        return model.logits(blocks.blocks(table.counted.rows(held_out)).weighted(*mix))

    result = np.empty((len(table.codes), table.classes))
    for held_out, logits in zip(table.held_out, _at_once(fold, table.held_out, n_jobs), strict=True):
        result[held_out] = logits
    return result


def _at_once(
    fold: Callable[[npt.NDArray[np.intp]], Result], held_out: Sequence[npt.NDArray[np.intp]], n_jobs: int
) -> list[Result]:
    # Threads: the work is in libraries that release the interpreter's lock, and nothing need be copied.
    done: list[Result] = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fold)(rows) for rows in held_out)
    return done


def _chosen(table: _Table, logits: dict[Setting, npt.NDArray[np.float64]]) -> CrossValidation:
    usable = learnable(table.codes, table.folds)
    codes = table.codes[usable]
    trials, losses = [], []
    for setting, found in logits.items():
        temperature = fit_temperature(found[usable], codes)
        losses.append(row_losses(found[usable], codes, temperature))
        accuracy = float((found[usable].argmax(axis=1) == codes).mean())
        trials.append(Trial(setting, len(table.codes), float(losses[-1].mean()), accuracy, temperature))
    best = min(range(len(trials)), key=lambda i: trials[i].log_loss)
    # Paired: what two settings find hard alike does not blur the difference between them.
    errors = [float(np.std(loss - losses[best])) / len(codes) ** 0.5 for loss in losses]
    near = [t for t, e in zip(trials, errors, strict=True) if t.log_loss <= trials[best].log_loss + e]
    chosen = max(near, key=lambda trial: (trial.accuracy, -trial.log_loss))
    return CrossValidation(chosen, tuple(trials), table.rows, table.folds, logits[chosen.setting], usable)


def _best_of_each_mix(result: CrossValidation) -> list[Setting]:
    """The best setting of each mix, best mix first."""
    best: dict[tuple[float, float], Setting] = {}
    for trial in sorted(result.trials, key=lambda trial: trial.log_loss):
        best.setdefault((trial.setting.lexical_weight, trial.setting.dense_weight), trial.setting)
    return list(best.values())
