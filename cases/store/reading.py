"""Reading the record: a case and all that hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from cases.decision import Decision
from cases.erasure import erased_external_id
from cases.errors import NotFoundError
from cases.event import Event
from cases.ids import CaseId, DecisionId, ReportId
from cases.record import Case, Report, Score
from cases.store.database import Database
from cases.store.living import latest_version
from cases.store.rows import (
    REPORTS,
    case_row,
    chunks,
    decision_from,
    event_from,
    read_cases,
    report_from,
    score_from,
    select_cases,
)
from cases.store.tables import cases, decisions, events, reports, scores, withdrawn_decisions


class Reading:
    """The part of the store that shows what is there."""

    _db: Database

    def case(self, case_id: CaseId) -> Case:
        """The case, with its latest content.

        Raises:
            NotFoundError: There is no such case.
        """

        def work(connection: Connection) -> Case:
            rows = connection.execute(select_cases(self._db.now(connection)).where(cases.c.id == case_id)).all()
            if not rows:
                case_row(connection, case_id)
            return read_cases(connection, rows)[0]

        return self._db.read(work)

    def cases(self, case_ids: Collection[str]) -> dict[CaseId, Case]:
        """By id, the cases, each with its latest content; one that is not stored is not among them."""

        def work(connection: Connection) -> dict[CaseId, Case]:
            now, found = self._db.now(connection), dict[CaseId, Case]()
            for some in chunks(sorted(set(case_ids))):
                rows = connection.execute(select_cases(now).where(cases.c.id.in_(some))).all()
                found |= {case.id: case for case in read_cases(connection, rows)}
            return found

        return self._db.read(work)

    def version(self, case_id: CaseId) -> int:
        """The number of the case's latest event, but for being ranked again: it grows with what happens to the case.

        Raises:
            NotFoundError: There is no such case.
        """
        found = self._db.read(lambda connection: latest_version(connection, case_id))
        if found is None:
            raise NotFoundError("'case_id' must name a stored case (got another id); look at the queue")
        return found

    def queue_of(self, case_id: CaseId) -> str:
        """Where the case waits, or waited last.

        Raises:
            NotFoundError: There is no such case.
        """
        query = select(cases.c.queue).where(cases.c.id == case_id)
        queue: str | None = self._db.read(lambda connection: connection.execute(query).scalar_one_or_none())
        if queue is None:
            raise NotFoundError("'case_id' must name a stored case (got another id); look at the queue")
        return queue

    def queues_of(self, case_ids: Collection[str]) -> dict[CaseId, str]:
        """By id, where the cases wait, or waited last; one that is not stored is not among them."""

        def work(connection: Connection) -> dict[CaseId, str]:
            found: dict[CaseId, str] = {}
            for some in chunks(sorted(set(case_ids))):
                rows = connection.execute(select(cases.c.id, cases.c.queue).where(cases.c.id.in_(some)))
                found |= {CaseId(row.id): row.queue for row in rows}
            return found

        return self._db.read(work)

    def queue_of_report(self, report_id: ReportId) -> str:
        """Where the case waits, or waited last, that the report is on.

        Raises:
            NotFoundError: There is no such report.
        """
        query = select(cases.c.queue).join(reports, reports.c.case_id == cases.c.id).where(reports.c.id == report_id)
        queue: str | None = self._db.read(lambda connection: connection.execute(query).scalar_one_or_none())
        if queue is None:
            raise NotFoundError("'report_id' must name a stored report (got another id); take it from its case")
        return queue

    def reports(self, case_id: CaseId) -> tuple[Report, ...]:
        """The case's reports, in the order they were filed; empty where there is no such case."""
        query = REPORTS.where(reports.c.case_id == case_id).order_by(reports.c.filed_at, reports.c.id)
        return self._db.read(lambda connection: tuple(report_from(row) for row in connection.execute(query)))

    def report_by_ref(self, source: str, external_id: str) -> Report | None:
        """The report that `source` knows by `external_id`, also where it was erased and only its row is there."""
        names = (external_id, erased_external_id(source, external_id))
        query = REPORTS.where(reports.c.source == source, reports.c.external_id.in_(names))

        def work(connection: Connection) -> Report | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else report_from(row)

        return self._db.read(work)

    def latest_score(self, case_id: CaseId) -> Score | None:
        """The score that was recorded last of the content that was then the case's latest; None before the first."""
        query = select(scores).join(cases, cases.c.score_id == scores.c.id).where(cases.c.id == case_id)

        def work(connection: Connection) -> Score | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else score_from(row)

        return self._db.read(work)

    def latest_scores(self, case_ids: Sequence[CaseId]) -> dict[CaseId, Score]:
        """By case id, the same of many; a case without a score is not among them."""
        query = select(scores).join(cases, cases.c.score_id == scores.c.id)

        def work(connection: Connection) -> dict[CaseId, Score]:
            found = {}
            for some in chunks(case_ids):
                for row in connection.execute(query.where(cases.c.id.in_(some))):
                    found[CaseId(row.case_id)] = score_from(row)
            return found

        return self._db.read(work)

    def decisions(self, case_id: CaseId) -> tuple[Decision, ...]:
        """The case's decisions: the first, then each review of the one before; those withdrawn are not among them."""
        withdrawn = select(withdrawn_decisions.c.decision_id).where(
            withdrawn_decisions.c.decision_id == decisions.c.id
        )
        query = select(decisions).where(decisions.c.case_id == case_id, ~withdrawn.exists()).order_by(decisions.c.id)

        def work(connection: Connection) -> tuple[Decision, ...]:
            found = {row.reviews: decision_from(row) for row in connection.execute(query)}
            chain = []
            link: DecisionId | None = None
            while link in found:
                chain.append(found[link])
                link = found[link].id
            return tuple(chain)

        return self._db.read(work)

    def events(self, case_id: CaseId, *, after: int | None = None, limit: int | None = None) -> tuple[Event, ...]:
        """What happened to the case, in order.

        Args:
            case_id: The case.
            after: What came after the event of this number; None: from the beginning.
            limit: At most so many; None: all.

        Raises:
            NotFoundError: There is no such case.
        """
        query = select(events).where(events.c.case_id == case_id).order_by(events.c.seq).limit(limit)
        if after is not None:
            query = query.where(events.c.seq > after)
        found = self._db.read(lambda connection: tuple(event_from(row) for row in connection.execute(query)))
        if not found and after is None:  # each case has at least the event that began it
            raise NotFoundError("'case_id' must name a stored case (got another id); look at the queue")
        return found
