"""Lists: the queue in its order, and all cases, the newest first; a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select

from cases.ids import CaseId
from cases.listing import ALL_CASES, ALL_WAITING, CaseFilter, QueueFilter, QueuePlace
from cases.record import Case, CaseStatus
from cases.store.database import Database
from cases.store.rows import of_queues, on_a_case_of, read_cases, select_cases
from cases.store.tables import QUEUE_ORDER, cases, contents, leases, reports, scores, subjects

_MOST_WORDS = 8
# Titles looked through before all are: a common word is in many of them.
_NEWEST = 2_000


class Listing:
    """The part of the store that lists cases."""

    _db: Database

    def queue(
        self,
        limit: int,
        offset: int = 0,
        *,
        queues: Sequence[str] | None = None,
        after: QueuePlace | None = None,
        only: QueueFilter = ALL_WAITING,
    ) -> list[Case]:
        """The undecided cases, the most urgent first; those claimed or on hold are among them, and say so.

        Args:
            limit: At most so many.
            offset: After so many, counted from `after`.
            queues: Of these alone; None for any.
            after: What comes after this place; None: from the head.
            only: Such cases alone.
        """

        def work(connection: Connection) -> list[Case]:
            query = _waiting(select_cases(now := self._db.now_column()), now, queues, only)
            if after is not None:
                query = query.where(_comes_after(after))
            page = query.order_by(*QUEUE_ORDER).limit(limit).offset(offset)
            return read_cases(connection, connection.execute(page).all())

        return self._db.read(work)

    def queue_length(
        self, *, queues: Sequence[str] | None = None, only: QueueFilter = ALL_WAITING, at_most: int | None = None
    ) -> int:
        """How many cases are undecided, those claimed or on hold counted; of such alone as `queue` takes.

        Args:
            queues: Of these alone; None for any.
            only: Such cases alone.
            at_most: Where to stop counting, so that a long queue costs no more; None: count all.
        """
        query = select(literal(1)).select_from(cases)
        if only.status is not None:
            query = query.outerjoin(leases, leases.c.case_id == cases.c.id)
        found = _waiting(query, self._db.now_column(), queues, only).limit(at_most).subquery()
        counted = select(func.count()).select_from(found)
        return self._db.read(lambda connection: int(connection.execute(counted).scalar_one()))

    def list_cases(self, limit: int, *, before: CaseId | None = None, only: CaseFilter = ALL_CASES) -> list[Case]:
        """Cases, decided or not, the newest first.

        Args:
            limit: At most so many.
            before: Those that began before this one; None: from the newest.
            only: Such cases alone.
        """

        def work(connection: Connection) -> list[Case]:
            now = self._db.now_column()
            query = select_cases(now).where(*_such(only, now)).order_by(cases.c.id.desc()).limit(limit)
            if before is not None:
                query = query.where(cases.c.id < before)
            return read_cases(connection, connection.execute(query).all())

        return self._db.read(work)

    def find_cases(self, words: str, limit: int, *, queues: Sequence[str] | None = None) -> list[Case]:
        """Cases that somebody looks for, decided or not: by their subject's or a report's id, or by their title.

        Args:
            words: An id from outside, exactly; or words that all stand in the title, in any case.
            limit: At most so many; those found by an id first, then the newest.
            queues: Of these alone; None for any.
        """
        about = select(cases.c.id).join(subjects, subjects.c.id == cases.c.subject_id)
        by_subject = about.where(subjects.c.external_id == words.strip())
        by_report = select(reports.c.case_id).where(reports.c.external_id == words.strip())

        def work(connection: Connection) -> list[Case]:
            found = select_cases(self._db.now_column()).where(*of_queues(queues)).order_by(cases.c.id.desc())

            def those(ids: set[str]) -> list[Case]:
                query = found.where(cases.c.id.in_(ids)).limit(limit)
                return read_cases(connection, connection.execute(query).all()) if ids else []

            exact = set(connection.execute(by_subject.union(by_report)).scalars())
            first = those(exact)
            if len(first) >= limit or not words.split():
                return first
            # By themselves, and the cases after: in one statement MariaDB walks all cases for the few that are named.
            in_title, dialect = words.split()[:_MOST_WORDS], self._db.engine.dialect.name
            others = _titled(connection, in_title, limit + len(first), queues, dialect)
            return [*first, *those(others - exact)][:limit]

        return self._db.read(work)


def _titled(
    connection: Connection, words: Sequence[str], limit: int, queues: Sequence[str] | None, dialect: str
) -> set[str]:
    """The newest cases with all words in a title: among the newest titles and, if need be, among all."""
    title = contents.c.title
    # SQLite's LIKE knows no case, as its lower() does, for a third of the time.
    holds = title.contains if dialect == "sqlite" else title.icontains
    # Not by the column itself: an index in its order would be walked, and each row looked up for its title.
    named = contents.c.case_id.concat("")
    # The longest is probably the rarest, and where it is missing no other is looked for.
    titled = [holds(word, autoescape=True) for word in sorted(words, key=len, reverse=True)]
    query = select(named).distinct().where(*titled, *on_a_case_of(queues, contents.c.case_id))
    query = query.order_by(named.desc()).limit(limit)
    edge = select(contents.c.case_id).order_by(contents.c.case_id.desc()).offset(_NEWEST).limit(1)
    newest = query.where(contents.c.case_id > (connection.execute(edge).scalar_one_or_none() or ""))
    found = set(connection.execute(newest).scalars())
    return found if len(found) == limit else set(connection.execute(query).scalars())


def _waiting(
    query: Select[Any], now: ColumnElement[Any], queues: Sequence[str] | None, only: QueueFilter
) -> Select[Any]:
    query = query.where(cases.c.status == CaseStatus.OPEN.value, *of_queues(queues), *of_queues(only.queues))
    if only.level is not None:
        query = query.where(cases.c.level == only.level)
    if only.assigned_to is not None:
        query = query.where(cases.c.assigned_to == only.assigned_to)
    if only.category is not None:
        query = query.join(scores, scores.c.id == cases.c.score_id).where(scores.c.top_category == only.category)
    return query.where(*_of_status(only.status, now))


def _comes_after(place: QueuePlace) -> ColumnElement[bool]:
    key, received, case_id = cases.c.order_key, cases.c.received_at, cases.c.id
    return and_(
        # Says nothing that the rest does not, in a way that an index understands.
        key <= place.order_key,
        or_(
            key < place.order_key,
            received > place.received_at,
            and_(received == place.received_at, case_id > place.case_id),
        ),
    )


def _such(only: CaseFilter, now: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    wanted = [*_of_status(only.status, now), *of_queues(only.queues)]
    if only.source is not None:
        reported = select(reports.c.case_id).where(reports.c.source == only.source)
        if only.external_id is not None:
            reported = reported.where(reports.c.external_id == only.external_id)
        wanted.append(cases.c.id.in_(reported))
    if only.subject_kind is not None:
        about = select(subjects.c.id).where(subjects.c.kind == only.subject_kind)
        if only.subject_ref is not None:
            about = about.where(subjects.c.external_id == only.subject_ref)
        wanted.append(cases.c.subject_id.in_(about))
    if only.received_from is not None:
        wanted.append(cases.c.received_at >= only.received_from)
    if only.received_before is not None:
        wanted.append(cases.c.received_at < only.received_before)
    return wanted


def _of_status(status: CaseStatus | None, now: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Claimed is an open case whose lease lives; the row itself says open."""
    if status is None:
        return []
    if status not in (CaseStatus.OPEN, CaseStatus.CLAIMED):
        return [cases.c.status == status.value]
    held = leases.c.expires_at > now
    return [
        cases.c.status == CaseStatus.OPEN.value,
        held if status is CaseStatus.CLAIMED else or_(leases.c.expires_at.is_(None), ~held),
    ]
