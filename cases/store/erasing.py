"""Erasing a person, a subject, a case or a report from the record, a case at a time so that nobody waits for long.

What an erasure has yet to reach beside the rows (files, the database's own free space) is kept with its record until
it has, so one that was interrupted can be gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cases.erasure import Counts, Erasure, ErasureKind, ErasurePlan, ErasureRequest, Place
from cases.errors import InvalidInputError, NotFoundError
from cases.ids import CaseId, new_id
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.erasing_case import Extent, count_case, erase_case
from cases.store.rows import AnyRow, case_row, chunks, read_contents
from cases.store.storable import storable_name
from cases.store.tables import cases, contents, decisions, erasures, report_identities, reports, subjects


class Erasing:
    """The part of the store that erases."""

    _db: Database

    def plan_erasure(self, request: ErasureRequest) -> ErasurePlan:
        """The reports and cases that a request comes to; nothing changes.

        A reporter's reports are theirs alone: what others said in the same case stays. A subject goes with all that
        was said of it: the cases about it as a whole, and each report that named it.

        Raises:
            InvalidInputError: `ref` is empty.
            NotFoundError: There is no such case.
            StoreUnavailableError: The database does not answer.
        """
        if not request.ref.strip():
            raise InvalidInputError(f"'{request.kind.value}' must not be blank (got nothing); name one", field="ref")
        return self._db.read(partial(_plan, request=request))

    def count_erasure(self, plan: ErasurePlan, extent: Extent = Extent()) -> Counts:  # noqa: B008 - it is frozen
        """How much an erasure would erase of the record; nothing changes."""
        counts = Counts()
        for case_id in plan.case_ids:
            counts += self._db.read(partial(count_case, case_id=case_id, plan=plan, extent=extent))
        counts["subjects"] += plan.subject_id is not None
        return +counts

    def texts_to_erase(self, case_ids: Sequence[CaseId]) -> Iterator[tuple[str, str]]:
        """Title and description of these cases as training or scoring may have read them; ask before they are gone.

        These are each text that a decision was taken on, and the latest.
        """
        for some in chunks(case_ids):
            yield from self._db.read(partial(_texts, case_ids=some))

    def begin_erasure(self, kind: ErasureKind, *, by: str, case_ids: Sequence[CaseId]) -> Erasure:
        """Record that an erasure begins; it has yet to reach every place."""
        begun = Erasure(
            new_id(), kind, self._db.clock(), storable_name(by, field="by"), {}, tuple(Place), tuple(case_ids)
        )
        row: dict[str, Any] = {
            "id": begun.id,
            "kind": kind.value,
            "at": begun.at,
            "erased_by": begun.by,
            "counts": {},
            "pending": [place.value for place in begun.pending],
            "case_ids": list(case_ids),
        }
        self._db.write(lambda connection: connection.execute(insert(erasures).values(row)))
        return begun

    def erase_cases(
        self,
        plan: ErasurePlan,
        case_ids: Sequence[CaseId],
        begun: Erasure,
        extent: Extent = Extent(),  # noqa: B008
    ) -> Counts:
        """Erase what the plan says of these cases, each in a transaction of its own; answers how much it was.

        Raises:
            StoreUnavailableError: The database does not answer; what was erased is, and the same again does the rest.
        """
        counts = Counts()
        for case_id in case_ids:
            counts += self._db.write(
                partial(
                    erase_case,
                    db=self._db,
                    case_id=case_id,
                    plan=plan,
                    extent=extent,
                    by=begun.by,
                    erasure_id=begun.id,
                )
            )
        return counts

    def forget_subject(self, subject_id: str) -> int:
        """Write over the outside id of a subject; what is reported of it later begins anew."""
        values = {"external_id": f"erased:{new_id()}"}
        change = update(subjects).where(subjects.c.id == subject_id).values(values)
        return self._db.write(lambda connection: connection.execute(change).rowcount)

    def reached(self, erasure_id: str, counts: Counts, places: Sequence[Place] = ()) -> Erasure:
        """Add to what an erasure has erased, and take the places off that it has reached; answers what it then says.

        Raises:
            NotFoundError: There is no such erasure.
        """

        def work(connection: Connection) -> Erasure:
            row = connection.execute(_ONE.where(erasures.c.id == erasure_id).with_for_update()).one_or_none()
            if row is None:
                raise _unknown(erasure_id)
            was = _erasure_from(row)
            pending = [place.value for place in was.pending if place not in places]
            ended = None if pending else was.finished_at or self._db.clock()
            values = {
                "counts": dict(Counts(was.counts) + counts),
                "pending": pending or None,
                "case_ids": list(was.case_ids) if pending else None,
                "finished_at": ended,
            }
            connection.execute(update(erasures).where(erasures.c.id == erasure_id).values(values))
            return _erasure_from(connection.execute(_ONE.where(erasures.c.id == erasure_id)).one())

        return self._db.write(work)

    def erasure(self, erasure_id: str) -> Erasure:
        """The record of an erasure.

        Raises:
            NotFoundError: There is no such erasure.
        """
        query = _ONE.where(erasures.c.id == erasure_id)
        row = self._db.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise _unknown(erasure_id)
        return _erasure_from(row)

    def unfinished_erasures(self, after: str = "", limit: int | None = None) -> list[Erasure]:
        """Those that have yet to reach somewhere, the first first, from behind the id `after`."""
        query = _ONE.where(erasures.c.finished_at.is_(None), erasures.c.id > after).order_by(erasures.c.id)
        return self._db.read(
            lambda connection: [_erasure_from(row) for row in connection.execute(query.limit(limit))]
        )


_ONE = select(erasures)


def _unknown(erasure_id: str) -> NotFoundError:
    return NotFoundError(f"'erasure_id' must name an erasure (got {erasure_id[:36]!r}); take it from its answer")


def _erasure_from(row: AnyRow) -> Erasure:
    return Erasure(
        id=row.id,
        kind=ErasureKind(row.kind),
        at=row.at,
        by=row.erased_by,
        counts=row.counts,
        pending=tuple(Place(place) for place in row.pending or ()),
        case_ids=tuple(CaseId(case_id) for case_id in row.case_ids or ()),
        finished_at=row.finished_at,
    )


def _plan(connection: Connection, *, request: ErasureRequest) -> ErasurePlan:
    subject_id: str | None = None
    whole = frozenset[CaseId]()
    if request.kind is ErasureKind.REPORTER:
        report_ids = _of_reporter(connection, request)
    elif request.kind is ErasureKind.REPORT:
        named = (reports.c.source == request.within) & (reports.c.external_id == request.ref)
        report_ids = _ids(connection, named)
    elif request.kind is ErasureKind.CASE:
        row = case_row(connection, CaseId(request.ref))
        whole = frozenset({CaseId(row.id)})
        report_ids = _ids(connection, reports.c.case_id == row.id)
        if row.status == CaseStatus.MERGED.value:
            said = select(contents.c.report_id).where(contents.c.case_id == row.id)
            report_ids |= set(connection.execute(said).scalars())
    else:
        subject_id, report_ids, whole = _of_subject(connection, request)
    touched = _cases_of(connection, report_ids) | whole
    return ErasurePlan(frozenset(report_ids), whole, tuple(sorted(touched)), subject_id)


def _of_subject(connection: Connection, request: ErasureRequest) -> tuple[str | None, set[str], frozenset[CaseId]]:
    """The subject's id, all reports on it and on cases about it, and these cases."""
    named = select(subjects.c.id).where(subjects.c.kind == request.within, subjects.c.external_id == request.ref)
    subject_id: str | None = connection.execute(named).scalar()
    if subject_id is None:
        # Compared with nothing, it would be every case that is about nothing.
        return None, set(), frozenset()
    about = connection.execute(select(cases.c.id).where(cases.c.subject_id == subject_id)).scalars()
    whole = frozenset(CaseId(case_id) for case_id in about)
    report_ids = _ids(connection, reports.c.subject_id == subject_id)
    for some in chunks(sorted(whole)):
        report_ids |= _ids(connection, reports.c.case_id.in_(some))
    return subject_id, report_ids, whole


