"""The queue: what waits, and who has taken what.

A claim is a lease: it ends by itself, by the database's clock, when its holder falls silent. Each claim of a case
gets the next token, so a holder who was thought dead and comes back is told so instead of deciding on top of the
next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    false,
    func,
    literal_column,
    select,
    union_all,
)

from cases.errors import ConflictError, InvalidInputError
from cases.ids import CaseId
from cases.life import CaseState
from cases.record import Case, CaseStatus, EventKind, Lease
from cases.store.database import Database
from cases.store.living import Steps, locked_state, state_of
from cases.store.pools import Pool, came_back, put_back
from cases.store.rows import AnyRow, read_cases, select_cases
from cases.store.storable import finite, storable_name
from cases.store.tables import cases
from cases.store.working.claimable import is_free, not_for, refuse_unless_claimable
from cases.store.working.leases import check_lease, end_lease, extend_lease, lease_row, live_holder, take_lease

MAX_LEASE_SECONDS = 7 * 24 * 3600

_CAME_BACK = -1
_SORTED_BY = (cases.c.order_key, cases.c.received_at, cases.c.id)


class Queueing:
    """The part of the store that hands out work."""

    _db: Database

    def queue(self, limit: int, offset: int = 0, *, queues: Sequence[str] | None = None) -> list[Case]:
        """The undecided cases, the most urgent first; those claimed or on hold are among them, and say so.

        Args:
            limit: At most so many.
            offset: After so many.
            queues: Of these alone; None for all.
        """

        def work(connection: Connection) -> list[Case]:
            query = (
                select_cases(self._db.now(connection))
                .where(*_undecided(queues))
                .order_by(cases.c.order_key.desc(), cases.c.received_at, cases.c.id)
                .limit(limit)
                .offset(offset)
            )
            return read_cases(connection, connection.execute(query).all())

        return self._db.read(work)

    def queue_length(self, *, queues: Sequence[str] | None = None) -> int:
        """How many cases are undecided, those claimed or on hold counted; of `queues` alone where they are given."""
        query = select(func.count()).select_from(cases).where(*_undecided(queues))
        return self._db.read(lambda connection: connection.execute(query).scalar_one())

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
        return self._db.write(lambda connection: self._claim_next(connection, who, lasting, wanted))

    def claim(self, case_id: CaseId, holder: str, lease_seconds: float) -> tuple[Case, Lease]:
        """Claim this case. Its present holder gets a new lease, and the token of the old one becomes stale.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided, merged, on hold, assigned to another, held by another, or an appeal against
                the holder's own decision.
            InvalidInputError: `lease_seconds` is not above 0 and at most a week, or `holder` is empty.
            StoreUnavailableError: The database does not answer.
        """
        who, lasting = storable_name(holder, field="holder"), _lasting(lease_seconds)

        def work(connection: Connection) -> tuple[Case, Lease]:
            state = locked_state(connection, case_id)
            refuse_unless_claimable(case_id, state, who, self._db.clock())
            held, now = lease_row(connection, case_id), self._db.now(connection)
            if held is not None and live_holder(held, now) not in (None, who):
                raise ConflictError(
                    f"'case_id' must name a case that nobody else holds (got {case_id!r}, held until "
                    f"{held.expires_at.isoformat()}); take another or wait"
                )
            return self._take(connection, case_id, state, held, now, who, lasting)

        return self._db.write(work)

    def renew(self, lease: Lease, lease_seconds: float) -> Lease:
        """The lease, lasting `lease_seconds` from now.

        Raises:
            StaleLeaseError: It ran out, was released, or the case was claimed anew.
            InvalidInputError: `lease_seconds` is not above 0 and at most a week.
            StoreUnavailableError: The database does not answer.
        """
        lasting = _lasting(lease_seconds)

        def work(connection: Connection) -> Lease:
            state = locked_state(connection, lease.case_id)
            _, now = check_lease(connection, self._db, lease.case_id, lease.holder, lease.token)
            steps = Steps(self._db.clock(), {lease.case_id: state})
            extend_lease(connection, steps, lease.case_id, now + lasting)
            steps.add(lease.case_id, EventKind.RENEWED, lease.holder, token=lease.token)
            steps.write(connection)
            return Lease(lease.case_id, lease.holder, lease.token, now + lasting)

        return self._db.write(work)

    def release(self, case_id: CaseId, holder: str, token: int) -> None:
        """Give the case back to the queue.

        Raises:
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id)
            _, now = check_lease(connection, self._db, case_id, holder, token)
            steps = Steps(self._db.clock(), {case_id: state})
            end_lease(connection, steps, case_id, now)
            steps.add(case_id, EventKind.RELEASED, holder, token=token)
            steps.write(connection)

        self._db.write(work)

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
                return self._take(connection, case_id, state, held, now, holder, lasting)
            passed_over.append(case_id)
        return None

    def _locked_head(
        self, connection: Connection, holder: str, queues: Sequence[str] | None, passed_over: Sequence[CaseId]
    ) -> tuple[AnyRow, datetime] | None:
        """The most urgent case that looks free, locked, and the database's time.

        Those that others lock at this moment are passed over.
        """
        moment = self._db.clock()
        asked: Sequence[str | None] = [None] if queues is None else queues
        lanes = [assigned_query(holder, queues), *(free_query(holder, queue) for queue in asked)]
        if passed_over:
            lanes = [lane.where(cases.c.id.not_in(passed_over)) for lane in lanes]
        heads = connection.execute(heads_query(lanes, self._db.now_column(), moment)).all()
        if any(head.lane < 0 for head in heads):
            put_back(connection, self._db, moment)
            heads = connection.execute(heads_query(lanes, self._db.now_column(), moment)).all()
        free = [head for head in heads if head.lane >= 0]
        for head in sorted(free, key=lambda head: (-head.order_key, head.received_at, head.id)):
            locking = lanes[head.lane].limit(1).with_for_update(key_share=True, skip_locked=self._db.skips_locked)
            row = connection.execute(locking).one_or_none()
            if row is not None:
                return row, head.now
        return None

    def _take(
        self,
        connection: Connection,
        case_id: CaseId,
        state: CaseState,
        held: AnyRow | None,
        now: datetime,
        holder: str,
        lasting: timedelta,
    ) -> tuple[Case, Lease]:
        steps = Steps(self._db.clock(), {case_id: state})
        lease = take_lease(connection, steps, case_id, held, holder, claimed_at=steps.at, now=now, lasting=lasting)
        steps.add(case_id, EventKind.CLAIMED, holder, token=lease.token)
        steps.write(connection)
        row = connection.execute(select_cases(now).where(cases.c.id == case_id)).one()
        return read_cases(connection, [row])[0], lease


