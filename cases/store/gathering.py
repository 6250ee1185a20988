"""Mending by hand what filing gathered: a report split off into a case of its own, two cases merged into one.

Contents are append-only, so a report leaves a case by a further version that withdraws the report's own: neither of
the two is read any more, and the attributes are merged anew from what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.event import EventKind
from cases.event_data import iso
from cases.ids import CaseId, ReportId, new_id
from cases.precondition import ANYWAY, Precondition
from cases.record import Attributes
from cases.store.database import Database
from cases.store.living import Steps, columns_of, locked_states, refuse_unless
from cases.store.rows import AnyRow, case_row, chunks, still_read
from cases.store.storable import merged_attributes, storable_name
from cases.store.tables import cases, contents, reports
from cases.store.working.claimable import refuse_unless_open
from cases.store.working.leases import give_up_lease, refuse_if_held


class Gathering:
    """The part of the store that takes cases apart and puts them together."""

    _db: Database

    def split(self, report_id: ReportId, *, by: str, only_if: Precondition = ANYWAY) -> CaseId:
        """Let the report leave its case and begin one of its own, on the report's own subject; answers the new case.

        The new case stands where the old one stood until it is scored. Whether later reports join it:

        - None does where the report is on the subject of the case that it leaves, or names none: those on that
          subject, or with the same words, go on to join the case that was left, and would otherwise have two to join.
        - Those on its subject do where that is another one, as of a report that had come by its case_ref, or because
          an earlier case on its subject had been merged. Of several open cases on it the oldest takes them, as ever.
        - They do as well where the report had come by a merge: splitting undoes that, and its case gathered before.

        Raises:
            NotFoundError: There is no such report.
            ConflictError: Its case is decided, has no other report, or somebody else holds it.
            InvalidInputError: `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        actor = storable_name(by, field="by")

        def work(connection: Connection) -> CaseId:
            old_id = _case_of(connection, report_id)
            steps = Steps(self._db.clock(), locked_states(connection, [old_id]))
            refuse_unless(connection, only_if, old_id, steps.states[old_id])
            refuse_unless_open(old_id, steps.states[old_id])
            refuse_if_held(connection, self._db, old_id, but_by=(actor,))
            leaving, staying = _parts(connection, old_id, report_id)
            if not staying:
                raise ConflictError(
                    f"'report_id' must name one of several reports of its case (got {report_id!r}, the only one); "
                    "there is nothing to split"
                )
            return _split(connection, steps, old_id, leaving, staying, actor)

        return self._db.write(work)

    def merge(self, case_id: CaseId, into: CaseId, *, by: str, only_if: Precondition = ANYWAY) -> None:
        """Let all reports of a case join another; what comes later for it joins that one too.

        `split` takes a report out again, one at a time; what comes later goes on to join the other case. The versions
        of `only_if` are those of the case that joins, its queues those of both.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: One of the two is decided, was decided before, or is held by somebody else.
            InvalidInputError: They are the same, or `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        actor = storable_name(by, field="by")
        if case_id == into:
            raise InvalidInputError(f"'into' must be another case (got {into!r} twice); name two", field="into")

        def work(connection: Connection) -> None:
            states = locked_states(connection, [case_id, into])
            for one in (case_id, into):
                if one not in states:
                    case_row(connection, one)
            # Before anything is said of how either stands: that is not for whoever may not see it.
            refuse_unless(connection, only_if, case_id, states[case_id])
            refuse_unless(connection, Precondition(queues=only_if.queues), into, states[into])
            for one in (case_id, into):
                refuse_unless_open(one, states[one])
                if states[one].decision_id is not None:
                    raise ConflictError(
                        f"'case_id' must name a case that was never decided (got {one!r}, reopened); decide it anew"
                    )
            steps = Steps(self._db.clock(), states)
            held = refuse_if_held(connection, self._db, case_id, but_by=(actor,))
            give_up_lease(connection, self._db, steps, case_id, held)
            refuse_if_held(connection, self._db, into, but_by=(actor,))
            _merge(connection, steps, case_id, into, actor)

        self._db.write(work)


def _case_of(connection: Connection, report_id: ReportId) -> CaseId:
    found = connection.execute(select(reports.c.case_id).where(reports.c.id == report_id)).scalar()
    if found is None:
        raise NotFoundError(f"'report_id' must name a stored report (got {report_id[:36]!r}); take it from its case")
    return CaseId(found)


def _versions(connection: Connection, case_id: CaseId) -> list[AnyRow]:
    """The rows of the case's text, withdrawn ones and all."""
    query = select(contents).where(contents.c.case_id == case_id).order_by(contents.c.version)
    return list(connection.execute(query))


def _parts(connection: Connection, case_id: CaseId, report_id: ReportId) -> tuple[tuple[AnyRow, Attributes], Any]:
    """What the report said, and what the others did: each row with its own attributes."""
    rows = _versions(connection, case_id)
    own = own_attributes(rows)
    said = [(row, own[row.version]) for row in still_read(rows)]
    leaving = next((part for part in said if part[0].report_id == report_id), None)
    if leaving is None:
        raise NotFoundError(
            f"'report_id' must name a report whose text is there (got {report_id!r}, erased); leave it where it is"
        )
    return leaving, [part for part in said if part is not leaving]