def _of_reporter(connection: Connection, request: ErasureRequest) -> set[str]:
    query = (
        select(reports.c.id, report_identities.c.reporter)
        .join(report_identities, report_identities.c.report_id == reports.c.id)
        .where(report_identities.c.reporter == request.ref)
    )
    if request.within:
        query = query.where(reports.c.source == request.within)
    # MariaDB compares without blanks at the end.
    return {row.id for row in connection.execute(query) if row.reporter == request.ref}


def _ids(connection: Connection, condition: object) -> set[str]:
    return set(connection.execute(select(reports.c.id).where(condition)).scalars())  # type: ignore[arg-type]


def _cases_of(connection: Connection, report_ids: set[str]) -> set[CaseId]:
    """The cases that the reports are on, and those that still hold their words: of a split, of a merge."""
    found: set[CaseId] = set()
    for some in chunks(sorted(report_ids)):
        for query in (
            select(reports.c.case_id).where(reports.c.id.in_(some)),
            select(contents.c.case_id).where(contents.c.report_id.in_(some)),
        ):
            found |= {CaseId(case_id) for case_id in connection.execute(query).scalars()}
    return found


def _texts(connection: Connection, *, case_ids: Sequence[CaseId]) -> list[tuple[str, str]]:
    latest = (
        select(contents.c.case_id, func.max(contents.c.version).label("version"))
        .where(contents.c.case_id.in_(case_ids))
        .group_by(contents.c.case_id)
    )
    decided = (
        select(contents.c.case_id, contents.c.version)
        .join(decisions, decisions.c.content_id == contents.c.id)
        .where(contents.c.case_id.in_(case_ids))
    )
    wanted = {(row.case_id, row.version) for query in (latest, decided) for row in connection.execute(query)}
    texts = []
    while wanted:
        # One version of each case at a time, as they are read.
        some = dict(wanted)
        wanted -= set(some.items())
        texts += [(content.title, content.description) for content in read_contents(connection, some).values()]
    return texts
