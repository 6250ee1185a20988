"""Giving a claimed case back for a reason: skipped by one person, or kept back from all until a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from cases.clock import as_utc
from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.event_data import iso
from cases.handling import HoldReason, SkipReason
from cases.ids import CaseId
from cases.precondition import ANYWAY, Precondition
from cases.store.database import Database
from cases.store.living import Steps, locked_state, take_step
from cases.store.storable import storable_name
from cases.store.working.claimable import refuse_unless_open
from cases.store.working.leases import check_lease, end_lease, refuse_if_held

# Longer than any appeal or enquiry takes; a case must not be parked out of sight for good.
LONGEST_HOLD = timedelta(days=365)


class Parking:
    """The part of the store that takes cases back from their holders."""

    _db: Database

    def skip(
        self, case_id: CaseId, holder: str, token: int, reason: SkipReason, *, only_if: Precondition = ANYWAY
    ) -> None:
        """Give the case back, and do not be given it again until its text, queue or assignment changes.

        The holder can still claim it by name.

        Raises:
            NotFoundError: There is no such case.
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            StoreUnavailableError: The database does not answer.
        """
        code = SkipReason(reason).value

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            _, now = check_lease(connection, self._db, case_id, holder, token)
            steps = Steps(self._db.clock(), {case_id: state})
            end_lease(connection, steps, case_id, now)
            steps.add(case_id, EventKind.SKIPPED, holder, token=token, reason=code)
            steps.write(connection)

        self._db.step(work)

    def hold(
        self,
        case_id: CaseId,
        by: str,
        token: int | None,
        until: datetime,
        reason: HoldReason,
        *,
        only_if: Precondition = ANYWAY,
    ) -> None:
        """Keep the case back from everybody until then, by business time; its time to first touch stands still.

        Args:
            case_id: The case.
            by: Who does; with a token its holder, whose lease this ends.
            token: The lease's; None for one who keeps back a case that nobody holds.
            until: Later than now, and at most a year.
            reason: What it waits for.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            ConflictError: It is decided or merged, or, without a token, somebody holds it.
            InvalidInputError: `until` is naive, past, or too far away, or `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        code, end, actor = HoldReason(reason).value, as_utc(until, field="until"), storable_name(by, field="by")

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            steps = Steps(self._db.clock(), {case_id: state})
            _check_until(end, steps.at)
            if token is None:
                refuse_if_held(connection, self._db, case_id, but_by=())
            else:
                _, now = check_lease(connection, self._db, case_id, actor, token)
                end_lease(connection, steps, case_id, now)
            if state.on_hold(steps.at):
                # The new hold counts from now, not beside what is left of the old one.
                steps.add(case_id, EventKind.RESUMED, actor)
            steps.add(case_id, EventKind.HELD, actor, token=token, until=iso(end), reason=code)
            steps.write(connection)

        self._db.step(work)

    def resume(self, case_id: CaseId, *, by: str, only_if: Precondition = ANYWAY) -> None:
        """End the hold before its time; what is left of it counts against the deadline again.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is not on hold.
            InvalidInputError: `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        actor = storable_name(by, field="by")

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            if not state.on_hold(self._db.clock()):
                raise ConflictError(f"'case_id' must name a case on hold (got {case_id!r}, which is not); claim it")
            take_step(connection, self._db, case_id, state, EventKind.RESUMED, actor)

        self._db.step(work)


def _check_until(until: datetime, now: datetime) -> None:
    if not now < until <= now + LONGEST_HOLD:
        raise InvalidInputError(
            f"'until' must be later than now and within {LONGEST_HOLD.days} days (got {until.isoformat()}); "
            "give the time at which to look at it again",
            field="until",
        )
