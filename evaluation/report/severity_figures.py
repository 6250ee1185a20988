"""The severity's part of a report's figures."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from evaluation.bootstrap import interval
from evaluation.judged import JudgedSeverity, Places
from evaluation.metrics import accuracy, confusion, log_loss, macro_mae, qwk, rps
from evaluation.report.shares import share
from evaluation.severity_cost import cost_of_best_constant, mean_cost, milder_and_harsher


def severity_figures(severity: JudgedSeverity | None, draws: int) -> dict[str, Any] | None:
    """Of the rows whose level was decided; None where there are none.

    Agreement, error and cost are those of the level that is shown, which the policy's costs move away from the
    likeliest one; the log-loss and the ranked probability score are the probabilities' own, and
    the likeliest level's cost is there to see what the move is worth.
    """
    if severity is None or not len(severity.rated):
        return None
    truth, shown = severity.truth[severity.rated], severity.shown[severity.rated]
    p = severity.probabilities[severity.rated]
    k = len(severity.levels)
    as_shown = np.eye(k)[shown]
    milder, harsher = milder_and_harsher(truth, shown)
    return {
        "levels": list(severity.levels),
        "n": len(truth),
        "accuracy": asdict(interval(accuracy, truth, as_shown, draws=draws)),
        "qwk": asdict(interval(qwk, truth, as_shown, draws=draws)),
        "macro_mae": asdict(interval(macro_mae, truth, as_shown, draws=draws)),
        "log_loss": asdict(interval(log_loss, truth, p, draws=draws)),
        "rps": asdict(interval(rps, truth, p, draws=draws)),
        "cost": asdict(mean_cost(truth, shown, severity.costs, draws=draws)),
        "cost_of_likeliest": asdict(mean_cost(truth, p.argmax(axis=1), severity.costs, draws=draws)),
        "cost_of_best_constant": cost_of_best_constant(truth, severity.costs),
        "milder": share(milder, len(truth)),
        "harsher": share(harsher, len(truth)),
        "most_severe": _most_severe(truth, shown, k),
        "confusion": confusion(truth, shown, k).tolist(),
        "costs": severity.costs.tolist(),
    }


def _most_severe(truth: Places, shown: Places, k: int) -> dict[str, Any]:
    """Place 0 of the levels: how many of these cases are shown as such, and how many as the mildest level."""
    of_these = shown[truth == 0]
    return {
        "n": len(of_these),
        "recall": share(int((of_these == 0).sum()), len(of_these)),
        "shown_mildest": int((of_these == k - 1).sum()),
    }
