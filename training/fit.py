"""Fitting a judge on the training part: category, and severity where the rows say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cases.taxonomy import Taxonomy
from features.encoder.protocol import Encoder
from features.frame import TEXT
from features.language import detect
from models.category import CategoryClassifier
from models.joint import JointClassifier
from models.judge import Judge
from models.severity import SeverityClassifier

# A language counts as learnt when at least this share of the training texts is in it, confidently.
_LEARNT_SHARE, _CONFIDENT = 0.05, 0.9
# Languages are told from so many texts, evenly spaced: telling each of a million would cost minutes.
_SAMPLED = 500


@dataclass(frozen=True, slots=True)
class Fitted:
    """A judge, and what the search chose for it, by name."""

    judge: Judge
    chosen: Mapping[str, float | str]


def fit_judge(
    frame: pd.DataFrame,
    rows: pd.DataFrame,
    groups: npt.NDArray[np.int64],
    *,
    taxonomy: Taxonomy,
    encoder: Encoder,
) -> Fitted:
    """Choose, fit and calibrate on the training part.

    Args:
        frame: n rows of `features.frame.feature_frame`.
        rows: The snapshot's rows, in the same order.
        groups: Shape (n,): a group never straddles a fold.
        taxonomy: The policy that the categories are of.
        encoder: The one that made the frame.

    Raises:
        InvalidInputError: There are too few rows, or but one category.
    """
    category = CategoryClassifier().fit(frame, rows["category"], groups.tolist())
    chosen = _chosen("category", category)
    severity = _severity(frame, rows, groups)
    if severity is not None:
        chosen |= _chosen("severity", severity)
    return Fitted(Judge(category, severity, encoder, taxonomy, _languages(frame)), chosen)


def _severity(frame: pd.DataFrame, rows: pd.DataFrame, groups: npt.NDArray[np.int64]) -> SeverityClassifier | None:
    rated = np.flatnonzero(rows["severity"].notna().to_numpy())
    levels = rows["severity"].iloc[rated].to_numpy(dtype=np.int64)
    if len(set(levels.tolist())) < 2:
        return None
    return SeverityClassifier().fit(frame.iloc[rated].reset_index(drop=True), levels, groups[rated].tolist())


def _chosen(part: str, head: JointClassifier) -> dict[str, float | str]:
    trial = head.cross_validation_.chosen
    return {
        f"{part}_C": head.C_,
        f"{part}_lexical_weight": head.lexical_weight_,
        f"{part}_dense_weight": head.dense_weight_,
        f"{part}_temperature": head.temperature_,
        f"{part}_cv_log_loss": trial.log_loss,
        f"{part}_cv_accuracy": trial.accuracy,
    }


def _languages(frame: pd.DataFrame) -> tuple[str, ...]:
    texts = frame[TEXT].iloc[:: max(1, len(frame) // _SAMPLED)]
    found = [detect(text) for text in texts]
    counts = Counter(language.code for language in found if language.code and language.probability >= _CONFIDENT)
    learnt = sorted(code for code, count in counts.items() if count >= _LEARNT_SHARE * len(found))
    return tuple(learnt) or ("en",)