def own_attributes(rows: Sequence[AnyRow]) -> dict[int, Attributes]:
    """By version, what its report alone said.

    Before revision 0003 only the merged attributes were kept; of such a row counts what it changed.
    """
    found: dict[int, Attributes] = {}
    before: Attributes = {}
    for row in rows:
        if row.own_attributes is not None:
            found[row.version] = row.own_attributes
        else:
            found[row.version] = {
                name: value for name, value in row.attributes.items() if name not in before or before[name] != value
            }
        before = row.attributes
    return found


def _split(
    connection: Connection,
    steps: Steps,
    old_id: CaseId,
    leaving: tuple[AnyRow, Attributes],
    staying: Sequence[tuple[AnyRow, Attributes]],
    actor: str,
) -> CaseId:
    row, own = leaving
    old, new_case_id = steps.states[old_id], CaseId(new_id())
    subject_id, left_subject_id = _subjects(connection, row.report_id)
    came_by_merge = _began_in(connection, row.report_id) != old_id
    received = _received(connection, [row.report_id, *(part.report_id for part, _ in staying)])
    steps.add(
        new_case_id, EventKind.REPORTED, actor,
        report_id=row.report_id, content_version=1, received_at=iso(received[row.report_id]),
        order_key=old.order_key, queue=old.queue, queue_fixed=old.queue_fixed,
        gathers=came_by_merge or subject_id not in (None, left_subject_id), split_from=old_id,
    )  # fmt: skip
    version = old.content_version + 1
    steps.add(
        old_id, EventKind.SPLIT, actor,
        report_id=row.report_id, content_version=version, into=new_case_id,
        received_at=iso(min(received[part.report_id] for part, _ in staying)),
    )  # fmt: skip
    connection.execute(
        insert(cases).values(id=new_case_id, subject_id=subject_id, **columns_of(steps.states[new_case_id]))
    )
    connection.execute(update(reports).where(reports.c.id == row.report_id).values(case_id=new_case_id))
    attributes: dict[str, Any] = {}
    for _, said in staying:
        attributes = merged_attributes(attributes, said)
    connection.execute(
        insert(contents),
        [
            _content(row, new_case_id, 1, own, steps),
            # No text: a row that withdraws is not read itself.
            _content(row, old_id, version, attributes, steps, withdraws=row.version),
        ],
    )
    steps.write(connection)
    return new_case_id


def _merge(connection: Connection, steps: Steps, case_id: CaseId, into: CaseId, actor: str) -> None:
    rows, target = _versions(connection, case_id), _versions(connection, into)
    own = own_attributes(rows)
    moving = still_read(rows)
    attributes: Attributes = target[-1].attributes if target else {}
    received = _received(connection, [row.report_id for row in moving])
    version, added = steps.states[into].content_version, []
    for row in moving:
        version += 1
        attributes = merged_attributes(attributes, own[row.version])
        added.append(_content(row, into, version, attributes, steps, own=own[row.version]))
    if not added:
        raise NotFoundError(
            f"'case_id' must name a case whose text is there (got {case_id!r}, erased); there is nothing to merge"
        )
    connection.execute(insert(contents), added)
    connection.execute(update(reports).where(reports.c.case_id == case_id).values(case_id=into))
    steps.add(case_id, EventKind.MERGED, actor, into=into)
    steps.add(
        into, EventKind.ABSORBED, actor,
        content_version=version, received_at=iso(min(received.values())), merged=case_id, reports=len(added),
    )  # fmt: skip
    steps.write(connection)


def _subjects(connection: Connection, report_id: str) -> tuple[str | None, str | None]:
    """The ids of the report's own subject and of its case's."""
    query = (
        select(reports.c.subject_id, cases.c.subject_id.label("of_case"))
        .join(cases, cases.c.id == reports.c.case_id)
        .where(reports.c.id == report_id)
    )
    row = connection.execute(query).one()
    return row.subject_id, row.of_case


def _began_in(connection: Connection, report_id: str) -> str:
    """The id of the case that the report was filed on; by a merge it may be on another since."""
    query = (
        select(contents.c.case_id)
        .where(contents.c.report_id == report_id)
        .order_by(contents.c.id)  # ids sort by the time they were made
        .limit(1)
    )
    first: str = connection.execute(query).scalar_one()
    return first


def _received(connection: Connection, report_ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for some in chunks(report_ids):
        query = select(reports.c.id, reports.c.received_at).where(reports.c.id.in_(some))
        found |= {row.id: row.received_at for row in connection.execute(query)}
    return found


def _content(
    row: AnyRow,
    case_id: CaseId,
    version: int,
    attributes: Attributes,
    steps: Steps,
    *,
    own: Attributes | None = None,
    withdraws: int | None = None,
) -> dict[str, Any]:
    """A further row of what a report said, or, where it withdraws, of its having left."""
    said = withdraws is None
    return {
        "id": new_id(),
        "case_id": case_id,
        "version": version,
        "report_id": row.report_id,
        "title": row.title if said else "",
        "description": row.description if said else "",
        "channel": row.channel if said else "",
        "attributes": dict(attributes),
        "created_at": steps.at,
        "own_attributes": None if own is None else dict(own),
        "withdraws": withdraws,
    }
