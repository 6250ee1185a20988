"""The judge: category and severity of a case, with calibrated probabilities, and whether it knows the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from cases.taxonomy import Taxonomy
from features.assemble import AssembledCase
from features.encoder.protocol import Encoder
from features.frame import feature_frame
from features.language import detect
from models.category import CategoryClassifier
from models.severity import SeverityClassifier

# From this on, a language that was not learnt is taken to be what the text is in; below, the detector is guessing.
_CONFIDENT = 0.9


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says of one case.

    Attributes:
        category: Probability of each category learnt, summing to 1, full precision.
        severity: Probability of each level of the taxonomy, summing to 1; empty where the judge knows no severity.
        language: ISO 639-1 code, or "" where the text shows none.
        language_supported: False where the text is, by all signs, in a language that was not learnt.
    """

    category: Mapping[str, float]
    severity: Mapping[int, float]
    language: str
    language_supported: bool


class Judge:
    """The learnt parts together, as an artifact holds them.

    Args:
        category: Fitted.
        severity: Fitted, or None for a table without severity.
        encoder: The one that they were fitted with.
        taxonomy: The policy whose words the categories are.
        languages: ISO 639-1 codes of the languages learnt.
    """

    def __init__(
        self,
        category: CategoryClassifier,
        severity: SeverityClassifier | None,
        encoder: Encoder,
        taxonomy: Taxonomy,
        languages: Sequence[str] = ("en",),
    ) -> None:
        self.category = category
        self.severity = severity
        self.encoder = encoder
        self.taxonomy = taxonomy
        self.languages = tuple(languages)

    def with_encoder(self, encoder: Encoder) -> Self:
        """The same judge behind another encoder of the same hash: one with a cache, say."""
        if encoder.hash != self.encoder.hash:
            raise ValueError(f"'encoder' must be {self.encoder.hash} (got {encoder.hash}); use the model's own")
        return type(self)(self.category, self.severity, encoder, self.taxonomy, self.languages)

    def judge(self, cases: Sequence[AssembledCase]) -> list[Judgement]:
        """Judge a batch; each answer depends on its own case alone."""
        if not cases:
            return []
        frame = feature_frame(cases, self.encoder)
        categories = self.category.predict_proba(frame)
        severities = self._severities(frame)
        names = [str(name) for name in self.category.classes_]
        return [
            self._judgement(case, dict(zip(names, row.tolist(), strict=True)), severity)
            for case, row, severity in zip(cases, categories, severities, strict=True)
        ]

    def _severities(self, frame: pd.DataFrame) -> list[dict[int, float]]:
        if self.severity is None:
            return [{} for _ in range(len(frame))]
        known = {int(level): place for place, level in enumerate(self.severity.classes_)}
        found: npt.NDArray[np.float64] = self.severity.predict_proba(frame)
        return [
            {level: float(row[known[level]]) if level in known else 0.0 for level in self.taxonomy.levels}
            for row in found
        ]

    def _judgement(self, case: AssembledCase, category: dict[str, float], severity: dict[int, float]) -> Judgement:
        language = detect(case.text)
        foreign = language.code not in (*self.languages, "") and language.probability >= _CONFIDENT
        return Judgement(category, severity, language.code, not foreign)
