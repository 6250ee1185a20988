"""The queue: what waits, and who has taken what.

A claim is a lease: it ends by itself, by the database's clock, when its holder falls silent. Each claim of a case
gets the next token, so a holder who was thought dead and comes back is told so instead of deciding on top of the
next one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from cases.errors import ConflictError, InvalidInputError
from cases.ids import CaseId
from cases.record import Case, CaseStatus, EventKind, Lease
from cases.store.database import Database
from cases.store.leases import append_event, check_lease, lease_row
from cases.store.rows import AnyRow, case_row, read_cases, select_cases
from cases.store.storable import finite, storable_name
from cases.store.tables import cases, leases

MAX_LEASE_SECONDS = 7 * 24 * 3600

# Candidates looked at together; the others' claims make some of them vanish while we look.
CANDIDATES = 32


class Queueing:
    """The part of the store that hands out work."""

    _db: Database

    def queue(self, limit: int, offset: int = 0) -> list[Case]:
        """The undecided cases, claimed ones among them (their status says so), the most urgent first."""

        def work(connection: Connection) -> list[Case]:
            query = (
                select_cases(self._db.now(connection))
                .where(cases.c.status == CaseStatus.OPEN.value)
                .order_by(cases.c.order_key.desc(), cases.c.received_at, cases.c.id)
                .limit(limit)
                .offset(offset)
            )
            return read_cases(connection, connection.execute(query).all())

        return self._db.read(work)

    def queue_length(self) -> int:
        """How many cases are undecided, claimed ones counted."""
        query = select(func.count()).select_from(cases).where(cases.c.status == CaseStatus.OPEN.value)
        return self._db.read(lambda connection: connection.execute(query).scalar_one())

    def claim_next(self, holder: str, lease_seconds: float) -> tuple[Case, Lease] | None:
        """Claim the most urgent undecided case that nobody holds; None where there is none.

        Cases that another is claiming at this very moment are passed over, not waited for.

        Raises:
            InvalidInputError: `lease_seconds` is not above 0 and at most a week, or `holder` is empty.
            StoreUnavailableError: The database does not answer.
        """
        who, lasting = storable_name(holder, field="holder"), _lasting(lease_seconds)
        return self._db.write(lambda connection: self._claim_next(connection, who, lasting))

    def claim(self, case_id: CaseId, holder: str, lease_seconds: float) -> tuple[Case, Lease]:
        """Claim this case. Its present holder gets a new lease, and the token of the old one becomes stale.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided, or another holds it.
            InvalidInputError: `lease_seconds` is not above 0 and at most a week, or `holder` is empty.
            StoreUnavailableError: The database does not answer.
        """
        who, lasting = storable_name(holder, field="holder"), _lasting(lease_seconds)

        def work(connection: Connection) -> tuple[Case, Lease]:
            row = case_row(connection, case_id, lock=True)
            if row.status == CaseStatus.DECIDED.value:
                raise ConflictError(f"'case_id' must name an undecided case (got {case_id!r}, decided); take another")
            held, now = lease_row(connection, case_id), self._db.now(connection)
            if held is not None and held.expires_at > now and held.holder != who:
                raise ConflictError(
                    f"'case_id' must name a case that nobody else holds (got {case_id!r}, held until "
                    f"{held.expires_at.isoformat()}); take another or wait"
                )
            return self._take(connection, case_id, held, now, who, lasting)

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
            now = self._check(connection, lease.case_id, lease.holder, lease.token)
            self._set_expiry(connection, lease.case_id, now + lasting)
            append_event(connection, self._db, lease.case_id, EventKind.RENEWED, lease.holder, token=lease.token)
            return Lease(lease.case_id, lease.holder, lease.token, now + lasting)

        return self._db.write(work)

    def release(self, case_id: CaseId, holder: str, token: int) -> None:
        """Give the case back to the queue.

        Raises:
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> None:
            now = self._check(connection, case_id, holder, token)
            self._set_expiry(connection, case_id, now)
            append_event(connection, self._db, case_id, EventKind.RELEASED, holder, token=token)

        self._db.write(work)

    def _check(self, connection: Connection, case_id: CaseId, holder: str, token: int) -> datetime:
        case_row(connection, case_id, lock=True)
        return check_lease(connection, self._db, case_id, holder, token)[1]

    def _claim_next(self, connection: Connection, holder: str, lasting: timedelta) -> tuple[Case, Lease] | None:
        passed_over: list[CaseId] = []
        while candidates := self._candidates(connection, passed_over):
            for case_id in candidates:
                # One at a time by its key: a locking scan of the queue would lock what it passes over.
                lock = select(cases).where(cases.c.id == case_id, cases.c.status == CaseStatus.OPEN.value)
                lock = lock.with_for_update(key_share=True, skip_locked=self._db.skips_locked)
                if connection.execute(lock).one_or_none() is None:
                    continue
                # It was free when we looked; only under the lock is it certain.
                held, now = lease_row(connection, case_id), self._db.now(connection)
                if held is None or held.expires_at <= now:
                    return self._take(connection, case_id, held, now, holder, lasting)
            passed_over += candidates
        return None

    def _candidates(self, connection: Connection, passed_over: list[CaseId]) -> list[CaseId]:
        live = select(leases.c.case_id).where(
            leases.c.case_id == cases.c.id, leases.c.expires_at > self._db.now(connection)
        )
        query = (
            select(cases.c.id)
            .where(cases.c.status == CaseStatus.OPEN.value, cases.c.id.not_in(passed_over), ~live.exists())
            .order_by(cases.c.order_key.desc(), cases.c.received_at, cases.c.id)
            .limit(CANDIDATES)
        )
        return [CaseId(case_id) for case_id in connection.execute(query).scalars()]

    def _take(
        self,
        connection: Connection,
        case_id: CaseId,
        held: AnyRow | None,
        now: datetime,
        holder: str,
        lasting: timedelta,
    ) -> tuple[Case, Lease]:
        claimed_at = self._db.clock()
        lease = Lease(case_id, holder, 1 if held is None else held.token + 1, now + lasting)
        values = {
            "holder": holder,
            "token": lease.token,
            "claimed_at": claimed_at,
            "expires_at": lease.expires_at,
        }
        if held is None:
            connection.execute(insert(leases).values(case_id=case_id, **values))
        else:
            connection.execute(update(leases).where(leases.c.case_id == case_id).values(**values))
        connection.execute(
            update(cases)
            .where(cases.c.id == case_id, cases.c.first_claimed_at.is_(None))
            .values(first_claimed_at=claimed_at)
        )
        append_event(connection, self._db, case_id, EventKind.CLAIMED, holder, token=lease.token)
        row = connection.execute(select_cases(now).where(cases.c.id == case_id)).one()
        return read_cases(connection, [row])[0], lease

    @staticmethod
    def _set_expiry(connection: Connection, case_id: CaseId, expires_at: datetime) -> None:
        connection.execute(update(leases).where(leases.c.case_id == case_id).values(expires_at=expires_at))


def _lasting(lease_seconds: float) -> timedelta:
    seconds = finite(lease_seconds, field="lease_seconds")
    if not 0 < seconds <= MAX_LEASE_SECONDS:
        raise InvalidInputError(
            f"'lease_seconds' must be above 0 and at most {MAX_LEASE_SECONDS} (got {seconds:g}); renew it instead",
            field="lease_seconds",
        )
    return timedelta(seconds=seconds)
