"""Filing reports: each goes to its case, once, however often and by however many processes it is sent."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, insert, select

from cases.durations import GATHER_HOURS, MOST_GATHER_HOURS, lasting
from cases.erasure import erased_external_id
from cases.fingerprint import Fingerprint, fingerprint
from cases.ids import CaseId, ReportId, new_id
from cases.record import CaseStatus, FiledReport, NewReport
from cases.store.database import Database
from cases.store.filing_plan import FilingCase, FilingPlan, Key, Start, first_of_each, report_key, subject_key
from cases.store.likeness import Likes, alike, fingerprint_from
from cases.store.likeness import gathered_by_text as by_text
from cases.store.living import Steps, states_of
from cases.store.rows import AnyRow, chunks
from cases.store.storable import finite, storable_name, storable_report
from cases.store.tables import cases, contents, fingerprints, report_identities, reports, subjects

# Where a case stands in the queue between its filing and its first score, for callers that have no priority at hand.
UNSCORED_ORDER_KEY = 0.0


class Filing:
    """The part of the store that takes reports in."""

    _db: Database

    def file_reports(
        self,
        batch: Sequence[NewReport],
        *,
        actor: str,
        order_key: float = UNSCORED_ORDER_KEY,
        level: int | None = None,
        start_of: Callable[[NewReport], Start] | None = None,
        gather_hours: float = GATHER_HOURS,
    ) -> list[FiledReport]:
        """Store the reports, each on its case, in one transaction.

        A report with a case_ref goes to the case of that (source, case_ref), decided or not, or begins it; another
        goes to the undecided case of its subject; one that names neither, to the undecided case of its source that
        says the same or nearly the same (`cases.fingerprint`); else it begins a case. Joining appends a content
        version. A report whose (source, external_id) is known, or comes twice in the batch, is answered with what is
        stored and changes nothing, even where its text differs.

        Two processes that file the same words at the very same moment may begin a case each; `merge` makes them one.

        Args:
            batch: Any number; a thousand at a time is quick.
            actor: Who files them, for the events.
            order_key: Where the cases that begin here stand until they are scored.
            level: The severity by which they are due until then, 1..K; None where nobody says any.
            start_of: The two for each report by itself, in their place.
            gather_hours: How far apart two reports that say the same may have been received, at most a year; 0
                gathers nothing by what is said, now or later.

        Returns:
            One answer for each report, in the batch's order.

        Raises:
            InvalidInputError: A report cannot be stored, `field` names the part; nothing of the batch was stored.
            StoreUnavailableError: The database does not answer.
        """
        ready = [storable_report(report) for report in batch]
        window = lasting(gather_hours, "hours", field="gather_hours", most=MOST_GATHER_HOURS)
        terms = _Terms(
            actor=storable_name(actor, field="actor"),
            start_of=_finite_starts(start_of or (lambda _report: Start(order_key, level))),
            window=window,
            # Before the transaction: nobody should wait for it.
            said={report_key(report): fingerprint(report.title, report.description) for report in by_text(ready)}
            if window
            else {},
        )
        return self._db.write(
            lambda connection: _file(connection, self._db, ready, terms),
            # Another process may file the same report, subject or case_ref between our look-up and our insert.
            retry_duplicates=True,
        )


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for a batch; `said` are the fingerprints of those of its reports that gather by what they say."""

    actor: str
    start_of: Callable[[NewReport], Start]
    window: timedelta
    said: Mapping[Key, Fingerprint]


def _finite_starts(start_of: Callable[[NewReport], Start]) -> Callable[[NewReport], Start]:
    def start(report: NewReport) -> Start:
        begun = start_of(report)
        return dataclasses.replace(begun, order_key=finite(begun.order_key, field="order_key"))

    return start


def _file(connection: Connection, db: Database, batch: Sequence[NewReport], terms: _Terms) -> list[FiledReport]:
    # One that was erased is known by what its id was written over with: its words do not come back.
    keys = {key: key for key in map(report_key, batch)}
    keys |= {(source, erased_external_id(source, name)): (source, name) for source, name in list(keys)}
    filed = {
        keys[row.source, row.external_id]: FiledReport(ReportId(row.id), CaseId(row.case_id), created=False)
        for row in _by_keys(connection, reports, reports.c.source, reports.c.external_id, keys)
    }
    fresh = first_of_each(batch, filed)
    plan = _plan_for(connection, db, fresh, terms)
    created = {report_key(report): plan.add(report, terms.said.get(report_key(report))) for report in fresh}
    _insert(connection, plan)
    answers = []
    for report in batch:
        key = report_key(report)
        # The first with a key made it; a second in the same batch finds it known.
        answer = created.pop(key, None) or filed[key]
        filed[key] = dataclasses.replace(answer, created=False)
        answers.append(answer)
    return answers


