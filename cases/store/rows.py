"""From rows to the record's values, and the few look-ups that every noun needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select

from cases.decision import Decision, Suggestion, Verdict
from cases.errors import NotFoundError
from cases.event import Event, EventKind
from cases.ids import BulkId, CaseId, ContentId, DecisionId, ReportId, ScoreId, SubjectId
from cases.record import Case, CaseStatus, Content, RankedFrom, Report, Score, Subject
from cases.store.tables import cases, contents, leases, reports, subjects

T = TypeVar("T")
AnyRow = Row[Any]

# SQLite takes 32,766 variables in a statement, and planners slow down long before.
IN_AT_MOST = 1_000


def chunks(items: Sequence[T], size: int = IN_AT_MOST) -> Iterator[Sequence[T]]:
    """`items` in slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


_SUBJECT = (subjects.c.kind.label("subject_kind"), subjects.c.external_id.label("subject_external_id"))

# Built once: building it costs as much as running it.
_CASES: Select[Any] = (
    select(cases, *_SUBJECT)
    .outerjoin(subjects, subjects.c.id == cases.c.subject_id)
    .outerjoin(leases, leases.c.case_id == cases.c.id)
)


def of_queues(queues: Iterable[str] | None) -> list[ColumnElement[bool]]:
    """That a case waits, or waited last, in one of `queues`; nothing where any will do."""
    return [] if queues is None else [cases.c.queue.in_(sorted(set(queues)))]


