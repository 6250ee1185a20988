"""Sampled decisions as rows: with the decision, the second reading and what was settled beside each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from cases.errors import NotFoundError
from cases.ids import CaseId, ContentId, DecisionId, SampledId, SampleId
from cases.precondition import Precondition
from cases.quality import COMPARED, Adjudication, Answer, Reading, Sampled, SampledState, Stands
from cases.record import CaseStatus, Content
from cases.store.database import Database
from cases.store.living import locked_state
from cases.store.rows import AnyRow, read_contents
from cases.store.storable import storable_code
from cases.store.tables import cases, contents, decisions, qa_readings, qa_sampled, withdrawn_decisions

SECOND, LAST = "second", "adjudication"

second = qa_readings.alias("second_reading")
last = qa_readings.alias("last_reading")
_earlier = contents.alias("earlier")

_SHOWN = ("id", "reader", "at", "category", "severity", "action", "note")

SAMPLED: Select[Any] = (
    select(
        *(qa_sampled.c[name] for name in ("id", "sample_id", "case_id", "decision_id", "erased")),
        *(decisions.c[name] for name in ("content_id", "category", "severity", "action", "decided_by", "decided_at")),
        cases.c.queue,
        ((cases.c.decision_id == decisions.c.id) & (cases.c.status == CaseStatus.DECIDED.value)).label("stands"),
        withdrawn_decisions.c.decision_id.label("withdrawn"),
        *(second.c[name].label(f"second_{name}") for name in _SHOWN),
        *(last.c[name].label(f"last_{name}") for name in (*_SHOWN, "stands", "own")),
    )
    .join(decisions, decisions.c.id == qa_sampled.c.decision_id)
    .join(cases, cases.c.id == qa_sampled.c.case_id)
    .outerjoin(withdrawn_decisions, withdrawn_decisions.c.decision_id == decisions.c.id)
    .outerjoin(second, (second.c.sampled_id == qa_sampled.c.id) & (second.c.kind == SECOND))
    .outerjoin(last, (last.c.sampled_id == qa_sampled.c.id) & (last.c.kind == LAST))
)
_DIFFER = or_(*(second.c[name] != decisions.c[name] for name in COMPARED))
_OPEN = and_(~qa_sampled.c.erased, withdrawn_decisions.c.decision_id.is_(None), last.c.id.is_(None))

# As `_state` says it, for the two states that somebody is waited for in.
IN_STATE: Mapping[SampledState, ColumnElement[bool]] = {
    SampledState.WAITING: and_(_OPEN, second.c.id.is_(None)),
    SampledState.DIFFERS: and_(_OPEN, second.c.id.is_not(None), _DIFFER),
}

# Whether each word that the decision was taken on is there: version n reads as the rows 1 to n.
WHOLE_TEXT = (
    select(contents.c.id)
    .where(
        contents.c.id == decisions.c.content_id,
        select(func.count())
        .select_from(_earlier)
        .where(_earlier.c.case_id == contents.c.case_id, _earlier.c.version <= contents.c.version)
        .correlate(contents)
        .scalar_subquery()
        == contents.c.version,
    )
    .correlate(decisions)
    .exists()
)


class SampledRows:
    """The part of the store that shows sampled decisions, and texts as they stood when something was said of them."""

    _db: Database

    def sampled(self, sampled_id: SampledId) -> Sampled:
        """A decision that was drawn.

        Raises:
            NotFoundError: There is none of that id.
            StoreUnavailableError: The database does not answer.
        """
        return self._db.read(partial(sampled_of, sampled_id=sampled_id))

    def text_as_of(self, case_id: CaseId, content_id: ContentId) -> Content | None:
        """What the case said at that version; None where it was erased.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> Content | None:
            known = select(contents.c.version).where(contents.c.id == content_id, contents.c.case_id == case_id)
            version: int | None = connection.execute(known).scalar()
            return None if version is None else read_contents(connection, {case_id: version}).get(case_id)

        return self._db.read(work)


def sampled_of(connection: Connection, sampled_id: SampledId) -> Sampled:
    """The same within a transaction."""
    row = connection.execute(SAMPLED.where(qa_sampled.c.id == sampled_id)).one_or_none()
    if row is None:
        raise NotFoundError("'sampled_id' must name a sampled decision (got another id); take it from the page")
    return sampled_from(row)


def locked_sampled(connection: Connection, sampled_id: SampledId, queues: Collection[str] | None) -> Sampled:
    """A decision that was drawn, its case locked against other writers until the transaction ends.

    Raises:
        NotFoundError: There is none of that id.
        OtherQueueError: Its case is in a queue that the caller does not see.
    """
    locked_state(connection, sampled_of(connection, sampled_id).case_id, Precondition(queues=queues))
    return sampled_of(connection, sampled_id)


def answer_values(answer: Answer) -> dict[str, Any]:
    """The columns of an answer.

    Raises:
        InvalidInputError: A code is empty or too long.
    """
    return {
        "category": storable_code(answer.category, field="category"),
        "severity": answer.severity,
        "action": storable_code(answer.action, field="action"),
    }


def sampled_from(row: AnyRow) -> Sampled:
    """A row of `SAMPLED`."""
    first = Reading(row.decided_by, row.decided_at, Answer(row.category, row.severity, row.action))
    again = None if row.second_id is None else _reading(row, "second")
    adjudication = None
    if row.last_id is not None:
        adjudication = Adjudication(_reading(row, "last"), Stands(row.last_stands), bool(row.last_own))
    return Sampled(
        id=SampledId(row.id),
        sample_id=SampleId(row.sample_id),
        case_id=CaseId(row.case_id),
        decision_id=DecisionId(row.decision_id),
        content_id=ContentId(row.content_id),
        queue=row.queue,
        state=_state(row, first, again),
        stands=bool(row.stands),
        first=first,
        second=again,
        adjudication=adjudication,
    )


def _reading(row: AnyRow, which: str) -> Reading:
    got = {name: getattr(row, f"{which}_{name}") for name in _SHOWN}
    return Reading(got["reader"], got["at"], Answer(got["category"], got["severity"], got["action"]), got["note"])


def _state(row: AnyRow, first: Reading, again: Reading | None) -> SampledState:
    if row.withdrawn is not None:
        return SampledState.GONE
    if row.last_id is not None:
        return SampledState.ADJUDICATED
    if again is not None and not first.answer.differs_in(again.answer):
        return SampledState.AGREED
    if row.erased:
        return SampledState.GONE
    return SampledState.WAITING if again is None else SampledState.DIFFERS
