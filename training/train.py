"""`caseload train`: from decided cases to a registered model whose figures are its own.

snapshot → assembled → embedded → grouped and split → fitted → saved → loaded back and measured → registered
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
from cases.errors import InvalidInputError, NotFoundError
from cases.settings import Settings
from cases.store import CaseStore
from cases.taxonomy import Taxonomy, inline_taxonomy
from features.embedding_cache import CachedEncoder
from features.encoder import CompiledEncoder, Encoder, Progress, ensure_compiled
from features.frame import embedding_matrix, feature_frame
from models.artifact import load_artifact, save_artifact
from models.judge import Judge
from training.fit import Fitted, fit_judge
from training.measure import held_out_category, held_out_severity, measured
from training.plots import confusion_plot, reliability_plot
from training.registry import registered
from training.result import Measured, ModelId, SnapshotFigures, TrainResult
from training.rows import assembled_rows
from training.snapshot import Snapshot, from_store
from training.split import Split, groups_of, random_split, split
from training.table import TableColumns, from_table, level_count
from training.tracking import RunRecord, connect, read_ledger, record_run

Say = Callable[[str], None]


def _silent(line: str) -> None:
    del line


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train.

    Attributes:
        name: The registered model's name; "" for the settings'.
        hold_out: `newest`, or the `champion`'s held-out rows again, so that all that is new is learnt from.
        compare_random: Fit once more on a random split, and report what that would have claimed.
        say: Called with a line for people when a step begins.
        progress: Called with (done, total) texts while they are embedded.
        clock: The time of the artifact.
    """

    name: str = ""
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
    return _train(settings, prepared, parts, options, options.name or settings.model_name, started)


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
    options.say("choosing C and the embedding's weight by cross-validation, then fitting")
    fitted = _fit(prepared, parts)
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        artifact = Path(scratch) / "artifact"
        sha256 = save_artifact(fitted.judge, artifact, name=name, encoder_dir=prepared.encoder_dir)
        judge = load_artifact(artifact)
        options.say("measuring the saved artifact on the held-out cases")
        record, figures = _measure(prepared, parts, judge, fitted, artifact)
        random_figures = _as_if_random(prepared, options) if options.compare_random else None
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


def _fit(prepared: Prepared, parts: Split) -> Fitted:
    train = parts.rows("train")
    return fit_judge(
        prepared.frame.iloc[train].reset_index(drop=True),
        prepared.snapshot.rows.iloc[train].reset_index(drop=True),
        prepared.groups[train],
        taxonomy=prepared.taxonomy,
        encoder=prepared.encoder,
    )


def _measure(
    prepared: Prepared, parts: Split, judge: Judge, fitted: Fitted, artifact: Path
) -> tuple[RunRecord, Measured]:
    rows = prepared.snapshot.rows.iloc[parts.rows("test")]
    # The artifact as loaded, on texts through the whole way; only the vectors may come from the cache.
    judgements = judge.with_encoder(prepared.encoder).judge(assembled_rows(rows))
    category = held_out_category(judgements, rows, prepared.taxonomy.category_ids)
    severity = held_out_severity(judgements, rows, prepared.taxonomy.levels)
    figures = measured(category, severity)
    tables = {"category_confusion.json": category.confusion_table()}
    plots = {
        "category_confusion.png": confusion_plot(category.confusion(), category.labels),
        "category_reliability.png": reliability_plot(
            category.probabilities.max(axis=1), category.suggested == category.truth
        ),
    }
    metrics = category.class_metrics("category") | _headline("category", figures.category.model_dump())
    if severity is not None and figures.severity is not None:
        tables["severity_confusion.json"] = severity.confusion_table()
        plots["severity_confusion.png"] = confusion_plot(severity.confusion(), severity.labels)
        metrics |= severity.class_metrics("severity") | _headline("severity", figures.severity.model_dump())
    record = RunRecord(
        params=_params(prepared, parts, fitted),
        metrics=metrics,
        tables={**tables, "figures.json": figures.model_dump(mode="json")},
        plots=plots,
        ledger=prepared.snapshot.ledger(pd.Series(parts.part)),
        artifact=artifact,
    )
    return record, figures


def _headline(prefix: str, figures: dict[str, object]) -> dict[str, float]:
    values = {name: figure["value"] for name, figure in figures.items() if isinstance(figure, dict)}
    return {f"{prefix}/{name}": float(value) for name, value in values.items()}


def _params(prepared: Prepared, parts: Split, fitted: Fitted) -> dict[str, str | float]:
    return {
        **fitted.chosen,
        "split": parts.how,
        "snapshot_sha256": prepared.snapshot.sha256,
        "source": prepared.snapshot.source,
        "taxonomy_version": prepared.taxonomy.version,
        "encoder_hash": prepared.encoder.hash,
        "n_train": len(parts.rows("train")),
        "n_test": len(parts.rows("test")),
    }


def _as_if_random(prepared: Prepared, options: TrainingOptions) -> Measured:
    options.say("once more on a random split, to show what that would have claimed")
    parts = random_split(prepared.snapshot.rows, prepared.groups)
    fitted = _fit(prepared, parts)
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
