"""What training reads: each decided case with the decision that stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, and_, or_, select

from cases.decision import DecidedCase
from cases.ids import CaseId
from cases.record import CaseStatus, Content
from cases.store.database import Database
from cases.store.rows import AnyRow, decision_from, read_contents
from cases.store.tables import cases, contents, decisions, subjects

PAGE = 500

Place = tuple[datetime, str]


class Learning:
    """The part of the store that training reads."""

    _db: Database

    def decided_cases(self) -> Iterator[DecidedCase]:
        """Each decided case with the decision that stands, ordered by (received_at, id).

        What was withdrawn stands no more; a case that is open again, by an appeal or otherwise, is not among them.
        The text is that of the content version which the decision names. Memory stays constant: pages of cases are
        read in transactions of their own, so a long reader neither blocks a writer nor sees one moment throughout; a
        case decided meanwhile is there or not.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        place: Place | None = None
        while True:
            page, place = self._db.read(partial(_page, after=place))
            yield from page
            if place is None:
                return


def _page(connection: Connection, after: Place | None) -> tuple[list[DecidedCase], Place | None]:
    """A page of decided cases, and the place to go on from; None when there are no more."""
    keys = select(cases.c.id, cases.c.received_at).where(cases.c.status == CaseStatus.DECIDED.value)
    if after is not None:
        moment, last_id = after
        same_moment = and_(cases.c.received_at == moment, cases.c.id > last_id)
        # The first condition says nothing new, but lets the index on received_at find the place.
        keys = keys.where(cases.c.received_at >= moment, or_(cases.c.received_at > moment, same_moment))
    page = connection.execute(keys.order_by(cases.c.received_at, cases.c.id).limit(PAGE)).all()
    rows = _standing(connection, [row.id for row in page])
    text = read_contents(connection, {row.case_id: row.version for row in rows})
    place = (page[-1].received_at, page[-1].id) if len(page) == PAGE else None
    return [_decided_case(row, text[row.case_id]) for row in rows], place


def _standing(connection: Connection, case_ids: list[str]) -> list[AnyRow]:
    """The decision of each case that stands, with its content's version and the case's subject."""
    query = (
        select(decisions, cases.c.received_at, contents.c.version, subjects.c.kind, subjects.c.external_id)
        .join(cases, cases.c.decision_id == decisions.c.id)
        .join(contents, contents.c.id == decisions.c.content_id)
        .outerjoin(subjects, subjects.c.id == cases.c.subject_id)
        .where(cases.c.id.in_(case_ids))
        .order_by(cases.c.received_at, cases.c.id)
    )
    return list(connection.execute(query))


def _decided_case(row: AnyRow, content: Content) -> DecidedCase:
    return DecidedCase(
        case_id=CaseId(row.case_id),
        subject_key=row.case_id if row.external_id is None else f"{row.kind}:{row.external_id}",
        received_at=row.received_at,
        title=content.title,
        description=content.description,
        channel=content.channel,
        attributes=content.attributes,
        decision=decision_from(row),
    )
