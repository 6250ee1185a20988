"""Fitting a judge on the training part: category, severity where the rows say it, and what it knows of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from cases.seed.harmless import harmless_paragraphs
from cases.taxonomy import Taxonomy
from features.assemble import assemble
from features.embedding_cache import uncached
from features.encoder.protocol import Encoder
from features.frame import TEXT, embedding_matrix
from features.language import detect
from features.passages import passage_spans
from models.assurance import NEIGHBOURS, Assurance
from models.category import CategoryClassifier
from models.definitions import definition_vectors
from models.dense import Definitions, DenseMember, Rows, ShrinkageLda
from models.joint import JointClassifier
from models.judge import Judge
from models.neighbours import knn_distance
from models.novelty import NoveltyDetector
from models.padding import PaddingDetector
from models.precedents import Precedents
from models.priority import HandlingTimes
from models.search import Budget, CrossValidation, assign_folds
from models.severity import SeverityClassifier
from models.shortlist import Shortlister
from models.sub_policies import SubPolicies, clause_label
from models.tiers import Tiers
from training.suspects import Suspect, find_suspects

# A language counts as learnt when at least this share of the training texts is in it, confidently.
_LEARNT_SHARE, _CONFIDENT = 0.05, 0.9
# Languages are told from so many texts, evenly spaced: telling each of a million would cost minutes.
_SAMPLED = 500
# Padding is learnt from so many cases: more of them told it from evidence no better, and each is encoded again.
_READ_FOR_PADDING = 1500
# Clauses are told apart where most cases name one.
_CLAUSED_SHARE, _CLAUSE_FOLDS = 0.5, 3


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """What a judge is fitted on.

    Attributes:
        frame: n rows of `features.frame.feature_frame`.
        rows: The snapshot's rows, in the same order.
        groups: Shape (n,): a group never straddles a fold.
        taxonomy: The policy that the categories are of.
        encoder: The one that made the frame.
        encoder_dir: Its compiled form on disk.
    """

    frame: pd.DataFrame
    rows: pd.DataFrame
    groups: npt.NDArray[np.int64]
    taxonomy: Taxonomy
    encoder: Encoder
    encoder_dir: Path

    @property
    def labels(self) -> list[str]:
        """The categories that occur, sorted: the columns of a fitted head."""
        return sorted(set(self.rows["category"].astype(str)))

    @property
    def codes(self) -> npt.NDArray[np.intp]:
        """Shape (n,): each row's place among `labels`."""
        return np.searchsorted(self.labels, self.rows["category"].astype(str)).astype(np.intp)

    @property
    def levels(self) -> npt.NDArray[np.int64]:
        """Shape (n,): severity, 0 where none was decided."""
        return self.rows["severity"].fillna(0).to_numpy(dtype=np.int64)

    def clauses(self) -> tuple[list[str], npt.NDArray[np.intp]] | None:
        """Names of the clauses and each row's place among them, -1 without; None where too few rows name one."""
        named = (self.rows["sub_policy"].astype(str) != "").to_numpy()
        if named.mean() < _CLAUSED_SHARE:
            return None
        pairs = zip(self.rows["category"].astype(str), self.rows["sub_policy"].astype(str), strict=True)
        every = np.array([clause_label(category, clause) for category, clause in pairs])
        labels = sorted(set(every[named].tolist()))
        if len(labels) <= len(self.labels):
            return None
        return labels, np.where(named, np.searchsorted(labels, every), -1).astype(np.intp)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A judge, its compiled encoder's folder, what the search chose, by name, and decisions that may be slips."""

    judge: Judge
    encoder_dir: Path
    chosen: Mapping[str, float | str]
    suspects: tuple[Suspect, ...] = ()


@dataclass(frozen=True, slots=True)
class Heads:
    """Fitted heads on one encoder, with what novelty and clauses need from cross-validation.

    Attributes:
        distances: Shape (n,): mean distance of each row to its nearest in other folds.
        clauses: A model of the clauses; None without.
    """

    category: CategoryClassifier
    severity: SeverityClassifier | None
    distances: npt.NDArray[np.float64]
    clauses: SubPolicies | None


def fit_judge(part: TrainingPart, budget: Budget = "standard") -> Fitted:
    """Choose, fit and calibrate on the training part, with the encoder as it is.

    Args:
        part: The training part.
        budget: How much to try; see `models.search.GRIDS`.

    Raises:
        InvalidInputError: There are too few rows, or but one category.
    """
    return assembled(part, fit_heads(part, budget), {"encoder": "as it came"})


def fit_heads(part: TrainingPart, budget: Budget) -> Heads:
    """The heads on the frame's own embedding."""
    definitions = Definitions(definition_vectors(part.taxonomy, part.labels, part.encoder))
    members: list[DenseMember] = [ShrinkageLda(), definitions]
    groups = part.groups.tolist()
    category = CategoryClassifier(budget=budget).fit(part.frame, part.rows["category"].astype(str), groups, members)
    vectors = embedding_matrix(part.frame)
    severity = fit_severity(part, SeverityClassifier(budget=budget), lambda _rated: [ShrinkageLda()])
    folds = assign_folds(part.codes, groups, _CLAUSE_FOLDS).tolist()
    distances = knn_distance(vectors, vectors, NEIGHBOURS, (folds, folds)).distance
    return Heads(category, severity, distances, fit_clauses(part, lambda _named: ShrinkageLda()))


