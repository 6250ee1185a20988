"""The strongest judge that a budget finds: with the encoder as it came, or with one tuned on the decided cases.

A tuned encoder is kept only where out-of-fold log loss says that it is better by more than the noise of the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.encoder import CompiledEncoder, compile_encoder
from features.encoder.protocol import Encoder
from features.frame import TEXT, embedding_columns
from models.calibration import row_losses
from models.category import CategoryClassifier
from models.search import Budget
from models.severity import SeverityClassifier
from training.fit import Fitted, Heads, TrainingPart, assembled, fit_clauses, fit_heads, fit_judge, fit_severity
from training.tune import PLANS, Target, TunedEncoder, TuningData, tune

Say = Callable[[str], None]

# Standard errors by which a tuned encoder must be ahead: it costs minutes, and every model its own embeddings.
_AHEAD = 2.0
# Shares of the loss that severity and clauses have beside the category's 1.
_SEVERITY_SHARE, _CLAUSE_SHARE = 0.3, 0.3


def fit_best(part: TrainingPart, budget: Budget, *, source: str | None, scratch: Path, say: Say) -> Fitted:
    """Choose, fit and calibrate on the training part, within a budget.

    Args:
        part: The training part.
        budget: "quick" takes the encoder as it came; the others also tune it, as far as their plan allows.
        source: The encoder's source, to start tuning from.
        scratch: A folder for the tuned encoder, which must outlive the answer.
        say: Told when a step begins.
    """
    plan = PLANS.get(budget)
    if plan is None:
        return fit_judge(part, budget)
    as_it_came = fit_heads(part, budget)
    tuned = tune(source, tuning_data(part), part.groups.tolist(), plan, scratch / "tuned", say)
    if tuned is None:
        say("the encoder stays as it came: tuning it on so many cases would take longer than the budget")
        return assembled(part, as_it_came, {"encoder": "as it came, too much to tune on"})
    compiled = compile_encoder(str(tuned.directory), scratch / "compiled")
    encoder = CompiledEncoder.load(compiled)
    say("embedding the texts with the tuned encoder")
    other = replace(part, frame=_embedded(part.frame, encoder), encoder=encoder, encoder_dir=compiled)
    heads = tuned_heads(other, tuned, budget)
    gain, error = _gain(part, as_it_came, heads)
    say(f"tuned encoder: log loss better by {gain:.3f} ± {error:.3f} on held-out rows")
    facts = {"encoder_gain": gain, "encoder_gain_error": error, "encoder_epochs": float(tuned.epochs)}
    if gain <= _AHEAD * error:
        return assembled(part, as_it_came, {"encoder": "as it came, tuning did not pay", **facts})
    return assembled(other, heads, {"encoder": "tuned", **facts})


def tuning_data(part: TrainingPart) -> TuningData:
    """The labels that an encoder is tuned on: categories, and severity and clauses where the rows have them."""
    targets = {"category": Target(part.codes, len(part.labels), 1.0)}
    if (part.levels > 0).any():
        levels = np.array(sorted({int(level) for level in part.levels if level > 0}))
        codes = np.where(part.levels > 0, np.searchsorted(levels, part.levels), -1).astype(np.intp)
        targets["severity"] = Target(codes, len(levels), _SEVERITY_SHARE)
    clauses = part.clauses()
    if clauses is not None:
        targets["clause"] = Target(clauses[1], len(clauses[0]), _CLAUSE_SHARE)
    return TuningData(part.frame[TEXT].tolist(), targets)


def tuned_heads(part: TrainingPart, tuned: TunedEncoder, budget: Budget) -> Heads:
    """The tuned layers pooled with words and signals; on the embedding itself nothing may be fitted any more."""
    category = CategoryClassifier(lexical_weight=1.0, dense_weight=0.0, budget=budget).fit(
        part.frame, part.rows["category"].astype(str), part.groups.tolist(), [tuned.heads["category"]]
    )
    severity = fit_severity(
        part,
        SeverityClassifier(lexical_weight=1.0, dense_weight=0.0, budget=budget),
        lambda rated: [tuned.heads["severity"].of_rows(rated)],
    )
    clauses = fit_clauses(part, tuned.heads["clause"].of_rows) if "clause" in tuned.heads else None
    return Heads(category, severity, tuned.distances, clauses)


def _gain(part: TrainingPart, before: Heads, after: Heads) -> tuple[float, float]:
    """By how much held-out log loss fell, nats, and the standard error of that over rows."""
    losses = []
    for heads in (before, after):
        tried = heads.category.cross_validation_
        lost: npt.NDArray[np.float64] = np.full(len(part.rows), np.nan)
        lost[tried.rows] = row_losses(tried.logits, part.codes[tried.rows], tried.chosen.temperature)
        lost[tried.rows[~tried.usable]] = np.nan
        losses.append(lost)
    difference = losses[0] - losses[1]
    difference = difference[np.isfinite(difference)]
    return float(difference.mean()), float(difference.std() / len(difference) ** 0.5)


def _embedded(frame: pd.DataFrame, encoder: Encoder) -> pd.DataFrame:
    """The feature frame with another encoder's embedding."""
    names = [name for name in frame.columns if name[:1] == "e" and name[1:].isdigit()]
    rest = frame.drop(columns=names)
    vectors = encoder.encode(frame[TEXT].tolist())
    dense = pd.DataFrame(vectors, columns=embedding_columns(encoder.dimension), index=frame.index)
    return pd.concat([rest, dense], axis=1)
