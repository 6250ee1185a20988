"""How the queue does, in a few figures that alarms are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from cases.ids import CaseId
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.tables import cases, decisions, reports, withdrawn_decisions


@dataclass(frozen=True, slots=True)
class Pulse:
    """Figures of the queue at a moment.

    Attributes:
        at: Business time.
        open: Undecided cases.
        oldest: When the longest waiting case that nobody has touched was received; None where there is none.
        arrived: Reports filed within the window that ended then.
        decided: Decisions taken within it.
        window: How long it is.
    """

    at: datetime
    open: int
    oldest: datetime | None
    arrived: int
    decided: int
    window: timedelta

    @property
    def age(self) -> timedelta:
        """How long the oldest untouched case has waited; nothing where there is none."""
        return timedelta() if self.oldest is None else max(timedelta(), self.at - self.oldest)

    @property
    def load(self) -> float:
        """Reports that came in for each decision taken; 0 where nothing came in."""
        return self.arrived / max(self.decided, 1) if self.arrived else 0.0


class Watching:
    """The part of the store that tells how the queue does."""

    _db: Database

    def pulse(self, window: timedelta) -> Pulse:
        """The queue's figures now, those of the flow over the `window` that ends now.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now = self._db.clock()
        since = now - window
        is_open = cases.c.status == CaseStatus.OPEN.value
        oldest = select(func.min(cases.c.received_at)).where(is_open, cases.c.first_claimed_at.is_(None))
        # A table of past cases that is imported is no flow: its reports were received, and decided, before.
        arrived = select(func.count()).where(reports.c.filed_at > since, reports.c.received_at > since)
        gone = select(withdrawn_decisions.c.decision_id).where(withdrawn_decisions.c.decision_id == decisions.c.id)
        decided = select(func.count()).where(
            decisions.c.decided_at > since, decisions.c.lease_token.is_not(None), ~gone.exists()
        )

        def work(connection: Connection) -> Pulse:
            return Pulse(
                at=now,
                open=connection.execute(select(func.count()).where(is_open)).scalar_one(),
                oldest=connection.execute(oldest).scalar_one(),
                arrived=connection.execute(arrived).scalar_one(),
                decided=connection.execute(decided).scalar_one(),
                window=window,
            )

        return self._db.read(work)

    def overdue(self, level: int, first_touch: timedelta) -> list[CaseId]:
        """Cases of a severity that nobody has claimed though their time to first touch is over, the longest first.

        Args:
            level: 1..K, by which a case is due: the severity set by a person, else the one shown.
            first_touch: That time; it stood still while a case was on hold.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now = self._db.clock()
        waiting = (
            select(cases.c.id, cases.c.received_at, cases.c.paused_seconds)
            .where(
                cases.c.status == CaseStatus.OPEN.value,
                cases.c.level == level,
                cases.c.received_at < now - first_touch,
                cases.c.first_claimed_at.is_(None),
            )
            .order_by(cases.c.received_at, cases.c.id)
        )

        def work(connection: Connection) -> list[CaseId]:
            return [
                CaseId(row.id)
                for row in connection.execute(waiting)
                if row.received_at + first_touch + timedelta(seconds=row.paused_seconds) < now
            ]

        return self._db.read(work)
