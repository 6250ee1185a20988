"""Padding: passages of a long case that hold nothing to judge. They are set aside, so that the point is read.

An embedding is a mean and a text's words share one length, so four harmless paragraphs around a threat bury it.
People who report write such paragraphs; people who mean to slip through paste them. A logistic regression on a
passage's embedding tells passages of decided cases from passages that nothing is wrong with (`cases.seed.harmless`).
How much of a case is padding is not known beforehand, so it is estimated from its own passages (Saerens, Latinne and
Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities"): in a case that is mostly
padding less is needed to call one more passage so, and in one that is not, much more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from cases.errors import ArtifactError
from features.encoder.protocol import Encoder, Vectors
from features.passages import Span, passage_spans

Floats = npt.NDArray[np.float64]

# A shorter case is read whole: it has no room to bury anything.
LONG_WORDS = 120
# What one case can cost is bounded; of a longer one so many passages are looked at, evenly spread, and those between
# go with the nearest.
MAX_PASSAGES = 128
_TELLING_WORDS = 8
# Before a case's passages are looked at, a twentieth of them is held to be padding, which counts as two passages.
_PRIOR, _PRIOR_WEIGHT = 0.05, 2.0
_ROUNDS = 30
_STRENGTH = 10.0
_FOLDS = 5
# Passages of either kind below which nothing is learnt, and what held-out ones must show for it to be of use.
_FEWEST = 50
_CAUGHT, _LOST = 0.6, 0.1


class PaddingDetector:
    """Tells which passages of a case to set aside.

    Args:
        weights: Shape (d,): of a passage's embedding.
        intercept: With it the log-odds, natural logarithm, that a passage is evidence and not padding, where both are
            as frequent.
    """

    def __init__(self, weights: Floats, intercept: float) -> None:
        self._weights = weights
        self._intercept = intercept

    @classmethod
    def fit(cls, evidence: Vectors, groups: Sequence[object], harmless: Vectors) -> Self | None:
        """Learn from passages; None where there are too few, or what is learnt does not hold for others.

        Args:
            evidence: Shape (n, d): passages of decided cases.
            groups: n: whose passage it is; a case is held out as a whole.
            harmless: Shape (m, d): passages that nothing is wrong with.
        """
        if min(len(evidence), len(harmless)) < _FEWEST or len(set(groups)) < _FOLDS:
            return None
        vectors = np.vstack([evidence, harmless])
        truth = np.repeat([1, 0], [len(evidence), len(harmless)])
        # Each harmless passage stands alone.
        places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        whose = np.concatenate([[places[group] for group in groups], len(places) + np.arange(len(harmless))])
        odds = np.empty(len(truth))
        for kept, held_out in GroupKFold(_FOLDS).split(vectors, truth, whose):
            odds[held_out] = cls._fitted(vectors[kept], truth[kept]).log_odds(vectors[held_out])
        caught, lost = (odds[truth == 0] < 0).mean(), (odds[truth == 1] < 0).mean()
        return cls._fitted(vectors, truth) if caught >= _CAUGHT and lost <= _LOST else None

    @classmethod
    def _fitted(cls, vectors: Vectors, truth: npt.NDArray[np.integer]) -> Self:
        model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1000).fit(vectors, truth)
        return cls(model.coef_[0].astype(np.float64), float(model.intercept_[0]))

    def log_odds(self, vectors: Vectors) -> Floats:
        """Shape (n,): > 0 where a passage is more like evidence than like padding."""
        found: Floats = vectors.astype(np.float64) @ self._weights + self._intercept
        return found

    def set_aside(self, texts: Sequence[str], encoder: Encoder) -> list[tuple[Span, ...]]:
        """What of each text is padding: spans in order, none of a short text; the likeliest evidence is always read.

        Args:
            texts: As `features.assemble` makes them.
            encoder: The one that this was fitted with; each answer depends on its own text alone.
        """
        passages = [passage_spans(text) if len(text.split()) > LONG_WORDS else [] for text in texts]
        looked_at = [_spread(len(spans)) for spans in passages]
        asked = [
            text[slice(*spans[place])]
            for text, spans, places in zip(texts, passages, looked_at, strict=True)
            for place in places
        ]
        odds = self.log_odds(encoder.encode(asked)) if asked else np.empty(0)
        of_each = np.split(odds, np.cumsum([len(places) for places in looked_at])[:-1])
        return [
            _padding(text, spans, places, found)
            for text, spans, places, found in zip(texts, passages, looked_at, of_each, strict=True)
        ]

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON settings that `from_store` reads."""
        return {"weights": self._weights, "intercept": np.array([self._intercept])}, {}

    @classmethod
    def from_store(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """What `to_store` wrote.

        Raises:
            ArtifactError: It does not fit together.
        """
        del settings  # there are none
        weights = np.asarray(arrays.get("weights", np.empty((0, 0))), dtype=np.float64)
        intercept = np.asarray(arrays.get("intercept", np.empty(0)), dtype=np.float64)
        shapes = weights.ndim == 1 and weights.size > 0 and intercept.shape == (1,)
        if not shapes or not np.isfinite([*weights, *intercept]).all():
            raise ArtifactError(
                f"'padding' must be finite weights and an intercept (got shapes {weights.shape} and "
                f"{intercept.shape}, or a NaN); promote it again from the tracker, or roll back"
            )
        return cls(weights, float(intercept[0]))


def _spread(count: int) -> list[int]:
    """At most `MAX_PASSAGES` of so many places, the first and the last among them."""
    if count <= MAX_PASSAGES:
        return list(range(count))
    return [round(place * (count - 1) / (MAX_PASSAGES - 1)) for place in range(MAX_PASSAGES)]


def _padding(text: str, spans: Sequence[Span], places: Sequence[int], odds: Floats) -> tuple[Span, ...]:
    if not places:
        return ()
    found = _is_padding(odds)
    # A title or a greeting alone says too little to be what a case is about.
    tells = np.array([len(text[slice(*spans[place])].split()) >= _TELLING_WORDS for place in places])
    found[np.where(tells, odds, odds.min() - 1).argmax()] = False
    nearest = np.abs(np.subtract.outer(np.arange(len(spans)), places)).argmin(axis=1)
    return tuple(span for span, place in zip(spans, nearest.tolist(), strict=True) if found[place])


def _is_padding(odds: Floats) -> npt.NDArray[np.bool_]:
    """Which passages are padding rather than not, under the share of padding that they themselves suggest."""
    share = _PRIOR
    for _ in range(_ROUNDS):
        chances = expit(np.log(share / (1 - share)) - odds)
        share = (_PRIOR * _PRIOR_WEIGHT + chances.sum()) / (_PRIOR_WEIGHT + len(odds))
    found: npt.NDArray[np.bool_] = chances > 0.5
    return found