def heads_query(
    lanes: Sequence[Select[tuple[object, ...]]], now: ColumnElement[datetime], moment: datetime
) -> CompoundSelect[tuple[object, ...]]:
    """In one look: the first of each lane (its number), and whether anything came back by the clock (-1)."""
    heads = {number: lane.with_only_columns(*_SORTED_BY).limit(1) for number, lane in enumerate(lanes)}
    came = [select(*_SORTED_BY).where(condition).limit(1) for condition in came_back(now, moment).values()]
    found = [
        (number, query.subquery()) for number, query in (*heads.items(), *((_CAME_BACK, query) for query in came))
    ]
    return union_all(
        *(
            select(literal_column(str(number)).label("lane"), *head.c, now.label("now")).select_from(head)
            for number, head in found
        )
    )


def free_query(holder: str, queue: str | None) -> Select[tuple[object, ...]]:
    """The cases of a queue (None: of all) that anybody may take, the most urgent first, as an index has them."""
    query = _in_order(Pool.OPEN, holder)
    return query if queue is None else query.where(cases.c.queue == queue)


def assigned_query(holder: str, queues: Sequence[str] | None) -> Select[tuple[object, ...]]:
    """The cases of these queues (None: of all) that nobody but `holder` may take, in the same order."""
    query = _in_order(Pool.ASSIGNED, holder).where(cases.c.assigned_to == holder)
    return query if queues is None else query.where(cases.c.queue.in_(sorted(set(queues))))


def _in_order(pool: Pool, holder: str) -> Select[tuple[object, ...]]:
    return (
        select(cases)
        .where(cases.c.pool == pool.value, cases.c.leased == false(), *not_for(holder))
        .order_by(cases.c.order_key.desc(), cases.c.received_at, cases.c.id)
    )


def _undecided(queues: Sequence[str] | None) -> list[ColumnElement[bool]]:
    is_open = cases.c.status == CaseStatus.OPEN.value
    return [is_open] if queues is None else [is_open, cases.c.queue.in_(sorted(set(queues)))]


def _lasting(lease_seconds: float) -> timedelta:
    seconds = finite(lease_seconds, field="lease_seconds")
    if not 0 < seconds <= MAX_LEASE_SECONDS:
        raise InvalidInputError(
            f"'lease_seconds' must be above 0 and at most {MAX_LEASE_SECONDS} (got {seconds:g}); renew it instead",
            field="lease_seconds",
        )
    return timedelta(seconds=seconds)
