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
from cases.taxonomy_costs import default_costs
from features.assemble import ASSEMBLY_VERSION, AssembledCase, assemble
from features.suspicion import SUSPICIOUS, without_suspicion
from models.judge import Judge, Judgement
from models.priority import CaseToRank, Priority, Weights, priority, raised_severity
from models.severity import shown_severity
from models.tiers import Tier
from serving.logs import logger
from serving.problems import UnscorableError

# The coverage of the shortlist that is shown and stored; the others are answered beside it.
SHORTLISTED = 0.9


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

        Where the model cannot be relied on, the case ranks by caution or by the judgement, whichever is sooner:
        caution alone would send a case that looks grave behind where it would stand had nobody doubted it.

        Args:
            judgement: Of the case as it is.
            without_raises: Of the case without the attributes that raised it; the same where nothing did.
            case: It.
        """
        levels, _ = self.taxonomy.raised(case.attributes)
        severity = raised_severity(judgement.severity, without_raises.severity, levels)
        # Doubt about either counts: an attribute that raises must not lower a case by making the model sure of it.
        doubted = _doubted(judgement) or _doubted(without_raises)
        ways = [
            priority(
                CaseToRank(
                    severity,
                    self._violation(judgement.category),
                    case.received_at,
                    case.attributes,
                    judged=judged,
                    levels=max(self.taxonomy.levels),
                ),
                self.weights,
            )
            for judged in ((True, False) if doubted else (True,))
        ]
        return max(ways, key=lambda way: way.order_key)

    def shown(self, judgement: Judgement, without_raises: Judgement, case: CaseToJudge) -> int | None:
        """The severity to show: of least expected cost by this policy, raised by its rules; None without severity.

        Args:
            judgement: Of the case as it is.
            without_raises: As in `of`.
            case: It.
        """
        levels, _ = self.taxonomy.raised(case.attributes)
        costs = self.taxonomy.severity_costs
        if judgement.severity and len(judgement.severity) != len(costs):
            # `caseload score --model` takes models of other policies too.
            costs = default_costs(len(judgement.severity))
        return shown_severity(judgement.severity, without_raises.severity, levels, costs)

    def unjudged(self, case: CaseToJudge) -> Priority:
        """The priority of a case that no model judged: the human-set rules and the waiting alone speak."""
        unjudged = CaseToRank(
            {},
            1.0,
            case.received_at,
            case.attributes,
            raise_levels=self.taxonomy.raised(case.attributes)[0],
            judged=False,
            levels=max(self.taxonomy.levels),
        )
        return priority(unjudged, self.weights)

    def _violation(self, category: Mapping[str, float]) -> float:
        harmless = {c.id for c in self.taxonomy.categories if not c.violation}
        return min(1.0, max(0.0, sum(p for name, p in category.items() if name not in harmless)))


def _doubted(judgement: Judgement) -> bool:
    return judgement.tier == "abstain" or judgement.novel or not judgement.language_supported


@dataclass(frozen=True, slots=True)
class Scored:
    """What one model says of one case.

    Attributes:
        category: Probability per category id, summing to 1.
        severity: Probability per level by the model alone, summing to 1; empty where it judges none.
        raised: Levels that the human-set rules add, and their reasons. They count in `severity_level` and `priority`.
        seconds: The case's share of the time that its batch took.
        severity_level: The level to show, of least expected cost and raised by the rules; None without severity.
        tier: How far the suggestion is to be trusted.
        shortlists: By coverage promised: the categories that hold the right one so often, likeliest first.
        novelty_p: See `Judgement.novelty_p`.
        novel: Whether it is a new kind of case.
        sub_policy: The clause of the likeliest category where the model is sure enough, else "".
    """

    model: LoadedModel
    category: Mapping[str, float]
    severity: Mapping[int, float]
    language: str
    supported: bool
    raised: tuple[int, tuple[str, ...]]
    priority: Priority
    seconds: float
    severity_level: int | None = None
    tier: Tier = "suggest"
    shortlists: Mapping[float, tuple[str, ...]] = field(default_factory=dict)
    novelty_p: float | None = None
    novel: bool = False
    sub_policy: str = ""

    @property
    def shortlist(self) -> tuple[str, ...]:
        """The categories that hold the right one nine times in ten; empty where the model promises none."""
        return self.shortlists.get(SHORTLISTED, ())

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
            severity_level=self.severity_level,
            tier=self.tier,
            shortlist=self.shortlist,
            novelty_p=self.novelty_p,
            sub_policy=self.sub_policy,
        )


Outcome = Scored | CaseloadError


def case_to_judge(case: Case) -> CaseToJudge:
    """What of a stored case is judged: its latest content."""
    content = case.content
    return CaseToJudge(content.title, content.description, case.received_at, content.channel, content.attributes)


def assembled(case: CaseToJudge) -> AssembledCase:
    """The case as the model reads it."""
    return assemble(case.title, case.description, channel=case.channel, attributes=case.attributes)


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
    judged = _judged(model.judge, cases, ranking.taxonomy)
    seconds = (clock() - began) / len(cases)
    return [
        Scored(
            model=model,
            category=judgement.category,
            severity=judgement.severity,
            language=judgement.language,
            supported=judgement.language_supported,
            raised=ranking.taxonomy.raised(case.attributes),
            # A model may have learnt to belittle texts in disguise; that must not let them down the queue.
            priority=max((ranking.of(*way, case) for way in ways), key=lambda found: found.order_key),
            seconds=seconds,
            severity_level=ranking.shown(judgement, bare, case),
            tier=judgement.tier,
            shortlists=judgement.shortlists,
            novelty_p=judgement.novelty_p,
            novel=judgement.novel,
            sub_policy=judgement.sub_policy,
        )
        for case, ways in zip(cases, judged, strict=True)
        for judgement, bare in ways[:1]
    ]


def _judged(
    judge: Judge, cases: Sequence[CaseToJudge], taxonomy: Taxonomy
) -> list[list[tuple[Judgement, Judgement]]]:
    """Each case, and the same without the attributes that raise it; one batch, each text encoded once.

    Of a case whose text is suspicious there are two such pairs: as it is, and as if nothing were suspicious.
    """
    as_is = [assembled(case) for case in cases]
    raised = [row for row, case in enumerate(cases) if taxonomy.raised(case.attributes)[0]]
    bare = [replace(as_is[row], signals=_signals(cases[row], taxonomy)) for row in raised]
    suspicious = [row for row, case in enumerate(as_is) if SUSPICIOUS in case.signals]
    trusting = [replace(as_is[row], signals=without_suspicion(as_is[row].signals)) for row in suspicious]
    found = judge.judge([*as_is, *bare, *trusting])
    # The signals of these come without the text, so they hold no suspicion either.
    without_raises = dict(zip(raised, found[len(cases) : len(cases) + len(raised)], strict=True))
    pairs = [[(judgement, without_raises.get(row, judgement))] for row, judgement in enumerate(found[: len(cases)])]
    for row, judgement in zip(suspicious, found[len(cases) + len(raised) :], strict=True):
        pairs[row].append((judgement, without_raises.get(row, judgement)))
    return pairs


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
