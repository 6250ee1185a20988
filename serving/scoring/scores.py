"""From a case to a score: assembled, judged, ranked. The API and `caseload score FILE` both come through here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cases.errors import CaseloadError
from cases.ids import ScoreId, new_id
from cases.record import Case, RankedFrom, Score
from cases.taxonomy import Taxonomy
from features.assemble import ASSEMBLY_VERSION, AssembledCase, assemble
from features.suspicion import SUSPICIOUS, without_suspicion
from models.judge import Judge, Judgement
from models.priority import Priority
from models.tiers import Tier
from serving.api.problems import UnscorableError
from serving.observing.logs import logger
from serving.scoring.ranking import CaseToJudge, Ranking

# The coverage of the shortlist that is shown and stored; the others are answered beside it.
SHORTLISTED = 0.9


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
class Scored:
    """What one model says of one case.

    Attributes:
        category: Probability per category id, summing to 1.
        severity: Probability per level by the model alone, summing to 1; empty where it judges none.
        raised: Levels that the human-set rules add, and their reasons. They count in `severity_level` and `priority`.
        seconds: The case's share of the time that its batch took.
        ranked_from: What the priority was computed from.
        minutes: Expected handling time; None where the model has learnt of none.
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
    ranked_from: tuple[RankedFrom, ...] = ()
    minutes: float | None = None
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
            changes_at=self.priority.changes_at,
            ranked_from=self.ranked_from,
            minutes=self.minutes,
            propensity=self.priority.propensity,
            by_lot=self.priority.by_lot,
            language=self.language,
            seconds=self.seconds,
            severity_level=self.severity_level,
            tier=self.tier,
            shortlist=self.shortlist,
            novelty_p=self.novelty_p,
            sub_policy=self.sub_policy,
        )


Outcome = Scored | CaseloadError


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
            ranked_from=ranked_from,
            minutes=judgement.minutes,
            priority=ranking.place(ranked_from, case, level=level, minutes=judgement.minutes),
            seconds=seconds,
            severity_level=level,
            tier=judgement.tier,
            shortlists=judgement.shortlists,
            novelty_p=judgement.novelty_p,
            novel=judgement.novel,
            sub_policy=judgement.sub_policy,
        )
        for case, pairs in zip(cases, judged, strict=True)
        for judgement, bare in pairs[:1]
        # A model may have learnt to belittle texts in disguise; that must not let them down the queue.
        for ranked_from in (tuple(way for pair in pairs for way in ranking.ways(*pair, case)),)
        for level in (ranking.shown(judgement, bare, case),)
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
    if not all(judgement.in_numbers for judgement in found):
        raise ArithmeticError("a judgement that is no number")
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
