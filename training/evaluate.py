"""`caseload evaluate`: a model on any decided cases, as figures, an HTML report and a model card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases.errors import InvalidInputError
from cases.settings import Settings
from cases.store import CaseStore
from evaluation.report import ModelFacts
from features.embedding_cache import CachedEncoder
from features.encoder.layout import file_sha256
from models.artifact import MANIFEST, load_artifact, verify_artifact
from models.judge import Judge
from training.registry import fetch_artifact, registered
from training.report import Report, report
from training.rows import assembled_rows
from training.snapshot import Snapshot, from_store
from training.table import TableColumns, from_table
from training.tracking import read_ledger

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model to evaluate.

    Attributes:
        judge: It, behind the embedding cache.
        name: As registered, or as its artifact says.
        version: As registered, else the start of its SHA-256.
        sha256: Of its manifest.
        run_id: The tracker's run; "" where the artifact alone is known.
    """

    judge: Judge
    name: str
    version: str
    sha256: str
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer of `caseload evaluate`.

    Attributes:
        model: Which model.
        rows: Measured on.
        left_out: Rows not measured on, by reason.
        report: Figures, page and card.
    """

    model: NamedModel
    rows: int
    left_out: dict[str, int]
    report: Report


def named_model(settings: Settings, model: str) -> NamedModel:
    """A model by registered version or alias, by an artifact's folder, or by the SHA-256 of one that was promoted.

    Raises:
        NotFoundError: Nothing of that name is registered.
        ArtifactError: Its files are not what they must be.
        TrackerUnavailableError: The tracker does not answer.
    """
    promoted = settings.models_dir / model if _SHA256.fullmatch(model) else None
    folder = promoted if promoted is not None and promoted.is_dir() else Path(model)
    if (folder / MANIFEST).exists():
        manifest = verify_artifact(folder, model if promoted is not None else None)
        sha256 = file_sha256(folder / MANIFEST)
        return NamedModel(_cached(settings, folder, sha256), manifest.name, sha256[:12], sha256)
    found = registered(settings, model)
    place = fetch_artifact(settings, found)
    return NamedModel(_cached(settings, place, found.sha256), found.name, found.version, found.sha256, found.run_id)


def evaluate(
    settings: Settings,
    model: str,
    *,
    store: CaseStore | None = None,
    table: tuple[Path, TableColumns] | None = None,
    show_texts: bool = False,
    now: datetime | None = None,
) -> Evaluation:
    """Measure a model on cases that it did not learn from.

    Args:
        settings: Where models are.
        model: See `named_model`.
        store: The record: its decided cases, those that the model learnt from left out.
        table: A labelled table instead, and its columns; where it has a split, its test part.
        show_texts: Whether the page quotes example cases.
        now: When; None for this moment.

    Raises:
        InvalidInputError: There is nothing to measure on, or the table is not as it must be.
        NotFoundError, ArtifactError, TrackerUnavailableError: As `named_model`.
    """
    chosen = named_model(settings, model)
    snapshot, left_out = _rows(settings, chosen, store, table)
    if snapshot.rows.empty:
        raise InvalidInputError(
            f"'data' must hold cases of the model's categories that it did not learn from (got none, {left_out or 0} "
            "left out); give other cases"
        )
    judgements = chosen.judge.judge(assembled_rows(snapshot.rows))
    facts = _facts(chosen, snapshot, left_out, now or datetime.now(UTC))
    found = report(judgements, snapshot.rows, chosen.judge.taxonomy, facts, show_texts=show_texts, by_associate=True)
    return Evaluation(chosen, len(snapshot.rows), left_out, found)


def _cached(settings: Settings, folder: Path, sha256: str) -> Judge:
    judge = load_artifact(folder, sha256)
    return judge.with_encoder(CachedEncoder(judge.encoder, settings.cache_dir))


def _rows(
    settings: Settings, model: NamedModel, store: CaseStore | None, table: tuple[Path, TableColumns] | None
) -> tuple[Snapshot, dict[str, int]]:
    """The rows to measure on, and how many were not taken, by reason."""
    if table is not None:
        snapshot = from_table(*table, levels=len(model.judge.taxonomy.levels))
        kept = snapshot.rows["split"] != "train"
        reasons = {"the table's training part": int((~kept).sum())}
    elif store is not None:
        snapshot = from_store(store.decided_cases(), model.judge.taxonomy)
        learnt: set[str] = set()
        if model.run_id:
            ledger = read_ledger(settings, model.run_id)
            learnt = set(ledger["case_id"][ledger["part"] == "train"])
        kept = ~snapshot.rows["case_id"].isin(list(learnt))
        reasons = {"learnt from": int((~kept).sum())}
    else:
        raise ValueError("'store' or 'table' must be given (got neither); give one")
    known = snapshot.rows["category"].isin(list(model.judge.taxonomy.category_ids))
    reasons["a category that the model's policy lacks"] = int((kept & ~known).sum())
    rows = snapshot.rows[kept & known].reset_index(drop=True)
    left_out = snapshot.left_out | {reason: count for reason, count in reasons.items() if count}
    return Snapshot(rows, snapshot.source, left_out), left_out


def _facts(model: NamedModel, snapshot: Snapshot, left_out: dict[str, int], now: datetime) -> ModelFacts:
    told: dict[str, Any] = {
        "sha256": model.sha256[:12],
        "encoder": model.judge.encoder.hash[:12],
        "languages": ", ".join(model.judge.languages),
    }
    return ModelFacts(
        name=model.name,
        version=model.version,
        made=now.isoformat(timespec="seconds"),
        model=told,
        data={
            "source": snapshot.source,
            "measured on": len(snapshot.rows),
            "left out": ", ".join(f"{count} ({reason})" for reason, count in left_out.items()) or "none",
        },
    )
