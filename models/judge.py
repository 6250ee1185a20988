"""The judge: category and severity of a case, with calibrated probabilities, and whether it knows the language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from cases.taxonomy import Taxonomy
from features.assemble import AssembledCase
from features.embedding_cache import uncached
from features.encoder.protocol import Encoder
from features.frame import embedding_matrix, feature_frame
from features.language import Language, detect
from features.passages import Span, without
from models.assurance import NOVEL_BELOW, Assurance
from models.calibration import probabilities
from models.category import CategoryClassifier
from models.severity import SeverityClassifier, shown_level
from models.tiers import Tier

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
        severity_level: The level to show: of least expected cost by the policy's `severity_costs`; None without
            severity.
        tier: How far the suggestion is to be trusted: applied as it is, offered among few, or not made.
        shortlists: By coverage promised (.9, .95): the categories that hold the right one so often, likeliest first.
        novelty_p: How likely a case like those decided is to look as unlike them as this, 0..1; None where the judge
            has no memory of them.
        sub_policy: The clause of the likeliest category where it is sure enough, else "": the category alone is said.
        padding: What of the assembled text was set aside as holding nothing to judge: [start, end) in characters.
        minutes: How long such a case takes people, expected; None where no decision learnt from said so.
    """

    category: Mapping[str, float]
    severity: Mapping[int, float]
    language: str
    language_supported: bool
    severity_level: int | None = None
    tier: Tier = "suggest"
    shortlists: Mapping[float, tuple[str, ...]] = field(default_factory=dict)
    novelty_p: float | None = None
    sub_policy: str = ""
    padding: tuple[Span, ...] = ()
    minutes: float | None = None

    @property
    def novel(self) -> bool:
        """Whether it is a new kind of case: far from all that were decided."""
        return self.novelty_p is not None and self.novelty_p < NOVEL_BELOW

    @property
    def in_numbers(self) -> bool:
        """Whether all that it says is finite; a model that went wrong says NaN."""
        said = [*self.category.values(), *self.severity.values(), self.novelty_p or 0.0, self.minutes or 0.0]
        return all(map(math.isfinite, said))


class Judge:
    """The learnt parts together, as an artifact holds them.

    Args:
        category: Fitted.
        severity: Fitted, or None for a table without severity.
        encoder: The one that they were fitted with.
        taxonomy: The policy whose words the categories are.
        languages: ISO 639-1 codes of the languages learnt.
        assurance: What the heads know about their own answers; None for heads alone, whose every case is of the tier
            "suggest" unless its language was not learnt.
    """

    def __init__(
        self,
        category: CategoryClassifier,
        severity: SeverityClassifier | None,
        encoder: Encoder,
        taxonomy: Taxonomy,
        languages: Sequence[str] = ("en",),
        assurance: Assurance | None = None,
    ) -> None:
        self.category = category
        self.severity = severity
        self.encoder = encoder
        self.taxonomy = taxonomy
        self.languages = tuple(languages)
        self.assurance = assurance

    def with_encoder(self, encoder: Encoder) -> Self:
        """The same judge behind another encoder of the same hash: one with a cache, say."""
        if encoder.hash != self.encoder.hash:
            raise ValueError(f"'encoder' must be {self.encoder.hash} (got {encoder.hash}); use the model's own")
        return type(self)(self.category, self.severity, encoder, self.taxonomy, self.languages, self.assurance)

    def judge(self, cases: Sequence[AssembledCase]) -> list[Judgement]:
        """Judge a batch; each answer depends on its own case alone."""
        if not cases:
            return []
        read, padding = self.read(cases)
        as_written = feature_frame(cases, self.encoder)
        padded = [row for row, spans in enumerate(padding) if spans]
        frame = self._as_read(as_written, read, padded)
        logits = self.category.decision_function(frame)
        chances = probabilities(logits)
        severities = self._severities(frame, as_written, padded)
        languages = [detect(case.text) for case in read]
        supported = np.array([self._learnt(language) for language in languages])
        names = [str(name) for name in self.category.classes_]
        plain = [
            Judgement(
                category=dict(zip(names, row.tolist(), strict=True)),
                severity=severity,
                language=language.code,
                language_supported=bool(known),
                severity_level=level,
                tier="suggest" if known else "abstain",
                padding=spans,
            )
            for row, severity, language, known, level, spans in zip(
                chances, severities, languages, supported, self._shown_levels(severities), padding, strict=True
            )
        ]
        if self.assurance is None:
            return plain
        found = self.assurance.of(embedding_matrix(frame), logits, chances, names, supported)
        handling = self.assurance.handling
        return [
            replace(
                judgement,
                tier=found.tiers[row],
                minutes=None if handling is None else handling.expected(judgement.category),
                shortlists={c: tuple(names[place] for place in lists[row]) for c, lists in found.shortlists.items()},
                novelty_p=found.novelty_p[row],
                sub_policy=found.sub_policies[row],
            )
            for row, judgement in enumerate(plain)
        ]

    def read(self, cases: Sequence[AssembledCase]) -> tuple[list[AssembledCase], list[tuple[Span, ...]]]:
        """The cases as they are judged, padding blanked out, and what was padding in each; see `models.padding`."""
        detector = None if self.assurance is None else self.assurance.padding
        if detector is None:
            return list(cases), [()] * len(cases)
        # Equal texts are read once: the same case is judged with and without some of its attributes.
        texts = list(dict.fromkeys(case.text for case in cases))
        found = dict(zip(texts, detector.set_aside(texts, uncached(self.encoder)), strict=True))
        padding = [found[case.text] for case in cases]
        read = [
            replace(case, text=without(case.text, spans)) if spans else case
            for case, spans in zip(cases, padding, strict=True)
        ]
        return read, padding

    def _as_read(self, as_written: pd.DataFrame, read: Sequence[AssembledCase], padded: list[int]) -> pd.DataFrame:
        """The feature frame of the cases as they are read: as they were written, but for the rows that are padded."""
        if not padded:
            return as_written
        again = feature_frame([read[row] for row in padded], uncached(self.encoder)).set_axis(padded)
        return pd.concat([as_written.drop(index=padded), again]).sort_index()

    def _severities(self, frame: pd.DataFrame, as_written: pd.DataFrame, padded: list[int]) -> list[dict[int, float]]:
        """The graver of what a case says as it is read and as it was written: leaving out is never to soften."""
        found = self._severities_of(frame)
        if padded:
            for row, other in zip(padded, self._severities_of(as_written.iloc[padded]), strict=True):
                found[row] = min(found[row], other, key=_mean_level)
        return found

    def _severities_of(self, frame: pd.DataFrame) -> list[dict[int, float]]:
        if self.severity is None:
            return [{} for _ in range(len(frame))]
        known = {int(level): place for place, level in enumerate(self.severity.classes_)}
        found: npt.NDArray[np.float64] = self.severity.predict_proba(frame)
        return [
            {level: float(row[known[level]]) if level in known else 0.0 for level in self.taxonomy.levels}
            for row in found
        ]

    def _shown_levels(self, severities: Sequence[Mapping[int, float]]) -> list[int | None]:
        if self.severity is None:
            return [None] * len(severities)
        chances = np.array([[severity[level] for level in self.taxonomy.levels] for severity in severities])
        return [int(level) for level in shown_level(chances, self.taxonomy.severity_costs)]

    def _learnt(self, language: Language) -> bool:
        return language.code in (*self.languages, "") or language.probability < _CONFIDENT


def _mean_level(severity: Mapping[int, float]) -> float:
    return sum(level * chance for level, chance in severity.items())
