"""`caseload train`: from decided cases to a registered model whose figures are its own.

snapshot → assembled → embedded → grouped and split → the strongest chosen and fitted → saved →
loaded back and measured → its figures put into it → registered
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from cases.clock import Clock, utc_now
from cases.errors import InvalidInputError, NotFoundError, StoreUnavailableError
from cases.record import HeldOutFigure
from cases.settings import Settings
from cases.store import CaseStore
from cases.taxonomy import Taxonomy, inline_taxonomy
from evaluation.held_out import as_json
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, Encoder, Progress, ensure_compiled
from features.frame import embedding_matrix, feature_frame
from models.artifact import add_held_out, load_artifact, save_artifact
from models.search import Budget
from training.choose import fit_best
from training.fit import Fitted, TrainingPart
from training.measure import held_out_category, held_out_severity, measured
from training.registry import registered
from training.result import CalibrationFigure, Figure, Measured, ModelId, SnapshotFigures, TrainResult
from training.rows import assembled_rows
from training.run_record import Run, run_record
from training.snapshot import Snapshot, from_store
from training.split import Split, groups_of, random_split, split
from training.table import TableColumns, from_table, level_count
from training.tracking import connect, read_ledger, record_run

Say = Callable[[str], None]


def _silent(line: str) -> None:
    del line


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train.

    Attributes:
        name: The registered model's name; "" for the settings'.
        budget: How long to look for the strongest model: `quick`, `standard` or `thorough`.
        hold_out: `newest`, or the `champion`'s held-out rows again, so that all that is new is learnt from.
        compare_random: Fit once more on a random split, and report what that would have claimed.
        say: Called with a line for people when a step begins.
        progress: Called with (done, total) texts while they are embedded.
        clock: The time of the artifact.
    """

    name: str = ""
    budget: Budget = "standard"
    hold_out: Literal["newest", "champion"] = "newest"
    compare_random: bool = False
    say: Say = _silent
    progress: Progress | None = None
    clock: Clock = utc_now


@dataclass(frozen=True, slots=True)
class Prepared:
    """A snapshot embedded and grouped, ready to be split."""

    snapshot: Snapshot
    taxonomy: Taxonomy
    frame: pd.DataFrame
    groups: np.ndarray[tuple[int], np.dtype[np.int64]]
    encoder: Encoder
    encoder_dir: Path = field(repr=False)


def train_on_record(
    settings: Settings, store: CaseStore, taxonomy: Taxonomy, options: TrainingOptions
) -> TrainResult:
    """Train on the record's decided cases and register the model as `settings.model_name`.

    Raises:
        InvalidInputError: There are too few decided cases.
        NotFoundError: With `hold_out="champion"`, nothing has been promoted yet.
        TrackerUnavailableError: MLflow does not answer; nothing was registered.
    """
    started = time.monotonic()
    connect(settings)  # a tracker that is away should be told of before minutes of fitting, not after
    held_out = _champions_held_out(settings) if options.hold_out == "champion" else None
    snapshot = from_store(store.decided_cases(), taxonomy)
    prepared = _prepare(settings, snapshot, taxonomy, options)
    parts = split(snapshot.rows, prepared.groups, held_out=held_out)
    result = _train(settings, prepared, parts, options, options.name or settings.model_name, started)
    _note(store, result, options.say)
    return result


def train_on_table(settings: Settings, path: Path, columns: TableColumns, options: TrainingOptions) -> TrainResult:
    """Train on a labelled table, with its labels as an inline taxonomy, under a name of its own.

    Such a model never becomes champion by itself: it is registered as `table-<file>` unless named otherwise.

    Raises:
        InvalidInputError: The file, a column or a row is not as it must be.
        TrackerUnavailableError: MLflow does not answer; nothing was registered.
    """
    started = time.monotonic()
    connect(settings)
    snapshot = from_table(path, columns)
    labels = sorted(set(snapshot.rows["category"]))
    if len(labels) < 2:
        raise InvalidInputError(
            f"'--category' must hold at least two labels (got {len(labels)}); choose another column"
        )
    taxonomy = inline_taxonomy(labels, level_count(snapshot))
    prepared = _prepare(settings, snapshot, taxonomy, options)
    parts = split(snapshot.rows, prepared.groups)
    return _train(settings, prepared, parts, options, options.name or f"table-{path.stem}", started)


def _note(store: CaseStore, result: TrainResult, say: Say) -> None:
    """Tell the record of the model, since whoever looks at what could serve has no tracker to ask."""
    figures = {
        name: _told(figure) for name, figure in result.category if isinstance(figure, (Figure, CalibrationFigure))
    }
    if result.severity is not None:
        figures |= {f"severity_{name}": _told(each) for name, each in result.severity if isinstance(each, Figure)}
    model = result.model
    try:
        store.add_challenger(
            model.name, model.version, model.sha256, held_out=result.category.n_test, figures=figures
        )
    except StoreUnavailableError:
        # The model is registered, and can be promoted; no minutes of fitting are to be lost for a line about it.
        say("the record does not answer: the model is registered, and not noted there")


