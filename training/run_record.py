"""What a training run leaves in the tracker: figures, plots, the report, the ledger, the artifact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cases.taxonomy import Taxonomy
from evaluation.held_out import HeldOutFigures, held_out_figures
from evaluation.report import ModelFacts
from models.judge import Judge
from models.search import Budget
from training.measure import HeldOut, held_out_category, held_out_severity, measured
from training.plots import confusion_plot, reliability_plot
from training.report import Say, report, under_attack, written_caveats
from training.result import Measured
from training.rows import assembled_rows
from training.snapshot import Snapshot
from training.split import Split
from training.suspects import Suspect, suspects_table
from training.tracking import RunRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

SUSPECTS = "suspects.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A training run, up to its saved artifact.

    Attributes:
        name: The registered model's.
        chosen: What the search chose, by name.
        suspects: Decisions learnt from that may be slips.
        artifact: The folder of the saved model.
    """

    name: str
    snapshot: Snapshot
    taxonomy: Taxonomy
    parts: Split
    chosen: Mapping[str, float | str]
    suspects: tuple[Suspect, ...]
    budget: Budget
    artifact: Path


def run_record(run: Run, judge: Judge, *, made: datetime, say: Say) -> tuple[RunRecord, Measured, HeldOutFigures]:
    """Measure the saved artifact on the held-out rows, and put all that the tracker gets together.

    Args:
        run: The run.
        judge: The artifact as it was loaded back.
        made: When; aware.
        say: Called with a line for people when a step begins that takes its time.
    """
    rows = run.snapshot.rows.iloc[run.parts.rows("test")]
    judgements = judge.judge(assembled_rows(rows))
    category = held_out_category(judgements, rows, run.taxonomy.category_ids)
    severity = held_out_severity(judgements, rows, run.taxonomy.levels)
    figures = measured(category, severity)
    # Whoever asks for a quick answer does not wait for sixteen further readings of the rows.
    attacked = None if run.budget == "quick" else under_attack(judge, rows, say)
    said = report(
        judgements, rows, run.taxonomy, _facts(run, judge, made, written_caveats(rows)), robustness=attacked
    )
    metrics = category.class_metrics("category") | _headline("category", figures.category.model_dump())
    tables = {"category_confusion.json": category.confusion_table()}
    plots = {
        "category_confusion.png": confusion_plot(category.confusion(), category.labels),
        "category_reliability.png": _reliability(category),
    }
    if severity is not None and figures.severity is not None:
        tables["severity_confusion.json"] = severity.confusion_table()
        plots["severity_confusion.png"] = confusion_plot(severity.confusion(), severity.labels)
        metrics |= severity.class_metrics("severity") | _headline("severity", figures.severity.model_dump())
    record = RunRecord(
        params=_params(run, judge),
        metrics=metrics | said.metrics,
        tables={
            **tables,
            "figures.json": figures.model_dump(mode="json"),
            "report.json": said.figures,
            SUSPECTS: suspects_table(run.suspects),
        },
        texts={"report.html": said.html, "model_card.md": said.card},
        plots=plots,
        ledger=run.snapshot.ledger(pd.Series(run.parts.part)),
        artifact=run.artifact,
    )
    labels = [str(label) for label in judge.category.classes_]
    tiers = None if judge.assurance is None else judge.assurance.tiers
    return record, figures, held_out_figures(labels, tiers, judgements, rows["category"].astype(str).tolist())


def _reliability(category: HeldOut) -> Plot:
    return reliability_plot(category.probabilities.max(axis=1), category.suggested == category.truth)


def _headline(prefix: str, figures: dict[str, object]) -> dict[str, float]:
    values = {name: figure["value"] for name, figure in figures.items() if isinstance(figure, dict)}
    return {f"{prefix}/{name}": float(value) for name, value in values.items()}


def _params(run: Run, judge: Judge) -> dict[str, str | float]:
    return {
        **run.chosen,
        "budget": run.budget,
        "split": run.parts.how,
        "snapshot_sha256": run.snapshot.sha256,
        "source": run.snapshot.source,
        "taxonomy_version": run.taxonomy.version,
        "encoder_hash": judge.encoder.hash,
        "n_train": len(run.parts.rows("train")),
        "n_test": len(run.parts.rows("test")),
    }


def _facts(run: Run, judge: Judge, made: datetime, caveats: tuple[str, ...]) -> ModelFacts:
    left_out = ", ".join(f"{count} ({reason})" for reason, count in run.snapshot.left_out.items())
    return ModelFacts(
        name=run.name,
        # The registry numbers it once the run is there; the run's page says which number it became.
        version=f"of {made:%Y-%m-%d %H:%M} UTC",
        made=made.isoformat(timespec="seconds"),
        model={
            "budget": run.budget,
            "encoder": judge.encoder.hash[:12],
            "languages": ", ".join(judge.languages),
            **{name: value for name, value in run.chosen.items() if not name.startswith("encoder_")},
        },
        data={
            "source": run.snapshot.source,
            "snapshot": run.snapshot.sha256[:12],
            "split": run.parts.how,
            "learnt from": len(run.parts.rows("train")),
            "held out": len(run.parts.rows("test")),
            "set aside": len(run.parts.rows("aside")),
            "left out": left_out or "none",
        },
        caveats=caveats,
    )
