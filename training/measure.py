"""A judge's answers on held-out rows, as the figures that a run reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.bootstrap import interval
from evaluation.calibration_bins import calibration_verdict
from evaluation.metrics import (
    Metric,
    accuracy,
    confusion,
    log_loss,
    macro_f1,
    macro_mae,
    per_class,
    qwk,
)
from evaluation.report import flat_metrics
from models.judge import Judgement
from training.result import CalibrationFigure, CategoryFigures, Figure, Measured, SeverityFigures
from training.rows import category_matrix, severity_matrix


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Truth and probabilities of the held-out rows.

    Attributes:
        labels: k names, in the order of the columns.
        truth: (n,) place of the decided label.
        probabilities: (n, k) float64.
        shown: (n,) place of the label that a person is shown, where that is not the likeliest: the policy's costs
            move a severity. None: the likeliest.
    """

    labels: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    shown: npt.NDArray[np.int64] | None = None

    @property
    def suggested(self) -> npt.NDArray[np.int64]:
        """(n,) place of the label that is shown."""
        if self.shown is not None:
            return self.shown
        places: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return places

    def confusion(self) -> npt.NDArray[np.int64]:
        """(k, k): row = decided, column = suggested."""
        return confusion(self.truth, self.suggested, len(self.labels))

    def class_metrics(self, prefix: str) -> dict[str, float]:
        """Precision, recall, F1 and support of each label, by names that the tracker takes."""
        found = per_class(self.truth, self.suggested, len(self.labels))
        named = {metric: dict(zip(self.labels, values.tolist(), strict=True)) for metric, values in found.items()}
        # A table's labels are anybody's words, and a tracker refuses many: they are cleaned as the report's are.
        return flat_metrics({**named, "risk_coverage": {}, "severity": None}, prefix)

    def confusion_table(self) -> dict[str, Any]:
        """The confusion matrix as JSON has it."""
        return {"labels": list(self.labels), "decided_by_suggested": self.confusion().tolist()}


def held_out_category(judgements: Sequence[Judgement], rows: pd.DataFrame, labels: Sequence[str]) -> HeldOut:
    """The category's part. A decided label that the model never met counts against it."""
    names = tuple(labels)
    places = {name: place for place, name in enumerate(names)}
    truth = np.array([places[name] for name in rows["category"]], dtype=np.int64)
    return HeldOut(names, truth, category_matrix(judgements, names))


def held_out_severity(judgements: Sequence[Judgement], rows: pd.DataFrame, levels: Sequence[int]) -> HeldOut | None:
    """The severity's part, of the rows that have one; None where the model judges none."""
    rated = np.flatnonzero(rows["severity"].notna().to_numpy())
    if not len(rated) or not judgements[0].severity:
        return None
    truth = rows["severity"].iloc[rated].to_numpy(dtype=np.int64) - levels[0]
    answers = [judgements[int(row)] for row in rated]
    names = tuple(str(level) for level in levels)
    return HeldOut(names, truth, severity_matrix(answers, levels), shown_severity(answers, levels))


def shown_severity(judgements: Sequence[Judgement], levels: Sequence[int]) -> npt.NDArray[np.int64]:
    """(n,) place of the level that each case is shown with."""
    shown = [judgement.severity_level for judgement in judgements]
    return np.array([0 if level is None else level - levels[0] for level in shown], dtype=np.int64)


def measured(category: HeldOut, severity: HeldOut | None) -> Measured:
    """All figures with their intervals; the calibration error beside what chance leaves of it."""
    error = calibration_verdict(category.truth, category.probabilities)
    return Measured(
        category=CategoryFigures(
            n_test=len(category.truth),
            classes=len(category.labels),
            accuracy=_figure(accuracy, category),
            macro_f1=_figure(macro_f1, category),
            ece=CalibrationFigure(value=error.ece, if_perfect=error.if_perfect, allowed=error.allowed),
            log_loss=_figure(log_loss, category),
        ),
        severity=None if severity is None else _severity_figures(severity),
    )


def _severity_figures(severity: HeldOut) -> SeverityFigures:
    """Agreement and error of the level that is shown, as in the report; the log loss is the probabilities' own."""
    as_shown = replace(severity, probabilities=np.eye(len(severity.labels))[severity.suggested])
    return SeverityFigures(
        n_test=len(severity.truth),
        levels=len(severity.labels),
        accuracy=_figure(accuracy, as_shown),
        macro_f1=_figure(macro_f1, as_shown),
        qwk=_figure(qwk, as_shown),
        macro_mae=_figure(macro_mae, as_shown),
        log_loss=_figure(log_loss, severity),
    )


def _figure(metric: Metric, rows: HeldOut) -> Figure:
    found = interval(metric, rows.truth, rows.probabilities)
    return Figure(value=found.value, low=found.low, high=found.high)
