"""`caseload evaluate`: a model on any decided cases, as figures, an HTML report and a model card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cases.errors import InvalidInputError, TrackerUnavailableError
from cases.settings import Settings
from cases.store import CaseStore
from evaluation.report import ModelFacts
from features.embedding_cache import CachedEncoder
from features.encoder.layout import file_sha256
from models.artifact import MANIFEST, load_artifact, verify_artifact
from models.judge import Judge
from training.bootstrap import NAME as DEFINITIONS_ALONE
from training.registry import fetch_artifact, registered
from training.report import Report, Say, report, under_attack, written_caveats
from training.rows import assembled_rows
from training.snapshot import Snapshot, from_store
from training.table import TableColumns, from_table
from training.tracking import LoggedRun, TrackedModel, find_model, read_ledger, read_run

RECORD = "record"
"""The source of a snapshot of the record, as `from_store` names it; a table's is its file's name."""

MAY_HAVE_LEARNT = "may hold cases that it learnt from"
"""Of rows that could not be held against what the model learnt from."""

_SHA256 = re.compile("[0-9a-f]{64}")
_NO_LEDGER = pd.DataFrame({"case_id": [], "part": [], "text_sha256": []}, dtype=str)


_UNKNOWN = f"What this model learnt from is not known here: the rows {MAY_HAVE_LEARNT}."
_CROSSED = (
    f"The rows {MAY_HAVE_LEARNT}: the record's cases are known by title and text together, a table's rows by their "
    "text alone, and the model learnt from one and is measured on the other."
)


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model to evaluate.

    Attributes:
        judge: It, behind the embedding cache.
        name: As registered or promoted, or as its artifact says.
        version: As registered or promoted, else the start of its SHA-256.
        sha256: Of its manifest.
        run_id: The tracker's run; "" where the tracker knows none.
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
        caveats: What whoever reads a figure must know.
    """

    model: NamedModel
    rows: int
    left_out: dict[str, int]
    report: Report
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Past:
    """What is known of a model's training.

    Attributes:
        run: Its run; None where there is none to read.
        ledger: Ids, text digests and parts of the rows that it was made with; None where that is not known.
    """

    run: LoggedRun | None = None
    ledger: pd.DataFrame | None = None


def named_model(settings: Settings, model: str, store: CaseStore | None = None) -> NamedModel:
    """A model by registered version or alias, by an artifact's folder, or by the SHA-256 of one that was promoted.

    An artifact is looked up by its SHA-256 in the tracker, else among the champions of `store`, for its name and run.

    Raises:
        NotFoundError: Nothing of that name is registered.
        ArtifactError: Its files are not what they must be.
        TrackerUnavailableError: The tracker does not answer, and the model was named as it is registered.
    """
    promoted = settings.models_dir / model if _SHA256.fullmatch(model) else None
    folder = promoted if promoted is not None and promoted.is_dir() else Path(model)
    if (folder / MANIFEST).exists():
        manifest = verify_artifact(folder, model if promoted is not None else None)
        sha256 = file_sha256(folder / MANIFEST)
        known = _looked_up(settings, sha256, store) or TrackedModel("", manifest.name, sha256[:12])
        return NamedModel(_cached(settings, folder, sha256), known.name, known.version, sha256, known.run_id)
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
    attacks: bool = False,
    now: datetime | None = None,
    say: Say | None = None,
) -> Evaluation:
    """Measure a model on cases that it did not learn from.

    Args:
        settings: Where models are.
        model: See `named_model`.
        store: The record: its decided cases, those that the model learnt from left out.
        table: A labelled table instead, and its columns; where it has a split, its test part.
        show_texts: Whether the page quotes example cases.
        attacks: Whether some of the cases are judged in disguise too, for the report's table of robustness.
        now: When; None for this moment.
        say: Called with a line for people when a step begins that takes its time.

    Raises:
        InvalidInputError: There is nothing to measure on, or the table is not as it must be.
        NotFoundError, ArtifactError, TrackerUnavailableError: As `named_model`.
    """
    chosen = named_model(settings, model, store)
    past = _past(settings, chosen)
    snapshot = _rows(chosen, past, store, table)
    if snapshot.rows.empty:
        raise InvalidInputError(
            "'data' must hold cases of the model's categories that it did not learn from (got none, "
            f"{snapshot.left_out or 0} left out); give other cases"
        )
    facts = _facts(chosen, past, snapshot, now or datetime.now(UTC))
    found = report(
        chosen.judge.judge(assembled_rows(snapshot.rows)),
        snapshot.rows,
        chosen.judge.taxonomy,
        facts,
        robustness=under_attack(chosen.judge, snapshot.rows, say or _silent) if attacks else None,
        show_texts=show_texts,
        by_associate=True,
    )
    return Evaluation(chosen, len(snapshot.rows), snapshot.left_out, found, facts.caveats)


