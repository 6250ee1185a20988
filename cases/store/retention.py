"""Which words and names have been kept for as long as they may be: looked for a page at a time, from the oldest.

What is erased is gone from the tables that are looked at, so a pass that is begun anew finds what is left first, and
nothing need be remembered. A text's days count from the decision; of an undecided case none is ever due. A reporter's
days count from when the report was received.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select

from cases.erasure import ErasurePlan
from cases.ids import CaseId
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.rows import chunks
from cases.store.tables import cases, contents, report_identities, reports

PAGE = 500


@dataclass(frozen=True, slots=True)
class DuePage:
    """What is due of one page of rows.

    Attributes:
        plan: The cases and reports whose days are over.
        last: The last row's key; "" where there are no more.
    """

    plan: ErasurePlan
    last: str


class Retention:
    """The part of the store that knows what is due."""

    _db: Database

    def texts_due(self, before: datetime, after: str = "") -> DuePage:
        """Decided cases whose words are there though they were decided before a moment.

        One that is under appeal or open again is undecided; one that was merged goes with the case that took it over.

        Args:
            before: That moment.
            after: Where the page before ended.
        """
        return self._db.read(partial(_texts_due, before=before, after=after))

    def identities_due(self, before: datetime, after: str = "") -> DuePage:
        """Reports received before a moment of which it is still known who reported; arguments as above."""
        return self._db.read(partial(_identities_due, before=before, after=after))


def _texts_due(connection: Connection, *, before: datetime, after: str) -> DuePage:
    page = connection.execute(
        select(contents.c.id, contents.c.case_id).where(contents.c.id > after).order_by(contents.c.id).limit(PAGE)
    ).all()
    due: set[CaseId] = set()
    for some in chunks(sorted({row.case_id for row in page})):
        decided = select(cases.c.id).where(
            cases.c.id.in_(some), cases.c.status == CaseStatus.DECIDED.value, cases.c.decided_at < before
        )
        due |= {CaseId(case_id) for case_id in connection.execute(decided).scalars()}
    report_ids: set[str] = set()
    for some in chunks(sorted(due)):
        report_ids |= set(connection.execute(select(reports.c.id).where(reports.c.case_id.in_(some))).scalars())
    merged: set[CaseId] = set()
    for some in chunks(sorted(report_ids)):
        # A case that was merged into one of these holds the same words.
        held = (
            select(cases.c.id)
            .join(contents, contents.c.case_id == cases.c.id)
            .where(contents.c.report_id.in_(some), cases.c.status == CaseStatus.MERGED.value)
        )
        merged |= {CaseId(case_id) for case_id in connection.execute(held).scalars()}
    whole = frozenset(due | merged)
    plan = ErasurePlan(frozenset(report_ids), whole, tuple(sorted(whole)))
    return DuePage(plan, page[-1].id if len(page) == PAGE else "")


def _identities_due(connection: Connection, *, before: datetime, after: str) -> DuePage:
    page = connection.execute(
        select(report_identities.c.report_id, reports.c.case_id, reports.c.received_at)
        .join(reports, reports.c.id == report_identities.c.report_id)
        .where(report_identities.c.report_id > after)
        .order_by(report_identities.c.report_id)
        .limit(PAGE)
    ).all()
    due = [row for row in page if row.received_at < before]
    plan = ErasurePlan(
        frozenset(row.report_id for row in due),
        frozenset(),
        tuple(sorted({CaseId(row.case_id) for row in due})),
    )
    return DuePage(plan, page[-1].report_id if len(page) == PAGE else "")
