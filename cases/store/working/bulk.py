"""Deciding many cases alike, each with its own claim, decision and events, so that each can be looked at alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from cases.case_state import CaseState
from cases.decision import Verdict
from cases.errors import InvalidInputError
from cases.event import EventKind
from cases.handling import BulkItem, BulkOutcome, BulkState, NoteKind
from cases.ids import BulkId, CaseId, ContentId, new_id
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.living import Steps, locked_states, states_of
from cases.store.noting import write_note
from cases.store.pools import leased_columns
from cases.store.rows import AnyRow
from cases.store.storable import storable_name, storable_text
from cases.store.tables import cases, decisions, leases
from cases.store.working.deciding import (
    Decider,
    latest_content_ids,
    take_decision,
    unaided_values,
    verdict_values,
)
from cases.store.working.leases import lease_rows, live_holder

# One transaction holds them all; more would keep others waiting.
MAX_BULK = 500


class Bulk:
    """The part of the store that decides in bulk."""

    _db: Database

    def bulk_preview(
        self, case_ids: Sequence[CaseId], *, by: str = "", queues: Collection[str] | None = None
    ) -> tuple[BulkItem, ...]:
        """What `bulk_decide` would find of each case, in the order asked; nothing changes.

        Args:
            case_ids: At most `MAX_BULK`; one named twice is answered once.
            by: Who would decide: their own leases and assignments are no hindrance.
            queues: Those whose cases they see; None for all.

        Raises:
            InvalidInputError: Too many cases.
            StoreUnavailableError: The database does not answer.
        """
        wanted = _distinct(case_ids)

        def work(connection: Connection) -> tuple[BulkItem, ...]:
            states = states_of(connection, connection.execute(select(cases).where(cases.c.id.in_(wanted))).all())
            held = connection.execute(select(leases).where(leases.c.case_id.in_(wanted))).all()
            held_by = {CaseId(row.case_id): row for row in held}
            now, moment = self._db.now(connection), self._db.clock()
            found = {
                case_id: found_state(states.get(case_id), held_by.get(case_id), by, now=now, moment=moment)
                for case_id in wanted
            }
            found |= dict.fromkeys(not_theirs(states, queues), BulkState.NOT_YOURS)
            _tell_erased(connection, found)
            return tuple(BulkItem(case_id, state) for case_id, state in found.items())

        return self._db.read(work)

    def bulk_decide(
        self,
        case_ids: Sequence[CaseId],
        verdict: Verdict,
        *,
        by: str,
        note: str = "",
        queues: Collection[str] | None = None,
    ) -> BulkOutcome:
        """Decide those of the cases that are free, all alike and at one moment; the others are left as they are.

        No suggestion was looked at case by case, so each decision counts as unaided. Whether the taxonomy holds the
        verdict's ids is the caller's to check (`Taxonomy.check`).

        Args:
            case_ids: At most `MAX_BULK`; one named twice is decided once.
            verdict: What is decided of each.
            by: Who decides.
            note: Their own words, kept with each decision in an erasable table.
            queues: Those whose cases they see; None for all.

        Returns:
            The bulk's id, and how each case was found, in the order asked; one that was decided names its decision.

        Raises:
            InvalidInputError: Too many cases, or a value cannot be stored; nothing was decided.
            StoreUnavailableError: The database does not answer; nothing was decided.
        """
        wanted, actor = _distinct(case_ids), storable_name(by, field="by")
        values = verdict_values(verdict) | unaided_values()
        text = storable_text(note, field="note")

        def work(connection: Connection) -> BulkOutcome:
            states = locked_states(connection, wanted)
            held = lease_rows(connection, states)
            now, steps = self._db.now(connection), Steps(self._db.clock(), states)
            bulk_id = BulkId(new_id())
            found = {
                case_id: found_state(states.get(case_id), held.get(case_id), actor, now=now, moment=steps.at)
                for case_id in wanted
            }
            found |= dict.fromkeys(not_theirs(states, queues), BulkState.NOT_YOURS)
            content_ids = _tell_erased(connection, found)
            free = [case_id for case_id in wanted if found[case_id] is BulkState.FREE]
            tokens = _spend_leases(connection, free, held, actor, claimed_at=steps.at, now=now)
            rows = {}
            for case_id in free:
                steps.add(case_id, EventKind.CLAIMED, actor, token=tokens[case_id], bulk_id=bulk_id)
                # Their own lease may have lived until now.
                steps.set_columns(case_id, **leased_columns(None))
                decider = Decider(actor, steps.at, tokens[case_id], bulk_id)
                rows[case_id] = take_decision(steps, case_id, content_ids[case_id], decider, values)
            if rows:
                connection.execute(insert(decisions), list(rows.values()))
            steps.write(connection)
            for case_id, row in rows.items():
                write_note(
                    connection, case_id, NoteKind.DECISION, text, author=actor, at=steps.at, decision_id=row["id"]
                )
            items = [BulkItem(case_id, found[case_id], rows.get(case_id, {}).get("id")) for case_id in wanted]
            return BulkOutcome(bulk_id, tuple(items))

        return self._db.write(work)


def not_theirs(states: Mapping[CaseId, CaseState], queues: Collection[str] | None) -> list[CaseId]:
    """The cases in other queues than these; None for all queues there are."""
    return [case_id for case_id, state in states.items() if queues is not None and state.queue not in queues]


def _tell_erased(connection: Connection, found: dict[CaseId, BulkState]) -> dict[CaseId, ContentId]:
    """The latest contents of the free cases; those that have none are no longer told as free."""
    free = [case_id for case_id, state in found.items() if state is BulkState.FREE]
    content_ids = latest_content_ids(connection, free)
    found |= dict.fromkeys(set(free) - content_ids.keys(), BulkState.ERASED)
    return content_ids


_CLOSED = {CaseStatus.MERGED: BulkState.MERGED, CaseStatus.ERASED: BulkState.ERASED}


def found_state(
    state: CaseState | None, held: AnyRow | None, by: str, *, now: datetime, moment: datetime
) -> BulkState:
    """How a case is found by one who would decide it in bulk.

    Args:
        state: None where there is no such case.
        held: Its newest lease.
        by: Who would decide.
        now: By the database's clock, for the lease.
        moment: Business time, for a hold.
    """
    if state is None:
        return BulkState.UNKNOWN
    if state.status is not CaseStatus.OPEN:
        return _CLOSED.get(state.status, BulkState.DECIDED)
    if state.under_appeal:
        return BulkState.APPEALED
    if state.on_hold(moment):
        return BulkState.ON_HOLD
    if live_holder(held, now) not in (None, by):
        return BulkState.HELD
    return BulkState.FREE if state.assigned_to in (None, by) else BulkState.ASSIGNED


def _distinct(case_ids: Sequence[CaseId]) -> list[CaseId]:
    wanted = list(dict.fromkeys(case_ids))
    if len(wanted) > MAX_BULK:
        raise InvalidInputError(
            f"'case_ids' must be at most {MAX_BULK} (got {len(wanted)}); send them in parts", field="case_ids"
        )
    return wanted


def _spend_leases(
    connection: Connection,
    case_ids: Sequence[CaseId],
    held: Mapping[CaseId, AnyRow],
    holder: str,
    *,
    claimed_at: datetime,
    now: datetime,
) -> dict[CaseId, int]:
    """Take the next token of each case, spent at once; answers the tokens."""
    tokens = {case_id: held[case_id].token + 1 if case_id in held else 1 for case_id in case_ids}
    values = {"holder": holder, "claimed_at": claimed_at, "expires_at": now}
    fresh = [{"case_id": case_id, "token": tokens[case_id], **values} for case_id in case_ids if case_id not in held]
    if fresh:
        connection.execute(insert(leases), fresh)
    again = [case_id for case_id in case_ids if case_id in held]
    if again:
        connection.execute(
            update(leases).where(leases.c.case_id.in_(again)).values(**values, token=leases.c.token + 1)
        )
    return tokens