def _silent(line: str) -> None:
    del line


def _cached(settings: Settings, folder: Path, sha256: str) -> Judge:
    judge = load_artifact(folder, sha256)
    return judge.with_encoder(CachedEncoder(judge.encoder, settings.cache_dir))


def _looked_up(settings: Settings, sha256: str, store: CaseStore | None) -> TrackedModel | None:
    try:
        found = find_model(settings, sha256)
    except TrackerUnavailableError:
        # A promoted model is measured without its tracker too; the report then says what is not known.
        found = None
    champions = () if store is None or found is not None else store.champions()
    return next((TrackedModel("", row.name, row.version) for row in champions if row.sha256 == sha256), found)


def _past(settings: Settings, model: NamedModel) -> _Past:
    if not model.run_id:
        # The policy's words alone made this one: there is nothing that it could have learnt from.
        return _Past(ledger=_NO_LEDGER if model.name == DEFINITIONS_ALONE else None)
    try:
        return _Past(read_run(settings, model.run_id), read_ledger(settings, model.run_id))
    except TrackerUnavailableError:
        return _Past()


def _rows(
    model: NamedModel, past: _Past, store: CaseStore | None, table: tuple[Path, TableColumns] | None
) -> Snapshot:
    """The rows to measure on, with how many were not taken, by reason."""
    taxonomy = model.judge.taxonomy
    reasons: dict[str, pd.Series] = {}
    if table is not None:
        snapshot = from_table(*table, levels=len(taxonomy.levels))
        reasons["the table's training part"] = snapshot.rows["split"] == "train"
    elif store is not None:
        snapshot = from_store(store.decided_cases(), taxonomy)
    else:
        raise ValueError("'store' or 'table' must be given (got neither); give one")
    if past.ledger is not None:
        reasons["learnt from"] = _of_part(snapshot, past.ledger, "train")
        if past.run is None or past.run.split != "champion":
            reasons["its subject or a near-duplicate was learnt from"] = _of_part(snapshot, past.ledger, "aside")
        # After the split "champion" no row was learnt from that shares a group with one set aside: they are clean.
    reasons["a category that the model's policy lacks"] = ~snapshot.rows["category"].isin(list(taxonomy.category_ids))
    kept, left_out = pd.Series(data=True, index=snapshot.rows.index), dict(snapshot.left_out)
    for reason, out in reasons.items():
        count = int((kept & out).sum())
        left_out |= {reason: count} if count else {}
        kept &= ~out
    return Snapshot(snapshot.rows[kept].reset_index(drop=True), snapshot.source, left_out)


def _of_part(snapshot: Snapshot, ledger: pd.DataFrame, part: str) -> pd.Series:
    """Whether each row is, by its id or its text, one of a part of the ledger's."""
    theirs = ledger[ledger["part"] == part]
    ours = snapshot.ledger(pd.Series("", index=snapshot.rows.index))
    same: pd.Series = ours["text_sha256"].isin(theirs["text_sha256"])
    # A table's ids are but its name and the row's place: another table of that name has them too.
    return same | ours["case_id"].isin(theirs["case_id"]) if snapshot.source == RECORD else same


def _facts(model: NamedModel, past: _Past, snapshot: Snapshot, now: datetime) -> ModelFacts:
    told: dict[str, Any] = {
        "sha256": model.sha256[:12],
        "encoder": model.judge.encoder.hash[:12],
        "languages": ", ".join(model.judge.languages),
    }
    measured, doubt = now.isoformat(timespec="seconds"), _doubt(past, snapshot)
    made = past.run.started.isoformat(timespec="seconds") if past.run else f"at a time not known, measured {measured}"
    left_out = ", ".join(f"{count} ({reason})" for reason, count in snapshot.left_out.items())
    return ModelFacts(
        name=model.name,
        version=model.version,
        made=made,
        model=told,
        data={
            "source": snapshot.source,
            "measured": measured,
            "measured on": len(snapshot.rows),
            "left out": left_out or "none",
        },
        caveats=(*((doubt,) if doubt else ()), *written_caveats(snapshot.rows)),
        held_out=not doubt,
    )


def _doubt(past: _Past, snapshot: Snapshot) -> str:
    """Why it is not known that the model learnt from none of the rows; "" where it is."""
    if past.ledger is None:
        return _UNKNOWN
    crossed = past.run is not None and (past.run.source == RECORD) != (snapshot.source == RECORD)
    return _CROSSED if crossed else ""