def fit_severity(
    part: TrainingPart, head: SeverityClassifier, members: Callable[[Rows], list[DenseMember]]
) -> SeverityClassifier | None:
    """The severity's head on the rated rows, which `members` is told; None where fewer than two levels occur."""
    rated = np.flatnonzero(part.levels > 0)
    if len(set(part.levels[rated].tolist())) < 2:
        return None
    frame = part.frame.iloc[rated].reset_index(drop=True)
    return head.fit(frame, part.levels[rated], part.groups[rated].tolist(), members(rated))


def fit_clauses(part: TrainingPart, member: Callable[[Rows], DenseMember]) -> SubPolicies | None:
    """A model of the clauses on the rows that name one, which `member` is told; None where too few do."""
    found = part.clauses()
    if found is None:
        return None
    labels, codes = found
    named = np.flatnonzero(codes >= 0)
    folds = assign_folds(codes[named], part.groups[named].tolist(), _CLAUSE_FOLDS)
    vectors = embedding_matrix(part.frame)[named]
    return SubPolicies.fit(member(named), vectors, labels, codes[named], np.arange(len(named)), folds)


def assembled(part: TrainingPart, heads: Heads, chosen: Mapping[str, float | str]) -> Fitted:
    """The judge of these heads, calibrated on what cross-validation held out."""
    category = heads.category
    found = dict(chosen) | _chosen("category", category)
    if heads.severity is not None:
        found |= _chosen("severity", heads.severity) | {"severity_kind": heads.severity.kind_}
    assurance = _assurance(part, heads)
    found["padding"] = "read" if assurance.padding is None else "set aside"
    judge = Judge(category, heads.severity, part.encoder, part.taxonomy, _languages(part.frame), assurance)
    return Fitted(judge, part.encoder_dir, found, _suspects(part, category.cross_validation_))


def _suspects(part: TrainingPart, tried: CrossValidation) -> tuple[Suspect, ...]:
    usable = tried.usable
    rows = tried.rows[usable]
    ids, people = (part.rows[name].astype(str).to_numpy()[rows].tolist() for name in ("case_id", "decided_by"))
    return find_suspects(ids, part.codes[rows], tried.probabilities[usable], part.labels, people)


def _assurance(part: TrainingPart, heads: Heads) -> Assurance:
    tried: CrossValidation = heads.category.cross_validation_
    usable = tried.usable
    rows = tried.rows[usable]
    chances = tried.probabilities[usable]
    targets = part.taxonomy.precision_targets
    return Assurance(
        shortlister=Shortlister.fit(chances, part.codes[rows]),
        tiers=Tiers.fit(
            chances, part.codes[rows], {place: targets[label] for place, label in enumerate(part.labels)}
        ),
        # The logits as they serve: after the temperature.
        novelty=NoveltyDetector.fit(
            tried.logits[usable].max(axis=1) / heads.category.temperature_, heads.distances[rows]
        ),
        precedents=_precedents(part),
        sub_policies=heads.clauses,
        padding=_padding(part),
        handling=_handling(part),
    )


def _handling(part: TrainingPart) -> HandlingTimes | None:
    if "handling_seconds" not in part.rows:
        return None
    seconds = part.rows["handling_seconds"].astype("Float64")
    timed = part.rows[seconds.notna()]
    return HandlingTimes.fit(zip(timed["category"].astype(str), seconds.dropna().astype(float), strict=True))


def _padding(part: TrainingPart) -> PaddingDetector | None:
    texts = part.frame[TEXT]
    rows = range(0, len(texts), max(1, len(texts) // _READ_FOR_PADDING))
    passages = [
        (row, text[slice(*span)]) for row in rows for text in (texts.iloc[row],) for span in passage_spans(text)
    ]
    harmless = [
        text[slice(*span)]
        for text in (assemble("", paragraph).text for paragraph in harmless_paragraphs())
        for span in passage_spans(text)
    ]
    # Passages are parts of texts that `features.embedding_cache.erase` would not know of, so they are not kept.
    vectors = uncached(part.encoder).encode([*(passage for _, passage in passages), *harmless])
    whose = [part.groups[row] for row, _ in passages]
    return PaddingDetector.fit(vectors[: len(passages)], whose, vectors[len(passages) :])


def _precedents(part: TrainingPart) -> Precedents:
    levels = [int(level) or None for level in part.levels]
    actions = part.rows["action"].astype(str).tolist() if "action" in part.rows else [""] * len(levels)
    return Precedents(
        embedding_matrix(part.frame),
        part.rows["case_id"].astype(str).tolist(),
        part.rows["category"].astype(str).tolist(),
        levels,
        actions,
    )


def _chosen(name: str, head: JointClassifier) -> dict[str, float | str]:
    trial = head.cross_validation_.chosen
    return {
        f"{name}_C": head.C_,
        f"{name}_lexical_weight": head.lexical_weight_,
        f"{name}_dense_weight": head.dense_weight_,
        f"{name}_temperature": head.temperature_,
        f"{name}_cv_log_loss": trial.log_loss,
        f"{name}_cv_accuracy": trial.accuracy,
        **{f"{name}_pool_{member}": weight for member, weight in head.pool_.items()},
    }


def _languages(frame: pd.DataFrame) -> tuple[str, ...]:
    texts = frame[TEXT].iloc[:: max(1, len(frame) // _SAMPLED)]
    found = [detect(text) for text in texts]
    counts = Counter(language.code for language in found if language.code and language.probability >= _CONFIDENT)
    learnt = sorted(code for code, count in counts.items() if count >= _LEARNT_SHARE * len(found))
    return tuple(learnt) or ("en",)
