"""The figures of a report as plain JSON, and as the flat numbers that a tracker takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.bootstrap import DRAWS, bounds, interval, resamples
from evaluation.calibration_bins import calibration_bins, calibration_verdict
from evaluation.judged import Judged
from evaluation.metrics import accuracy, confusion, log_loss, macro_f1
from evaluation.report.severity_figures import severity_figures
from evaluation.report.shares import share
from evaluation.risk_coverage import risk_coverage
from evaluation.shortlists import shortlist_coverage
from evaluation.slices import slices

PRECISION_TARGET = 0.95
TIERS = ("apply", "suggest", "abstain")
# A curve of more points looks the same and makes the file large.
_CURVE_POINTS = 200
_TOP_CONFUSIONS, _EXAMPLES = 15, 3
_NOVEL = 0.01
# What a tracker's metric name may not hold.
_UNNAMEABLE = re.compile(r"[^\w .:-]", flags=re.ASCII)
_LONGEST_NAME = 80


def figures(judged: Judged, *, precision_target: float = PRECISION_TARGET, draws: int = DRAWS) -> dict[str, Any]:
    """All that a report says of the rows: numbers, labels and case ids, never a text.

    A figure with an interval is {"value", "low", "high"}, 95 %: Wilson's where it is a share of counted rows, the
    percentile bootstrap's elsewhere and for the whole's accuracy, as training states it. The calibration error has
    none, but what a perfectly calibrated model would show and what is allowed. What cannot be said of the rows (the
    precision of a category never suggested, the severity of a judge that knows none) is None.

    Args:
        judged: Rows held out.
        precision_target: Of the answers taken without a look, 0..1.
        draws: Bootstrap resamples.
    """
    return {
        "rows": len(judged.truth),
        "category": _category(judged, draws),
        "classes": _classes(judged, draws),
        "reliability": [asdict(each) for each in calibration_bins(judged.confidence, judged.right)],
        "risk_coverage": _risk_coverage(judged, precision_target),
        "confusion": _confusion(judged),
        "severity": severity_figures(judged.severity, draws),
        "slices": {
            name: [asdict(each) for each in slices(values, judged.right, judged.confidence)]
            for name, values in judged.slices.items()
            if len(values)
        },
        "shortlists": {str(level): _shortlist(judged, level) for level in sorted(judged.shortlists)},
        "tiers": [_tier(judged, tier) for tier in TIERS] if len(judged.tiers) else [],
        "novelty": _novelty(judged),
    }


def flat_metrics(found: Mapping[str, Any], prefix: str = "report") -> dict[str, float]:
    """The same numbers by one name each, "report/slices/channel/email/accuracy/low", as a tracker takes them.

    Curves, bins and the confusion table stay in the JSON. Characters that a tracker refuses become "_"; two names
    that thereby become one are told apart by a number.
    """
    kept = {name: part for name, part in found.items() if name not in {"reliability", "confusion"}}
    kept["risk_coverage"] = {k: v for k, v in found["risk_coverage"].items() if k != "points"}
    if found["severity"] is not None:
        kept["severity"] = {k: v for k, v in found["severity"].items() if k not in {"confusion", "costs"}}
    flat: dict[str, float] = {}
    for path, number in _leaves(kept, ()):
        name, count = "/".join((prefix, *path)), 1
        while name in flat:
            count += 1
            name = "/".join((prefix, *path)) + f"-{count}"
        flat[name] = number
    return flat


def _leaves(part: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _leaves(inner, (*path, _UNNAMEABLE.sub("_", str(name))[:_LONGEST_NAME]))
    elif isinstance(part, list):
        for inner in part:
            # A row is called by what it is of, its first entry, rather than by its place.
            (name, _), *_rest = inner.items() if isinstance(inner, Mapping) else (("", None),)
            if name in {"label", "value", "tier"}:
                yield from _leaves({inner[name]: {k: v for k, v in inner.items() if k != name}}, path)
    elif isinstance(part, bool | int | float):
        yield path, float(part)


def _category(judged: Judged, draws: int) -> dict[str, Any]:
    metrics = {"accuracy": accuracy, "macro_f1": macro_f1, "log_loss": log_loss}
    found: dict[str, Any] = {
        name: asdict(interval(metric, judged.truth, judged.probabilities, draws=draws))
        for name, metric in metrics.items()
    }
    verdict = calibration_verdict(judged.truth, judged.probabilities)
    # No interval: a resample holds rows twice, which alone makes the error larger, so all of it would lie too high.
    ece = {"value": verdict.ece, "if_perfect": verdict.if_perfect, "allowed": verdict.allowed, "ok": verdict.ok}
    return {**found, "ece": ece}


def _classes(judged: Judged, draws: int) -> list[dict[str, Any]]:
    k, truth, suggested = len(judged.labels), judged.truth, judged.suggested
    table = confusion(truth, suggested, k)
    drawn = np.array([_f1(confusion(truth[r], suggested[r], k)) for r in resamples(len(truth), draws, 0)])
    f1 = _f1(table)
    found = []
    for place, label in enumerate(judged.labels):
        hits, support, given = int(table[place, place]), int(table[place].sum()), int(table[:, place].sum())
        found.append(
            {
                "label": label,
                "support": support,
                "suggested": given,
                "precision": share(hits, given),
                "recall": share(hits, support),
                "f1": _with_bounds(float(f1[place]), drawn[:, place]) if support + given else None,
            }
        )
    return found


def _with_bounds(value: float, drawn: npt.NDArray[np.float64]) -> dict[str, float]:
    """The value with the bounds of those resamples that met the class; of none, all that is known is the value."""
    met = drawn[~np.isnan(drawn)]
    low, high = bounds(list(met)) if len(met) else (value, value)
    return {"value": value, "low": low, "high": high}


def _f1(table: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(k,) F1 of each class; NaN where it is neither true of a row nor suggested: that is no failure to tell it."""
    met = table.sum(axis=0) + table.sum(axis=1)
    return np.where(met > 0, 2 * np.diag(table) / np.maximum(met, 1), np.nan)


