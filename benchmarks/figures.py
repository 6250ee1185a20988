"""From answers to the row of a table, and to the lines that are printed of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
from public_sets import Asked, PublicSet
from recipe import Answers, Cost, Heads

from evaluation.bootstrap import Interval, interval
from evaluation.metrics import ece, ece_if_perfect, log_loss, per_class, qwk
from evaluation.paired import paired_difference
from evaluation.shortlists import shortlist_coverage

Codes = npt.NDArray[np.intp]
# Of the truth, shape (n,), the suggestions, shape (n, d), and k labels; the mean over the d draws.
Measure = Callable[[Codes, Codes, int], float]
Row = dict[str, object]

# A model within this is calibrated well enough, however many rows could tell it from a perfect one.
ECE_OK = 0.02


def right(truth: Codes, suggested: Codes, k: int) -> float:
    del k
    return float((suggested == truth[:, None]).mean())


def mean_f1(truth: Codes, suggested: Codes, k: int) -> float:
    found = [per_class(truth, column, k) for column in suggested.T]
    return float(np.mean([one["f1"][one["support"] > 0].mean() for one in found]))


def kappa(truth: Codes, suggested: Codes, k: int) -> float:
    return float(np.mean([qwk(truth, np.eye(k)[column]) for column in suggested.T]))


# By name: the head that is measured, and how.
MEASURES: Mapping[str, tuple[str, Measure]] = {
    "accuracy": ("category", right),
    "macro_f1": ("category", mean_f1),
    "qwk_shown": ("severity", kappa),
    "qwk": ("severity", kappa),
}


def row_of(name: str, source: PublicSet, heads: Heads, cost: Cost) -> Row:
    """The table's row."""
    return {
        "set": name,
        "n": len(next(iter(heads.values())).truth),
        "figures": {
            measure: figure(measure, heads[head], source.asked)
            for measure, (head, _) in MEASURES.items()
            if head in heads
        },
        "calibration": {head: calibration(found) for head, found in heads.items()},
        "shortlists": {level: row for found in heads.values() for level, row in shortlists(found).items()},
        **costs(cost),
    }


def costs(cost: Cost) -> Row:
    return {"seconds": round(cost.seconds, 1), "peak_memory_mb": cost.memory, "chosen": dict(cost.chosen)}


def figure(measure: str, found: Answers, asked: tuple[Asked, ...]) -> Row:
    """A figure with its interval, and the difference to each peer on the same rows."""
    k, by = len(found.labels), MEASURES[measure][1]

    def metric(truth: Codes, suggested: Codes) -> float:
        return by(truth, suggested, k)

    ours = found.shown.T if measure == "qwk_shown" else found.recipe.argmax(axis=2).T
    row: Row = asdict(interval(metric, found.truth, ours))
    if ours.shape[1] > 1:
        row["of_draws"] = [by(found.truth, column[:, None], k) for column in ours.T]
    row["peers"] = {
        name: {
            "value": metric(found.truth, theirs.argmax(axis=2).T),
            "ours_minus": asdict(paired_difference(metric, found.truth, ours, theirs.argmax(axis=2).T)),
        }
        for name, theirs in found.peers.items()
    }
    return row | asked_of(measure, row["value"], asked)


def asked_of(measure: str, value: float, asked: tuple[Asked, ...]) -> Row:
    for one in asked:
        if one.measure == measure:
            reached = one.aim is not None and value >= one.aim
            verdict = "aim reached" if reached else "met" if value >= one.at_least else "MISSED"
            return {"at_least": one.at_least, "aim": one.aim, "verdict": verdict}
    return {}


def calibration(found: Answers) -> Row:
    """ECE of the suggestion's probability beside what chance alone would show of a perfect model, 95th percentile."""
    value = float(np.mean([ece(found.truth, draw) for draw in found.recipe]))
    bound = float(np.mean([ece_if_perfect(draw, quantile=0.95) for draw in found.recipe]))
    return {
        "ece": value,
        "ece_if_perfect_95": bound,
        "ok": value <= max(ECE_OK, bound),
        "log_loss": float(np.mean([log_loss(found.truth, draw) for draw in found.recipe])),
    }


def shortlists(found: Answers) -> Row:
    if found.shortlists is None:
        return {}
    truth = np.tile(found.truth, len(found.recipe))
    return {str(level): asdict(shortlist_coverage(lists, truth)) for level, lists in found.shortlists.items()}


def lines(row: Row) -> str:
    """What is printed of a row."""
    told = [f"{row['set']}  n={row['n']}  {row['seconds']} s, peak {row['peak_memory_mb']} MB"]
    for measure, found in row["figures"].items():
        told.append(f"  {measure:<10} {interval_text(found)}{verdict_text(found)}")
        told += [f"    {name:<14} {peer_text(peer)}" for name, peer in found["peers"].items()]
    for head, found in row.get("calibration", {}).items():
        word = "ok" if found["ok"] else "NOT OK"
        told.append(
            f"  ECE of {head} {found['ece']:.4f} {word} (a perfect model's 95th percentile: "
            f"{found['ece_if_perfect_95']:.4f}), log loss {found['log_loss']:.4f}"
        )
    for level, found in row.get("shortlists", {}).items():
        told.append(f"  shortlist {level}: holds {interval_text(found['coverage'])}, {found['mean_size']:.2f} long")
    told += [f"  {name}: {value}" for name, value in row.get("told", {}).items()]
    told.append(f"  chose {chosen_text(row['chosen'])}")
    return "\n".join(told)


def interval_text(found: Mapping[str, float]) -> str:
    return f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"


def verdict_text(found: Row) -> str:
    draws = found.get("of_draws")
    spread = f"  draws {' '.join(f'{value:.4f}' for value in draws)}" if draws else ""
    if "verdict" not in found:
        return spread
    aim = "" if found["aim"] is None else f", aim {found['aim']}"
    return f"{spread}  asked {found['at_least']}{aim}: {found['verdict']}"


def peer_text(peer: Row) -> str:
    """The peer's figure, and ours less it; a difference counts when its interval does not hold zero."""
    less = Interval(**peer["ours_minus"])
    word = "  WORSE THAN IT" if less.high < 0 else "  no difference" if less.low <= 0 else ""
    return f"{peer['value']:.4f} ({less.value:+.4f} [{less.low:+.4f}, {less.high:+.4f}]){word}"


def chosen_text(chosen: Mapping[str, float | str]) -> str:
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in chosen.items()
    )
