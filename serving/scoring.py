"""From a case to a score: assembled, judged, ranked. The API and `caseload score FILE` both come through here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cases.errors import CaseloadError
from cases.ids import ScoreId, new_id
from cases.record import Attributes, Case, Score
from cases.taxonomy import Taxonomy
from features.assemble import ASSEMBLY_VERSION, assemble
from models.judge import Judge, Judgement
from models.priority import Priority, Weights, priority, raised_severity
from serving.logs import logger
from serving.problems import UnscorableError


@dataclass(frozen=True, slots=True)
class CaseToJudge:
    """What of a case is judged.

    Attributes:
        received_at: Aware; waiting counts from it.
    """

    title: str
    description: str
    received_at: datetime
    channel: str = ""
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A verified model in memory, under the names that it was promoted with.

    Attributes:
        judge: It.
        name: The registered model's.
        version: The registered version's.
        sha256: Of the artifact's manifest.
    """

    judge: Judge
    name: str
    version: str
    sha256: str

    @property
    def categories(self) -> tuple[str, ...]:
        """The ids of the categories that it has learnt, which may be fewer than its policy has."""
        return tuple(str(label) for label in self.judge.category.classes_)

    @property
    def full_version(self) -> str:
        """As people call it: "caseload-default/3"."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Ranking:
    """What turns a judgement into a place in the queue: the policy's rules and the weights.

    Attributes:
        taxonomy: The policy that the service runs on, not the one that the model was trained on.
        weights: Of the priority's parts.
    """

    taxonomy: Taxonomy
    weights: Weights = field(default_factory=Weights)

    def of(self, judgement: Judgement, without_raises: Judgement, case: CaseToJudge) -> Priority:
        """The priority of a judged case.

        Args:
            judgement: Of the case as it is.
            without_raises: Of the case without the attributes that raised it; the same where nothing did.
            case: It.
        """
        levels, _ = self.taxonomy.raised(case.attributes)
        return priority(
            raised_severity(judgement.severity, without_raises.severity, levels),
            self._violation(judgement.category),
            attributes=case.attributes,
            received_at=case.received_at,
            judged=judgement.language_supported,
            levels=max(self.taxonomy.levels),
            weights=self.weights,
        )

    def unjudged(self, case: CaseToJudge) -> Priority:
        """The priority of a case that no model judged: the human-set rules and the waiting alone speak."""
        return priority(
            {},
            1.0,
            attributes=case.attributes,
            raise_levels=self.taxonomy.raised(case.attributes)[0],
            received_at=case.received_at,
            judged=False,
            levels=max(self.taxonomy.levels),
            weights=self.weights,
        )

    def _violation(self, category: Mapping[str, float]) -> float:
        harmless = {c.id for c in self.taxonomy.categories if not c.violation}
        return min(1.0, max(0.0, sum(p for name, p in category.items() if name not in harmless)))


@dataclass(frozen=True, slots=True)
class Scored:
    """What one model says of one case.

    Attributes:
        category: Probability per category id, summing to 1.
        severity: Probability per level, summing to 1; empty where the model judges none.
        raised: Levels that the human-set rules add, and their reasons. They count in the priority alone.
        seconds: The case's share of the time that its batch took.
    """

    model: LoadedModel
    category: Mapping[str, float]
    severity: Mapping[int, float]
    language: str
    supported: bool
    raised: tuple[int, tuple[str, ...]]
    priority: Priority
    seconds: float

    def as_record(self, case: Case, now: datetime) -> Score:
        """The score as the store keeps it."""
        return Score(
            id=ScoreId(new_id()),
            case_id=case.id,
            content_id=case.content.id,
            model=self.model.sha256,
            model_version=self.model.full_version,
            taxonomy_version=self.model.judge.taxonomy.version,
            assembly_version=ASSEMBLY_VERSION,
            encoder_hash=self.model.judge.encoder.hash,
            created_at=now,
            category=self.category,
            severity=self.severity,
            priority=self.priority.parts,
            order_key=self.priority.order_key,
            language=self.language,
            seconds=self.seconds,
        )


Outcome = Scored | CaseloadError


def case_to_judge(case: Case) -> CaseToJudge:
    """What of a stored case is judged: its latest content."""
    content = case.content
    return CaseToJudge(content.title, content.description, case.received_at, content.channel, content.attributes)


def score_cases(
    model: LoadedModel, cases: Sequence[CaseToJudge], ranking: Ranking, clock: Callable[[], float] = time.perf_counter
) -> list[Scored]:
    """What `model` says of `cases`, in their order.

    Args:
        model: The champion, as a rule.
        cases: Any number; they are one batch.
        ranking: The policy's rules and the priority's weights.
        clock: Seconds that only ever grow; measures what the batch took.
    """
    if not cases:
        return []
    began = clock()
    judgements, without_raises = _judged(model.judge, cases, ranking.taxonomy)
    seconds = (clock() - began) / len(cases)
    return [
        Scored(
            model=model,
            category=judgement.category,
            severity=judgement.severity,
            language=judgement.language,
            supported=judgement.language_supported,
            raised=ranking.taxonomy.raised(case.attributes),
            priority=ranking.of(judgement, bare, case),
            seconds=seconds,
        )
        for case, judgement, bare in zip(cases, judgements, without_raises, strict=True)
    ]


def _judged(
    judge: Judge, cases: Sequence[CaseToJudge], taxonomy: Taxonomy
) -> tuple[list[Judgement], list[Judgement]]:
    """Each case as it is, and without the attributes that raise it; one batch, each text encoded once."""
    as_is = [assemble(c.title, c.description, channel=c.channel, attributes=c.attributes) for c in cases]
    raised = [row for row, case in enumerate(cases) if taxonomy.raised(case.attributes)[0]]
    bare = [replace(as_is[row], signals=_signals(cases[row], taxonomy)) for row in raised]
    found = judge.judge([*as_is, *bare])
    judgements, without_raises = found[: len(cases)], found[: len(cases)]
    for row, judgement in zip(raised, found[len(cases) :], strict=True):
        without_raises[row] = judgement
    return judgements, without_raises


def _signals(case: CaseToJudge, taxonomy: Taxonomy) -> Mapping[str, float]:
    return assemble("", "", channel=case.channel, attributes=taxonomy.without_raises(case.attributes)).signals


def score_each(model: Callable[[], LoadedModel], cases: Sequence[CaseToJudge], ranking: Ranking) -> list[Outcome]:
    """A score or an error for each case, in their order: what breaks on one case does not fail the others.

    Args:
        model: Answers the model that serves, or raises why none does.
        cases: One batch.
        ranking: The policy's rules and the priority's weights.
    """
    try:
        champion = model()
        return list(score_cases(champion, cases, ranking))
    except CaseloadError as error:
        return [error] * len(cases)
    except Exception as error:  # noqa: BLE001 - logged; one case must not fail its neighbours
        if len(cases) > 1:
            return [outcome for case in cases for outcome in score_each(model, [case], ranking)]
        logger.exception("a case of %d characters cannot be scored", len(cases[0].description))
        return [
            UnscorableError(f"'case' must be judged (got {type(error).__name__} from the model); tell its makers")
        ]


def top_categories(category: Mapping[str, float], k: int) -> list[tuple[str, float]]:
    """The `k` likeliest categories with their probabilities; ties by id, so that the order is always the same."""
    return sorted(category.items(), key=lambda item: (-item[1], item[0]))[:k]


def likeliest_level(severity: Mapping[int, float]) -> int | None:
    """The likeliest severity, the more severe of two equals; None where none was judged."""
    return min(severity, key=lambda level: (-severity[level], level), default=None)