def _risk_coverage(judged: Judged, target: float) -> dict[str, Any]:
    curve = risk_coverage(judged.confidence, judged.right)
    kept = np.unique(np.linspace(0, len(curve.taken) - 1, _CURVE_POINTS).round().astype(int))
    place = curve.widest_at(target)
    return {
        "aurc": curve.aurc,
        "best_aurc": curve.best_aurc,
        "target_precision": target,
        "coverage_at_target": 0.0 if place is None else float(curve.coverage[place]),
        "threshold_at_target": None if place is None else float(curve.threshold[place]),
        "precision_at_target": None
        if place is None
        else share(int(curve.taken[place] - curve.wrong[place]), int(curve.taken[place])),
        "points": [
            {"coverage": coverage, "risk": risk, "threshold": threshold}
            for coverage, risk, threshold in zip(
                curve.coverage[kept].tolist(), curve.risk[kept].tolist(), curve.threshold[kept].tolist(), strict=True
            )
        ],
    }


def _confusion(judged: Judged) -> dict[str, Any]:
    table = confusion(judged.truth, judged.suggested, len(judged.labels))
    wrong = table - np.diag(np.diag(table))
    largest = np.argsort(-wrong, axis=None, kind="stable")[:_TOP_CONFUSIONS]
    pairs = [divmod(int(place), len(judged.labels)) for place in largest if wrong.flat[place]]
    return {
        "labels": list(judged.labels),
        "decided_by_suggested": table.tolist(),
        "top": [
            {
                "decided": judged.labels[row],
                "suggested": judged.labels[column],
                "n": int(table[row, column]),
                "share_of_decided": float(table[row, column] / table[row].sum()),
                "examples": _examples(judged, row, column),
            }
            for row, column in pairs
        ],
    }


def _examples(judged: Judged, decided: int, suggested: int) -> list[str]:
    """Ids of the surest such cases: where a sure judge is wrong, either it or the decision has something to learn."""
    if not len(judged.examples):
        return []
    rows = np.flatnonzero((judged.truth == decided) & (judged.suggested == suggested))
    surest = rows[np.argsort(-judged.confidence[rows], kind="stable")][:_EXAMPLES]
    return [judged.examples[int(row)] for row in surest]


def _shortlist(judged: Judged, level: float) -> dict[str, Any]:
    sets = judged.shortlists[level]
    sizes = np.array([len(each) for each in sets])
    found = shortlist_coverage(sets, judged.truth)
    return {
        "coverage": asdict(found.coverage),
        "mean_size": found.mean_size,
        "largest": int(sizes.max()),
        "single": float((sizes == 1).mean()),
    }


def _tier(judged: Judged, tier: str) -> dict[str, Any]:
    rows = np.array([each == tier for each in judged.tiers])
    n = int(rows.sum())
    return {
        "tier": tier,
        "n": n,
        "share": share(n, len(rows)),
        "precision": share(int(judged.right[rows].sum()), n),
    }


def _novelty(judged: Judged) -> dict[str, Any] | None:
    if judged.novelty_p is None:
        return None
    novel = judged.novelty_p < _NOVEL
    return {
        "level": _NOVEL,
        "novel": share(int(novel.sum()), len(novel)),
        "accuracy_novel": share(int(judged.right[novel].sum()), int(novel.sum())),
        "accuracy_known": share(int(judged.right[~novel].sum()), int((~novel).sum())),
    }
