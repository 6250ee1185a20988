"""What one case loses by an erasure, in one transaction under the case's lock.

Contents refuse UPDATE, so what is left of a case is not rewritten but for one thing: the attributes that later
versions merged from an erased report. Such rows are deleted and put back with the attributes merged anew; their ids,
and so the scores and decisions on them, stay.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, delete, func, insert, select, update

from cases.erasure import ERASED_PREFIX, Counts, ErasurePlan, erased_external_id
from cases.event import EventKind
from cases.ids import CaseId, new_id
from cases.precondition import ANYWAY
from cases.record import Attributes, CaseStatus
from cases.store.burning.keeping import count_fire_notes, forget_fire_notes
from cases.store.database import Database
from cases.store.gathering import own_attributes
from cases.store.living import Steps, locked_state
from cases.store.quality.forgetting import count_words, forget_words, leave
from cases.store.rows import AnyRow, chunks, still_read
from cases.store.storable import merged_attributes
from cases.store.tables import (
    cases,
    contents,
    fingerprints,
    idempotent_answers,
    letters,
    notes,
    report_identities,
    reports,
)
from cases.store.telling.forgetting import count_told, forget_told
from cases.store.working.leases import end_lease, lease_row, live_holder


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an erasure goes.

    Attributes:
        identities: Who reported is forgotten.
        texts: What was said is: title, description, attributes, fingerprints, notes, letters, words
            of second readings and golden sets, kept answers.
        refs: The source's own ids of the reports are.
        cause: Why, a code for the events.
    """

    identities: bool = True
    texts: bool = True
    refs: bool = True
    cause: str = "request"


def erase_case(
    connection: Connection, db: Database, case_id: CaseId, plan: ErasurePlan, extent: Extent, by: str, erasure_id: str
) -> Counts:
    """Erase what the plan says of one case; answers how much it was, nothing where nothing was left to erase."""
    state = locked_state(connection, case_id, ANYWAY)
    whole = case_id in plan.whole
    report_ids = _reports_on(connection, case_id, plan)
    steps = Steps(db.clock(), {case_id: state})
    counts = Counts()
    told: dict[str, Any] = {}
    if extent.texts:
        version, left = _erase_contents(connection, case_id, None if whole else plan.report_ids, counts, steps)
        counts["notes"] += _deleted(connection, notes, notes.c.case_id, [case_id])
        counts["notes"] += forget_fire_notes(connection, case_id)
        counts["letters"] += _deleted(connection, letters, letters.c.case_id, [case_id])
        counts["quality_notes"] += forget_words(connection, case_id)
        if counts["contents"]:
            leave(connection, case_id)
        counts["fingerprints"] += _deleted(connection, fingerprints, fingerprints.c.report_id, report_ids)
        # They hold what a case says.
        counts["answers"] += _deleted(connection, idempotent_answers, idempotent_answers.c.case_id, [case_id])
        if version is not None and state.status is not CaseStatus.MERGED:
            told["content_version"] = version
        if state.is_open and not left:
            told["closed"] = True
            _end_lease(connection, db, steps, case_id)
    if extent.identities:
        counts["identities"] += _deleted(connection, report_identities, report_identities.c.report_id, report_ids)
    if extent.refs:
        counts["reports"] += _forget_external_ids(connection, report_ids)
        counts["deliveries"] += forget_told(connection, case_id)
        if whole:
            connection.execute(update(cases).where(cases.c.id == case_id).values(ref_source=None, case_ref=None))
    if not +counts and not told:
        return Counts()
    counts["cases"] = 1
    steps.add(
        case_id, EventKind.ERASED, by,
        erasure_id=erasure_id, cause=extent.cause, reports=len(report_ids), **told,
    )  # fmt: skip
    steps.write(connection)
    return counts


def count_case(connection: Connection, case_id: CaseId, plan: ErasurePlan, extent: Extent) -> Counts:
    """How much `erase_case` would erase, without a lock and without a change."""
    counts = Counts()
    report_ids = _reports_on(connection, case_id, plan)
    if extent.texts:
        rows: list[AnyRow] = list(connection.execute(_OUTLINE.where(contents.c.case_id == case_id)))
        counts["contents"] += len(_going(rows, None if case_id in plan.whole else plan.report_ids)[0])
        counts["notes"] += _count(connection, notes, notes.c.case_id == case_id)
        counts["notes"] += count_fire_notes(connection, case_id)
        counts["letters"] += _count(connection, letters, letters.c.case_id == case_id)
        counts["quality_notes"] += count_words(connection, case_id)
        counts["fingerprints"] += _counted(connection, fingerprints, fingerprints.c.report_id, report_ids)
        counts["answers"] += _count(connection, idempotent_answers, idempotent_answers.c.case_id == case_id)
    if extent.identities:
        counts["identities"] += _counted(connection, report_identities, report_identities.c.report_id, report_ids)
    if extent.refs:
        counts["reports"] += len(_named(connection, report_ids))
        counts["deliveries"] += count_told(connection, case_id)
    if +counts:
        counts["cases"] = 1
    return counts


# What tells which rows go, without the words.
_OUTLINE: Select[Any] = select(
    contents.c.id, contents.c.version, contents.c.report_id, contents.c.withdraws
).order_by(contents.c.version)