def _plan_for(connection: Connection, db: Database, fresh: Sequence[NewReport], terms: _Terms) -> FilingPlan:
    """The plan with all that is known of the batch's subjects and cases, locked until the transaction ends."""
    subject_ids = _subject_ids(connection, {subject_key(report) for report in fresh if report.subject_ref})
    open_rows = _gathering(connection, cases.c.subject_id, set(subject_ids.values()))
    refs = {(report.source, report.case_ref) for report in fresh if report.case_ref}
    ref_rows = list(_by_keys(connection, cases, cases.c.ref_source, cases.c.case_ref, refs, lock=True))
    merged_rows = _merged(connection, set(subject_ids.values()) - {row.subject_id for row in open_rows})
    stand_ins = _stand_ins(connection, [*ref_rows, *merged_rows])
    takers = [(row.subject_id, row) for row in open_rows]
    # Of a subject without an open case of its own: those that its merged ones went into.
    takers += [(row.subject_id, took) for row in merged_rows if _takes(took := stand_ins[row.id])]
    said = [(report, terms.said[report_key(report)]) for report in fresh if report_key(report) in terms.said]
    prints = alike(connection, said, terms.window)
    text_rows = _gathering(connection, cases.c.id, {row.case_id for row in prints})
    rows = {row.id: row for row in [*open_rows, *ref_rows, *stand_ins.values(), *text_rows]}
    known = _filing_cases(connection, list(rows.values()))
    likes: Likes[FilingCase] = Likes(terms.window)
    still_open = {row.id for row in text_rows}
    for row in prints:
        if row.case_id in still_open:
            likes.add(row.source, fingerprint_from(row), row.received_at, known[row.case_id])
    return FilingPlan(
        actor=terms.actor,
        start_of=terms.start_of,
        steps=Steps(db.clock(), states_of(connection, list(rows.values()))),
        subject_ids=subject_ids,
        by_ref={
            (row.ref_source, row.case_ref): known[took.id]
            for row in ref_rows
            # Nobody would read what joins a case that an erasure has closed.
            if (took := stand_ins.get(row.id, row)).status != CaseStatus.ERASED.value
        },
        by_subject={subject_id: known[row.id] for subject_id, row in _waiting_longest(takers).items()},
        likes=likes if terms.window else None,
    )


def _merged(connection: Connection, subject_ids: set[str]) -> list[AnyRow]:
    """The cases on these subjects that were merged into others, which take what comes later for them too."""
    found: list[AnyRow] = []
    for some in chunks(sorted(subject_ids)):
        merged = cases.c.subject_id.in_(some) & (cases.c.status == CaseStatus.MERGED.value)
        found += connection.execute(_locked(merged)).all()
    return found


def _takes(row: AnyRow) -> bool:
    return row.status == CaseStatus.OPEN.value and bool(row.gathers)


def _waiting_longest(candidates: Iterable[tuple[str, AnyRow]]) -> dict[str, AnyRow]:
    """Of the cases that may take a subject's reports, by subject id, the one that has waited longest."""
    return dict(sorted(candidates, key=lambda candidate: _age(candidate[1]), reverse=True))


def _stand_ins(connection: Connection, rows: Sequence[AnyRow]) -> dict[str, AnyRow]:
    """By id of a merged case, the case that its reports went to, which may have been merged in its turn."""
    found: dict[str, AnyRow] = {}
    for row in rows:
        stands = row
        while stands.status == CaseStatus.MERGED.value:
            stands = connection.execute(_locked(cases.c.id == stands.merged_into)).one()
        if stands is not row:
            found[row.id] = stands
    return found


def _gathering(connection: Connection, key: Column[Any], wanted: set[str]) -> list[AnyRow]:
    """The undecided cases whose `key` is among these and which later reports join, locked."""
    found: list[AnyRow] = []
    for some in chunks(sorted(wanted)):
        is_open = key.in_(some) & (cases.c.status == CaseStatus.OPEN.value) & cases.c.gathers
        found += connection.execute(_locked(is_open)).all()
    return found


def _subject_ids(connection: Connection, keys: set[Key]) -> dict[Key, str]:
    """The ids of the subjects, made where missing. The lock keeps two processes from a case each on one subject."""
    found = _by_keys(connection, subjects, subjects.c.kind, subjects.c.external_id, keys, lock=True)
    ids = {(row.kind, row.external_id): row.id for row in found}
    missing = {key: new_id() for key in sorted(keys - ids.keys())}
    if missing:
        rows = [{"id": new, "kind": kind, "external_id": ref} for (kind, ref), new in missing.items()]
        connection.execute(insert(subjects), rows)
    return ids | missing


def _filing_cases(connection: Connection, rows: Sequence[AnyRow]) -> dict[str, FilingCase]:
    attributes: dict[str, Any] = {}
    for some in chunks([row.id for row in rows]):
        latest = (
            select(contents.c.case_id, contents.c.attributes)
            .join(cases, (cases.c.id == contents.c.case_id) & (cases.c.content_version == contents.c.version))
            .where(cases.c.id.in_(some))
        )
        attributes |= {row.case_id: row.attributes for row in connection.execute(latest)}
    # Of a case whose text was erased nothing is left to merge with.
    return {row.id: FilingCase(CaseId(row.id), attributes.get(row.id, {})) for row in rows}


def _insert(connection: Connection, plan: FilingPlan) -> None:
    """Write the plan, each table in one go."""
    for table, rows in (
        (cases, plan.new_cases()),
        (reports, plan.reports),
        (report_identities, plan.identities),
        (contents, plan.contents),
        (fingerprints, plan.fingerprints),
    ):
        if rows:
            connection.execute(insert(table), rows)
    plan.steps.write(connection)


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
