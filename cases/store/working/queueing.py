"""The queue: what waits, and who has taken what.

A claim is a lease: it ends by itself, by the database's clock, when its holder falls silent. Each claim of a case
gets the next token, so a holder who was thought dead and comes back is told so instead of deciding on top of the
next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cases.case_state import CaseState
from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.ids import CaseId
from cases.precondition import ANYWAY, Precondition
from cases.record import Case, Lease
from cases.store.database import Database
from cases.store.living import Steps, columns_of, locked_state, refuse_unless, state_of, state_with_skips
from cases.store.pools import put_back
from cases.store.rows import AnyRow, case_row, claimed_case
from cases.store.storable import finite, storable_name
from cases.store.working.claimable import is_free, refuse_unless_claimable
from cases.store.working.lanes import CAME_BACK, lanes_of
from cases.store.working.leases import check_lease, end_lease, extend_lease, lease_row, live_holder, take_lease

MAX_LEASE_SECONDS = 7 * 24 * 3600


class Queueing:
    """The part of the store that hands out work."""

    _db: Database

    def claim_next(
        self, holder: str, lease_seconds: float, *, queues: Sequence[str] | None = None
    ) -> tuple[Case, Lease] | None:
        """Claim the most urgent undecided case that is free; None where there is none.

        Passed over are cases that another holds or is claiming at this very moment, cases on hold, cases assigned to
        another, cases that this holder skipped, and appeals against this holder's own decisions.

        Args:
            holder: Who takes it.
            lease_seconds: How long it is theirs unless renewed.
            queues: Of these alone, whose work the holder can do; None for any.

        Raises:
            InvalidInputError: `lease_seconds` is not above 0 and at most a week, or `holder` is empty.
            StoreUnavailableError: The database does not answer.
        """
        who, lasting = storable_name(holder, field="holder"), _lasting(lease_seconds)
        wanted = None if queues is None else sorted(set(queues))
        return self._db.step(lambda connection: self._claim_next(connection, who, lasting, wanted))

    def claim(
        self, case_id: CaseId, holder: str, lease_seconds: float, *, only_if: Precondition = ANYWAY
    ) -> tuple[Case, Lease]:
        """Claim this case. Its present holder gets a new lease, and the token of the old one becomes stale.

        Args:
            case_id: Which.
            holder: Who takes it.
            lease_seconds: How long it is theirs unless renewed.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided, merged, on hold, assigned to another, held by another, or an appeal against
                the holder's own decision.
            InvalidInputError: `lease_seconds` is not above 0 and at most a week, or `holder` is empty.
            StoreUnavailableError: The database does not answer.
        """
        who, lasting = storable_name(holder, field="holder"), _lasting(lease_seconds)

        def work(connection: Connection) -> tuple[Case, Lease]:
            row = case_row(connection, case_id, lock=True)
            state = state_with_skips(connection, row)
            refuse_unless(connection, only_if, case_id, state)
            refuse_unless_claimable(case_id, state, who, self._db.clock())
            held, now = lease_row(connection, case_id), self._db.now(connection)
            if held is not None and live_holder(held, now) not in (None, who):
                raise ConflictError(
                    f"'case_id' must name a case that nobody else holds (got {case_id!r}, held until "
                    f"{held.expires_at.isoformat()}); take another or wait"
                )
            return self._take(connection, row, state, held, now, who, lasting)

        return self._db.step(work)

    def renew(self, lease: Lease, lease_seconds: float, *, only_if: Precondition = ANYWAY) -> Lease:
        """The lease, lasting `lease_seconds` from now.

        Raises:
            StaleLeaseError: It ran out, was released, or the case was claimed anew.
            InvalidInputError: `lease_seconds` is not above 0 and at most a week.
            StoreUnavailableError: The database does not answer.
        """
        lasting = _lasting(lease_seconds)

        def work(connection: Connection) -> Lease:
            state = locked_state(connection, lease.case_id, only_if)
            _, now = check_lease(connection, self._db, lease.case_id, lease.holder, lease.token)
            steps = Steps(self._db.clock(), {lease.case_id: state})
            extend_lease(connection, steps, lease.case_id, now + lasting)
            steps.add(lease.case_id, EventKind.RENEWED, lease.holder, token=lease.token)
            steps.write(connection)
            return Lease(lease.case_id, lease.holder, lease.token, now + lasting)

        return self._db.step(work)

    def release(self, case_id: CaseId, holder: str, token: int, *, only_if: Precondition = ANYWAY) -> None:
        """Give the case back to the queue.

        Raises:
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            _, now = check_lease(connection, self._db, case_id, holder, token)
            steps = Steps(self._db.clock(), {case_id: state})
            end_lease(connection, steps, case_id, now)
            steps.add(case_id, EventKind.RELEASED, holder, token=token)
            steps.write(connection)

        self._db.step(work)

    def _claim_next(
        self, connection: Connection, holder: str, lasting: timedelta, queues: Sequence[str] | None
    ) -> tuple[Case, Lease] | None:
        passed_over: list[CaseId] = []
        while (found := self._locked_head(connection, holder, queues, passed_over)) is not None:
            row, now = found
            # It was free when the index was read; only under the lock is it certain. Who skipped it was looked at
            # there, and nobody skips for another.
            case_id, state = CaseId(row.id), state_of(row)
            held = lease_row(connection, case_id)
            wanted = queues is None or state.queue in queues
            if wanted and is_free(state, holder, self._db.clock()) and live_holder(held, now) is None:
                return self._take(connection, row, state, held, now, holder, lasting)
            passed_over.append(case_id)
        return None

    def _locked_head(
        self, connection: Connection, holder: str, queues: Sequence[str] | None, passed_over: Sequence[CaseId]
    ) -> tuple[AnyRow, datetime] | None:
        """The most urgent case that looks free, locked, and the database's time.

        Those that others lock at this moment are passed over.
        """
        lanes = lanes_of(self._db, queues)
        moment = self._db.clock()
        values = {"holder": holder, "moment": moment, "passed_over": list(passed_over)}
        heads = connection.execute(lanes.heads, values).all()
        if any(head.lane == CAME_BACK for head in heads):
            put_back(connection, self._db, moment)
            heads = connection.execute(lanes.heads, values).all()
        best: AnyRow | None = None
        for head in sorted((head for head in heads if head.lane != CAME_BACK), key=_place):
            if best is not None and _place(best) < _place(head):
                break
            # Not the head itself where somebody is taking that: then another lane may have better.
            row = connection.execute(lanes.locking[head.lane], values).one_or_none()
            if row is not None and (best is None or _place(row) < _place(best)):
                best = row
        return None if best is None else (best, heads[0].now)

    def _take(
        self,
        connection: Connection,
        row: AnyRow,
        state: CaseState,
        held: AnyRow | None,
        now: datetime,
        holder: str,
        lasting: timedelta,
    ) -> tuple[Case, Lease]:
        case_id = CaseId(row.id)
        steps = Steps(self._db.clock(), {case_id: state})
        lease = take_lease(connection, steps, case_id, held, holder, claimed_at=steps.at, now=now, lasting=lasting)
        steps.add(case_id, EventKind.CLAIMED, holder, token=lease.token)
        steps.write(connection)
        return claimed_case(connection, row, columns_of(steps.states[case_id])), lease


def _place(row: AnyRow) -> tuple[float, datetime, str]:
    return (-row.order_key, row.received_at, row.id)


def _lasting(lease_seconds: float) -> timedelta:
    seconds = finite(lease_seconds, field="lease_seconds")
    if not 0 < seconds <= MAX_LEASE_SECONDS:
        raise InvalidInputError(
            f"'lease_seconds' must be above 0 and at most {MAX_LEASE_SECONDS} (got {seconds:g}); renew it instead",
            field="lease_seconds",
        )
    return timedelta(seconds=seconds)