def _reports_on(connection: Connection, case_id: CaseId, plan: ErasurePlan) -> list[str]:
    """The reports on this case that are erased: those of the plan, or all where the whole goes.

    Who reported and what the source calls it are erased with the case that the report is on now, its words in each
    case that holds them.
    """
    found = connection.execute(select(reports.c.id).where(reports.c.case_id == case_id)).scalars()
    return sorted(found if case_id in plan.whole else plan.report_ids.intersection(found))


def _going(rows: Sequence[AnyRow], report_ids: Collection[str] | None) -> tuple[list[AnyRow], list[AnyRow]]:
    """Of a case's contents those that go, and those that are read and stay; with nothing left to read, all go."""
    gone = [row for row in rows if report_ids is None or row.report_id in report_ids]
    lost = {row.id for row in gone}
    left = [row for row in still_read(rows) if row.id not in lost]
    return (gone if left or not gone else list(rows)), left


def _erase_contents(
    connection: Connection, case_id: CaseId, report_ids: Collection[str] | None, counts: Counts, steps: Steps
) -> tuple[int | None, bool]:
    """Erase what these reports said in the case, or, with None, all that is said there.

    Returns:
        The case's new version of content, None where nothing that was read is gone or nothing is left; and whether
        anything is left to read.
    """
    query = select(contents).where(contents.c.case_id == case_id).order_by(contents.c.version)
    rows = list(connection.execute(query))
    gone, left = _going(rows, report_ids)
    lost = {row.id for row in gone}
    if not gone or not left:
        counts["contents"] += _deleted(connection, contents, contents.c.id, sorted(lost))
        return None, bool(left)
    said = own_attributes(rows)
    counts["contents"] += _deleted(connection, contents, contents.c.id, sorted(lost))
    _merge_anew(connection, [row for row in rows if row.id not in lost], said, after=gone[0].version)
    if not any(row.id in lost for row in still_read(rows)):
        return None, True
    version = steps.states[case_id].content_version + 1
    connection.execute(insert(contents), [_withdrawal(gone[0], left, said, version, steps)])
    return version, True


def _merge_anew(
    connection: Connection, staying: Sequence[AnyRow], said: dict[int, Attributes], *, after: int
) -> None:
    """Put back the versions behind `after` whose attributes hold something of what is gone."""
    changed = []
    attributes = _merged([row for row in staying if row.version <= after], said)
    for place, row in enumerate(staying):
        if row.version <= after:
            continue
        # Where a report left, what the others said is merged from the beginning; else one is added to them.
        attributes = (
            merged_attributes(attributes, said[row.version])
            if row.withdraws is None
            else _merged(staying[: place + 1], said)
        )
        own = None if row.withdraws is not None else dict(said[row.version])
        if attributes != row.attributes or own != row.own_attributes:
            changed.append({**row._asdict(), "attributes": attributes, "own_attributes": own})
    for some in chunks(changed):
        connection.execute(delete(contents).where(contents.c.id.in_([row["id"] for row in some])))
        connection.execute(insert(contents), list(some))


def _merged(rows: Sequence[AnyRow], said: dict[int, Attributes]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for row in still_read(rows):
        merged = merged_attributes(merged, said[row.version])
    return merged


def _withdrawal(
    gone: AnyRow, left: Sequence[AnyRow], said: dict[int, Attributes], version: int, steps: Steps
) -> dict[str, Any]:
    """A further version without text, so that what is left is scored, and decided on, as what it is."""
    return {
        "id": new_id(),
        "case_id": gone.case_id,
        "version": version,
        "report_id": gone.report_id,
        "title": "",
        "description": "",
        "channel": "",
        "attributes": _merged(left, said),
        "created_at": steps.at,
        "own_attributes": None,
        "withdraws": gone.version,
    }


def _end_lease(connection: Connection, db: Database, steps: Steps, case_id: CaseId) -> None:
    """Whoever works on a case of which nothing is left has nothing to decide."""
    now = db.now(connection)
    if live_holder(lease_row(connection, case_id), now) is not None:
        end_lease(connection, steps, case_id, now)


def _named(connection: Connection, report_ids: Sequence[str]) -> list[AnyRow]:
    """Those whose external id is still there."""
    found: list[AnyRow] = []
    for some in chunks(report_ids):
        query: Select[Any] = select(reports.c.id, reports.c.source, reports.c.external_id).where(
            reports.c.id.in_(some)
        )
        found += [row for row in connection.execute(query) if not _is_erased(row)]
    return found


def _is_erased(row: AnyRow) -> bool:
    external_id: str = row.external_id
    return external_id.startswith(ERASED_PREFIX) and len(external_id) == len(erased_external_id("", ""))


def _forget_external_ids(connection: Connection, report_ids: Sequence[str]) -> int:
    named = _named(connection, report_ids)
    for row in named:
        written_over = erased_external_id(row.source, row.external_id)
        connection.execute(update(reports).where(reports.c.id == row.id).values(external_id=written_over))
    return len(named)


def _deleted(connection: Connection, from_: Table, key: Column[Any], values: Sequence[str]) -> int:
    return sum(connection.execute(delete(from_).where(key.in_(some))).rowcount for some in chunks(values))


def _counted(connection: Connection, in_: Table, key: Column[Any], values: Sequence[str]) -> int:
    return sum(_count(connection, in_, key.in_(some)) for some in chunks(values))


def _count(connection: Connection, in_: Table, condition: Any) -> int:  # noqa: ANN401 - an SQL condition
    found: int = connection.execute(select(func.count()).select_from(in_).where(condition)).scalar_one()
    return found
