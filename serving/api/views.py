"""From the record's values to the answers' bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from cases.decision import Decision
from cases.errors import CaseloadError
from cases.handling import Note
from cases.record import Attributes, Case, Lease, Report, Score, Subject
from cases.taxonomy import Taxonomy
from features.assemble import ASSEMBLY_VERSION
from models.assurance import NOVEL_BELOW
from models.tiers import Tier
from serving.api.answers import (
    CaseAnswer,
    CaseSummary,
    ContentAnswer,
    DecisionAnswer,
    LeaseAnswer,
    NoteAnswer,
    ReportAnswer,
    SubjectAnswer,
)
from serving.api.answers_scores import (
    CategoryAnswer,
    ModelIdentity,
    PriorityAnswer,
    RaisedAnswer,
    ReasonAnswer,
    ScoreAnswer,
    SeverityAnswer,
)
from serving.api.problems import kind_of
from serving.scoring.ranking import Ranking
from serving.scoring.scores import SHORTLISTED, LoadedModel, Scored, likeliest_level, top_categories

SUGGESTED = 3


def scored_answer(scored: Scored, taxonomy: Taxonomy, *, top_k: int = SUGGESTED, case_ref: str = "") -> ScoreAnswer:
    """A score that was just made and is not stored."""
    levels, reasons = scored.raised
    return ScoreAnswer(
        case_ref=case_ref or None,
        categories=_categories(scored.category, taxonomy, top_k),
        tier=scored.tier,
        shortlist=_listed(scored.shortlist, scored.category, taxonomy),
        shortlists={str(coverage): list(listed) for coverage, listed in scored.shortlists.items()},
        novelty_p=scored.novelty_p,
        novel=scored.novel,
        sub_policy=scored.sub_policy,
        severity=_severity(scored.severity_level, scored.severity),
        priority=PriorityAnswer(order_key=scored.priority.order_key, parts=dict(scored.priority.parts)),
        raised=RaisedAnswer(levels=levels, reasons=list(reasons)),
        language=scored.language,
        supported=scored.supported,
        model=model_identity(scored.model),
        taxonomy_version=scored.model.judge.taxonomy.version,
        assembly_version=ASSEMBLY_VERSION,
        seconds=scored.seconds,
    )


def score_answer(score: Score, attributes: Attributes, taxonomy: Taxonomy) -> ScoreAnswer:
    """A stored score; what the rules raise is of the case's attributes now."""
    name, _, version = score.model_version.rpartition("/")
    levels, reasons = taxonomy.raised(attributes)
    return ScoreAnswer(
        case_id=score.case_id,
        score_id=score.id,
        categories=_categories(score.category, taxonomy, SUGGESTED),
        # Only what a judge can say was ever written.
        tier=cast("Tier", score.tier) if score.tier else None,
        shortlist=_listed(score.shortlist, score.category, taxonomy),
        shortlists={str(SHORTLISTED): list(score.shortlist)} if score.shortlist else {},
        novelty_p=score.novelty_p,
        novel=score.novelty_p is not None and score.novelty_p < NOVEL_BELOW,
        sub_policy=score.sub_policy,
        severity=_severity(score.severity_level, score.severity),
        priority=PriorityAnswer(order_key=score.order_key, parts=dict(score.priority)),
        raised=RaisedAnswer(levels=levels, reasons=list(reasons)),
        language=score.language,
        model=ModelIdentity(name=name, version=version, sha256=score.model),
        taxonomy_version=score.taxonomy_version,
        assembly_version=score.assembly_version,
        seconds=score.seconds,
    )


def model_identity(model: LoadedModel) -> ModelIdentity:
    """Which model it is."""
    return ModelIdentity(name=model.name, version=model.version, sha256=model.sha256)


def reason_answer(error: CaseloadError) -> ReasonAnswer:
    """Why there is no score, in the problems' codes."""
    kind = kind_of(error)
    return ReasonAnswer(code=kind.code, detail=kind.detail or str(error))


