"""Filing reports: each goes to its case, once, however often and by however many processes it is sent."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, insert, select, update

from cases.ids import CaseId, ReportId, new_id
from cases.record import CaseStatus, FiledReport, NewReport
from cases.store.database import Database
from cases.store.filing_plan import FilingCase, FilingPlan, Key, first_of_each, report_key, subject_key
from cases.store.rows import AnyRow, chunks
from cases.store.storable import finite, storable_name, storable_report
from cases.store.tables import cases, contents, events, report_identities, reports, subjects

# Where a case stands in the queue between its filing and its first score, for callers that have no priority at hand.
UNSCORED_ORDER_KEY = 0.0


class Filing:
    """The part of the store that takes reports in."""

    _db: Database

    def file_reports(
        self, batch: Sequence[NewReport], *, actor: str, order_key: float = UNSCORED_ORDER_KEY
    ) -> list[FiledReport]:
        """Store the reports, each on its case, in one transaction.

        A report with a case_ref goes to the case of that (source, case_ref), decided or not, or begins it; another
        goes to the undecided case of its subject; else it begins a case. Joining appends a content version. A report
        whose (source, external_id) is known, or comes twice in the batch, is answered with what is stored and changes
        nothing, even where its text differs.

        Args:
            batch: Any number; a thousand at a time is quick.
            actor: Who files them, for the events.
            order_key: Where the cases that begin here stand until they are scored.

        Returns:
            One answer for each report, in the batch's order.

        Raises:
            InvalidInputError: A report cannot be stored, `field` names the part; nothing of the batch was stored.
            StoreUnavailableError: The database does not answer.
        """
        ready = [storable_report(report) for report in batch]
        who = storable_name(actor, field="actor")
        place = finite(order_key, field="order_key")
        return self._db.write(
            lambda connection: _file(connection, self._db, ready, who, place),
            # Another process may file the same report, subject or case_ref between our look-up and our insert.
            retry_duplicates=True,
        )


def _file(
    connection: Connection, db: Database, batch: Sequence[NewReport], actor: str, order_key: float
) -> list[FiledReport]:
    filed = {
        (row.source, row.external_id): FiledReport(ReportId(row.id), CaseId(row.case_id), created=False)
        for row in _by_keys(connection, reports, reports.c.source, reports.c.external_id, map(report_key, batch))
    }
    fresh = first_of_each(batch, filed)
    plan = _plan_for(connection, db, fresh, actor, order_key)
    created = {report_key(report): plan.add(report) for report in fresh}
    _insert(connection, plan)
    answers = []
    for report in batch:
        key = report_key(report)
        # The first with a key made it; a second in the same batch finds it known.
        answer = created.pop(key, None) or filed[key]
        filed[key] = dataclasses.replace(answer, created=False)
        answers.append(answer)
    return answers


def _plan_for(
    connection: Connection, db: Database, fresh: Sequence[NewReport], actor: str, order_key: float
) -> FilingPlan:
    """The plan with all that is known of the batch's subjects and cases, both locked until the transaction ends."""
    subject_ids = _subject_ids(connection, {subject_key(report) for report in fresh if report.subject_ref})
    open_rows: list[AnyRow] = []
    for some in chunks(sorted(subject_ids.values())):
        is_open = cases.c.subject_id.in_(some) & (cases.c.status == CaseStatus.OPEN.value)
        open_rows += connection.execute(_locked(is_open)).all()
    refs = {(report.source, report.case_ref) for report in fresh if report.case_ref}
    ref_rows = list(_by_keys(connection, cases, cases.c.ref_source, cases.c.case_ref, refs, lock=True))
    known = _filing_cases(connection, open_rows + ref_rows)
    return FilingPlan(
        actor=actor,
        order_key=order_key,
        filed_at=db.clock(),
        subject_ids=subject_ids,
        by_ref={(row.ref_source, row.case_ref): known[row.id] for row in ref_rows},
        # Of several undecided cases on a subject, the one that has waited longest.
        by_subject={row.subject_id: known[row.id] for row in sorted(open_rows, key=_age, reverse=True)},
    )


def _subject_ids(connection: Connection, keys: set[Key]) -> dict[Key, str]:
    """The ids of the subjects, made where missing. The lock keeps two processes from a case each on one subject."""
    found = _by_keys(connection, subjects, subjects.c.kind, subjects.c.external_id, keys, lock=True)
    ids = {(row.kind, row.external_id): row.id for row in found}
    missing = {key: new_id() for key in sorted(keys - ids.keys())}
    if missing:
        rows = [{"id": new, "kind": kind, "external_id": ref} for (kind, ref), new in missing.items()]
        connection.execute(insert(subjects), rows)
    return ids | missing


def _filing_cases(connection: Connection, rows: Iterable[AnyRow]) -> dict[str, FilingCase]:
    by_id = {row.id: row for row in rows}
    attributes: dict[str, Any] = {}
    for some in chunks(list(by_id)):
        latest = (
            select(contents.c.case_id, contents.c.attributes)
            .join(cases, (cases.c.id == contents.c.case_id) & (cases.c.content_version == contents.c.version))
            .where(cases.c.id.in_(some))
        )
        attributes |= {row.case_id: row.attributes for row in connection.execute(latest)}
    return {
        row.id: FilingCase(CaseId(row.id), row.content_version, row.received_at, attributes[row.id])
        for row in by_id.values()
    }


def _insert(connection: Connection, plan: FilingPlan) -> None:
    """Write the plan, each table in one go."""
    for table, rows in (
        (cases, plan.new_cases()),
        (reports, plan.reports),
        (report_identities, plan.identities),
        (contents, plan.contents),
        (events, plan.events),
    ):
        if rows:
            connection.execute(insert(table), rows)
    joined = plan.joined_cases()
    if joined:
        connection.execute(update(cases).where(cases.c.id == bindparam("joined_id")), joined)


def _by_keys(
    connection: Connection,
    table: Table,
    group: Column[Any],
    member: Column[Any],
    keys: Iterable[Key],
    *,
    lock: bool = False,
) -> Iterator[AnyRow]:
    """The rows of `table` whose (group, member) is among `keys`: one look-up for each group, a source or a kind."""
    members: dict[str, set[str]] = defaultdict(set)
    for key_group, key_member in keys:
        members[key_group].add(key_member)
    for key_group, some_members in sorted(members.items()):
        # Sorted: two processes that lock the same rows in one order wait for each other, and do not deadlock.
        for some in chunks(sorted(some_members)):
            condition = (group == key_group) & member.in_(some)
            query = _locked(condition, table) if lock else select(table).where(condition)
            yield from connection.execute(query)


def _locked(condition: ColumnElement[bool], table: Table = cases) -> Any:  # noqa: ANN401 - Select of a whole table
    return select(table).where(condition).order_by(table.c.id).with_for_update(key_share=True)


def _age(row: AnyRow) -> tuple[Any, str]:
    return (row.received_at, row.id)