def _told(figure: Figure | CalibrationFigure) -> HeldOutFigure:
    return HeldOutFigure(figure.value, *((figure.low, figure.high) if isinstance(figure, Figure) else ()))


def open_encoder(settings: Settings) -> tuple[Encoder, Path]:
    """The compiled encoder of the settings behind the embedding cache, and its folder; compiled first if need be.

    Raises:
        InvalidInputError: The settings name no encoder that is here.
    """
    folder = ensure_compiled(settings.encoder, settings.cache_dir)
    return CachedEncoder(CompiledEncoder.load(folder), settings.cache_dir), folder


def _champions_held_out(settings: Settings) -> list[str]:
    try:
        champion = registered(settings, "champion")
    except NotFoundError as error:
        raise NotFoundError(
            "'--hold-out champion' needs a promoted model (got none); run `caseload promote`"
        ) from error
    ledger = read_ledger(settings, champion.run_id)
    return list(ledger["case_id"][ledger["part"] == "test"])


def _prepare(settings: Settings, snapshot: Snapshot, taxonomy: Taxonomy, options: TrainingOptions) -> Prepared:
    options.say(f"{len(snapshot.rows)} decided cases, snapshot {snapshot.sha256[:12]}…")
    options.say("encoder: compiled on first use, cached after")
    encoder, folder = open_encoder(settings)
    options.say("embedding the texts; those seen before come from the cache")
    frame = feature_frame(assembled_rows(snapshot.rows), encoder, options.progress)
    groups = groups_of(list(snapshot.rows["subject_key"]), embedding_matrix(frame))
    return Prepared(snapshot, taxonomy, frame, groups, encoder, folder)


def _train(
    settings: Settings, prepared: Prepared, parts: Split, options: TrainingOptions, name: str, started: float
) -> TrainResult:
    options.say(
        f"{parts.how} split: {len(parts.rows('train'))} to learn from, {len(parts.rows('test'))} held out, "
        f"{len(parts.rows('aside'))} set aside"
    )
    options.say(f"choosing the strongest model by cross-validation ({options.budget} budget), then fitting")
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        fitted = _fit(settings, prepared, parts, options, Path(scratch))
        artifact = Path(scratch) / "artifact"
        save_artifact(fitted.judge, artifact, name=name, encoder_dir=fitted.encoder_dir)
        judge = load_artifact(artifact)
        options.say("measuring the saved artifact on the held-out cases")
        if judge.encoder.hash == prepared.encoder.hash:
            # The artifact as loaded, on texts through the whole way; only the vectors may come from the cache.
            judge = judge.with_encoder(prepared.encoder)
        run = Run(
            name,
            prepared.snapshot,
            prepared.taxonomy,
            parts,
            fitted.chosen,
            fitted.suspects,
            options.budget,
            artifact,
        )
        record, figures, held_out = run_record(run, judge, made=options.clock(), say=options.say)
        sha256 = add_held_out(artifact, as_json(held_out))
        random_figures = _as_if_random(settings, prepared, options) if options.compare_random else None
        options.say("logging the run to MLflow and registering the model")
        tracked = record_run(settings, record, name=name, sha256=sha256)
    return TrainResult(
        model=ModelId(name=name, version=tracked.version, sha256=sha256, run_id=tracked.run_id),
        snapshot=_snapshot_figures(prepared.snapshot, parts),
        seconds=time.monotonic() - started,
        chosen=dict(fitted.chosen),
        category=figures.category,
        severity=figures.severity,
        random_split=random_figures,
    )


def _fit(settings: Settings, prepared: Prepared, parts: Split, options: TrainingOptions, scratch: Path) -> Fitted:
    train = parts.rows("train")
    part = TrainingPart(
        frame=prepared.frame.iloc[train].reset_index(drop=True),
        rows=prepared.snapshot.rows.iloc[train].reset_index(drop=True),
        groups=prepared.groups[train],
        taxonomy=prepared.taxonomy,
        encoder=prepared.encoder,
        encoder_dir=prepared.encoder_dir,
    )
    return fit_best(part, options.budget, source=settings.encoder, scratch=scratch, say=options.say)


def _as_if_random(settings: Settings, prepared: Prepared, options: TrainingOptions) -> Measured:
    options.say("once more on a random split, to show what that would have claimed")
    parts = random_split(prepared.snapshot.rows, prepared.groups)
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        fitted = _fit(settings, prepared, parts, options, Path(scratch))
    rows = prepared.snapshot.rows.iloc[parts.rows("test")]
    judgements = fitted.judge.judge(assembled_rows(rows))
    return measured(
        held_out_category(judgements, rows, prepared.taxonomy.category_ids),
        held_out_severity(judgements, rows, prepared.taxonomy.levels),
    )


def _snapshot_figures(snapshot: Snapshot, parts: Split) -> SnapshotFigures:
    return SnapshotFigures.model_validate(
        {
            "sha256": snapshot.sha256,
            "source": snapshot.source,
            "rows": len(snapshot.rows),
            "train": len(parts.rows("train")),
            "test": len(parts.rows("test")),
            "aside": len(parts.rows("aside")),
            "split": parts.how,
            "left_out": snapshot.left_out,
        }
    )