def case_summary(case: Case, score: Score | None, ranking: Ranking) -> CaseSummary:
    """A case as the queue shows it."""
    return CaseSummary(
        case_id=case.id,
        status=case.status,
        received_at=case.received_at,
        order_key=case.order_key,
        rank_parts=dict(case.rank_parts),
        queue=case.queue,
        assigned_to=case.assigned_to,
        hold_until=case.hold_until,
        appeal=case.under_appeal,
        severity_set=case.set_severity,
        priority_set=case.set_priority,
        due=ranking.due_of(case, score),
        subject=_subject(case.subject),
        title=case.content.title,
        score=score_answer(score, case.content.attributes, ranking.taxonomy) if score else None,
    )


def case_answer(
    case: Case,
    version: int,
    score: Score | None,
    reports: Sequence[Report],
    decisions: Sequence[Decision],
    notes: Sequence[Note],
    ranking: Ranking,
) -> CaseAnswer:
    """A case with all that hangs on it."""
    content = case.content
    return CaseAnswer(
        **dict(case_summary(case, score, ranking)),
        version=version,
        first_claimed_at=case.first_claimed_at,
        decided_at=case.decided_at,
        content=ContentAnswer(
            version=content.version,
            title=content.title,
            description=content.description,
            channel=content.channel,
            attributes=dict(content.attributes),
        ),
        merged_into=case.merged_into,
        reports=[
            ReportAnswer(
                report_id=report.id,
                source=report.source,
                external_id=report.external_id,
                channel=report.channel,
                received_at=report.received_at,
                subject=_subject(report.subject),
            )
            for report in reports
        ],
        decisions=[decision_answer(decision) for decision in decisions],
        notes=[note_answer(note) for note in notes],
    )


def note_answer(note: Note) -> NoteAnswer:
    """A note."""
    return NoteAnswer(
        note_id=note.id,
        kind=note.kind,
        author=note.author,
        at=note.at,
        text=note.text,
        decision_id=note.decision_id,
    )


def decision_answer(decision: Decision) -> DecisionAnswer:
    """A decision."""
    verdict = decision.verdict
    return DecisionAnswer(
        decision_id=decision.id,
        case_id=decision.case_id,
        category=verdict.category,
        sub_policy=verdict.sub_policy,
        other_categories=list(verdict.other_categories),
        severity=verdict.severity,
        action=verdict.action,
        reason=verdict.reason,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
        handling_seconds=decision.handling_seconds,
        score_id=decision.score_id,
        suggestion=decision.suggestion,
        suggested_rank=decision.suggested_rank,
        reviews=decision.reviews,
        overturns=decision.overturns,
        after_reopening=decision.after_reopening,
        bulk_id=decision.bulk_id,
    )


def lease_answer(lease: Lease) -> LeaseAnswer:
    """A lease."""
    return LeaseAnswer(case_id=lease.case_id, holder=lease.holder, token=lease.token, expires_at=lease.expires_at)


def _categories(category: Mapping[str, float], taxonomy: Taxonomy, k: int) -> list[CategoryAnswer]:
    return _listed([name for name, _ in top_categories(category, k)], category, taxonomy)


def _listed(listed: Sequence[str], category: Mapping[str, float], taxonomy: Taxonomy) -> list[CategoryAnswer]:
    names = {known.id: known.name for known in taxonomy.categories}
    return [CategoryAnswer(category=id_, name=names.get(id_, id_), probability=category[id_]) for id_ in listed]


def _severity(shown: int | None, severity: Mapping[int, float]) -> SeverityAnswer:
    likeliest = likeliest_level(severity)
    return SeverityAnswer(level=likeliest, shown=likeliest if shown is None else shown, distribution=dict(severity))


def _subject(subject: Subject | None) -> SubjectAnswer | None:
    return SubjectAnswer(kind=subject.kind, ref=subject.external_id) if subject else None