def on_a_case_of(queues: Iterable[str] | None, case_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """That what names a case by `case_id` is about one of those."""
    if queues is None:
        return []
    return [select(cases.c.id).where(cases.c.id == case_id, *of_queues(queues)).exists()]


def select_cases(now: datetime | ColumnElement[datetime]) -> Select[Any]:
    """The rows that `read_cases` takes; `now` by the database's clock tells which leases live."""
    return _CASES.add_columns((leases.c.expires_at > now).label("held_now"))


def read_cases(connection: Connection, rows: Sequence[AnyRow]) -> list[Case]:
    """The cases of `rows` from `select_cases`, each with its latest content."""
    text = read_contents(connection, {row.id: row.content_version for row in rows})
    return [_case(row, text.get(row.id) or _erased(row)) for row in rows]


_ONE_SUBJECT = select(*_SUBJECT).where(subjects.c.id == bindparam("subject_id"))


def claimed_case(connection: Connection, row: AnyRow, changed: Mapping[str, Any]) -> Case:
    """The case of a locked row of `cases` that has just been claimed, which saves looking it up again.

    Args:
        connection: Of the transaction that claimed it.
        row: As it was locked.
        changed: The columns as the claim left them.
    """
    about = {}
    if row.subject_id is not None:
        about = connection.execute(_ONE_SUBJECT, {"subject_id": row.subject_id}).one()._asdict()
    now = {**row._asdict(), **changed, **about, "held_now": True}
    text = read_contents(connection, {row.id: row.content_version})
    return _case(SimpleNamespace(**now), text.get(row.id) or _erased(row))


_ATTRIBUTES = (
    select(contents.c.id, contents.c.case_id, contents.c.version, contents.c.attributes, contents.c.created_at)
    .join(cases, (cases.c.id == contents.c.case_id) & (cases.c.content_version == contents.c.version))
    .where(contents.c.case_id.in_(bindparam("case_ids", expanding=True)))
)


def read_cases_without_text(connection: Connection, rows: Sequence[AnyRow]) -> list[Case]:
    """The same for what needs no text: titles, descriptions and channels are left empty, attributes are there."""
    found: dict[str, Content] = {}
    for some in chunks([row.id for row in rows]):
        for row in connection.execute(_ATTRIBUTES, {"case_ids": some}):
            found[row.case_id] = Content(
                ContentId(row.id), CaseId(row.case_id), row.version, "", "", "", row.attributes, row.created_at
            )
    return [_case(row, found.get(row.id) or _erased(row)) for row in rows]


def _erased(row: AnyRow) -> Content:
    """Of a case whose text was erased nothing is known but its row."""
    return Content(ContentId(""), CaseId(row.id), row.content_version, "", "", "", {}, row.received_at)


_CONTENTS = (
    select(contents)
    .where(contents.c.case_id.in_(bindparam("case_ids", expanding=True)))
    .order_by(contents.c.case_id, contents.c.version)
)


def read_contents(connection: Connection, versions: dict[str, int]) -> dict[str, Content]:
    """By case id, the content of each case at the version given (its text is that of all versions up to there).

    A case whose text was erased is not among them.
    """
    parts: dict[str, list[AnyRow]] = {case_id: [] for case_id in versions}
    for some in chunks(list(versions)):
        for row in connection.execute(_CONTENTS, {"case_ids": some}):
            if row.version <= versions[row.case_id]:
                parts[row.case_id].append(row)
    return {case_id: _content(rows) for case_id, rows in parts.items() if rows}


_CASE = select(cases).where(cases.c.id == bindparam("case_id"))
_LOCKED = _CASE.with_for_update(key_share=True)


def case_row(connection: Connection, case_id: CaseId, *, lock: bool = False) -> AnyRow:
    """The case's bare row, locked against other writers on request.

    Raises:
        NotFoundError: There is no such case.
    """
    row = connection.execute(_LOCKED if lock else _CASE, {"case_id": case_id}).one_or_none()
    if row is None:
        raise NotFoundError("'case_id' must name a stored case (got another id); list them with `caseload queue`")
    return row


# What `report_from` takes.
REPORTS: Select[Any] = select(reports, *_SUBJECT).outerjoin(subjects, subjects.c.id == reports.c.subject_id)


def report_from(row: AnyRow) -> Report:
    """A row of `REPORTS`."""
    return Report(
        id=ReportId(row.id),
        case_id=CaseId(row.case_id),
        source=row.source,
        external_id=row.external_id,
        channel=row.channel,
        received_at=row.received_at,
        subject=_subject(row),
    )


def score_from(row: AnyRow) -> Score:
    """A row of scores. JSON's keys are strings, severity's levels are numbers."""
    return Score(
        id=ScoreId(row.id),
        case_id=CaseId(row.case_id),
        content_id=ContentId(row.content_id),
        model=row.model,
        model_version=row.model_version,
        taxonomy_version=row.taxonomy_version,
        assembly_version=row.assembly_version,
        encoder_hash=row.encoder_hash,
        created_at=row.created_at,
        category=row.category,
        severity={int(level): probability for level, probability in row.severity.items()},
        priority=row.priority,
        order_key=row.order_key,
        language=row.language,
        seconds=row.seconds,
        fallback=row.fallback,
        severity_level=row.severity_level,
        tier=row.tier or "",
        shortlist=tuple(row.shortlist or ()),
        novelty_p=row.novelty_p,
        sub_policy=row.sub_policy or "",
        changes_at=row.changes_at,
        queue=row.queue or "",
        ranked_from=tuple(_ranked_from(way) for way in row.ranked_from or ()),
        minutes=row.minutes,
        # Before revision 0004 no case ranked by lot.
        by_lot=bool(row.by_lot),
        propensity=1.0 if row.propensity is None else row.propensity,
    )


def _ranked_from(way: Mapping[str, Any]) -> RankedFrom:
    severity = {int(level): probability for level, probability in way["severity"].items()}
    return RankedFrom(severity, way["violation"], judged=way["judged"])


def decision_from(row: AnyRow | SimpleNamespace) -> Decision:
    """A row of decisions, or what has just been made one."""
    return Decision(
        id=DecisionId(row.id),
        case_id=CaseId(row.case_id),
        content_id=ContentId(row.content_id),
        verdict=Verdict(
            category=row.category,
            severity=row.severity,
            action=row.action,
            reason=row.reason,
            sub_policy=row.sub_policy,
            other_categories=tuple(row.other_categories),
        ),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        claimed_at=row.claimed_at,
        handling_seconds=row.handling_seconds,
        score_id=None if row.score_id is None else ScoreId(row.score_id),
        suggestion=Suggestion(row.suggestion),
        suggestion_shown=row.suggestion_shown,
        suggested_rank=row.suggested_rank,
        reviews=None if row.reviews is None else DecisionId(row.reviews),
        overturns=row.overturns,
        after_reopening=row.after_reopening,
        bulk_id=None if row.bulk_id is None else BulkId(row.bulk_id),
    )


def event_from(row: AnyRow) -> Event:
    """A row of events."""
    return Event(row.seq, CaseId(row.case_id), EventKind(row.kind), row.at, row.actor, row.data)


def _subject(row: AnyRow | SimpleNamespace) -> Subject | None:
    if row.subject_id is None:
        return None
    return Subject(SubjectId(row.subject_id), row.subject_kind, row.subject_external_id)


def _case(row: AnyRow | SimpleNamespace, content: Content) -> Case:
    status = CaseStatus(row.status)
    if status is CaseStatus.OPEN and row.held_now:
        status = CaseStatus.CLAIMED
    return Case(
        id=CaseId(row.id),
        subject=_subject(row),
        status=status,
        received_at=row.received_at,
        content=content,
        order_key=row.order_key,
        first_claimed_at=row.first_claimed_at,
        decided_at=row.decided_at,
        queue=row.queue,
        hold_until=row.hold_until,
        paused_seconds=row.paused_seconds,
        assigned_to=row.assigned_to,
        set_severity=row.set_severity,
        set_priority=row.set_priority,
        rank_parts=row.rank_parts or {},
        rerank_at=row.rerank_at,
        ranked_by=row.ranked_by,
        decision_id=None if row.decision_id is None else DecisionId(row.decision_id),
        under_appeal=row.under_appeal,
        barred=row.barred,
        merged_into=None if row.merged_into is None else CaseId(row.merged_into),
    )


def still_read(versions: Sequence[AnyRow]) -> list[AnyRow]:
    """Of a case's contents those that count: a report that has left is not read, and what says so has no text."""
    gone = {row.withdraws for row in versions if row.withdraws is not None}
    return [row for row in versions if row.withdraws is None and row.version not in gone]


def _content(rows: Iterable[AnyRow]) -> Content:
    versions = list(rows)
    latest = versions[-1]
    parts = still_read(versions)
    return Content(
        id=ContentId(latest.id),
        case_id=CaseId(latest.case_id),
        version=latest.version,
        title=next((part.title for part in parts if part.title), ""),
        description="\n\n".join(part.description for part in parts),
        channel=next((part.channel for part in parts if part.channel), ""),
        attributes=latest.attributes,
        created_at=latest.created_at,
    )
