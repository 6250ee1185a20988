"""How the queue does, in a few figures that alarms are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from cases.record import Case, CaseStatus
from cases.store.database import Database
from cases.store.rows import read_cases, select_cases
from cases.store.tables import cases, decisions, reports


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
        is_open = cases.c.status == CaseStatus.OPEN.value
        oldest = select(func.min(cases.c.received_at)).where(is_open, cases.c.first_claimed_at.is_(None))
        arrived = select(func.count()).where(reports.c.filed_at > now - window)
        # Imported decisions do not say when they were claimed, and no work of this team is in them.
        taken = decisions.c.claimed_at.is_not(None)
        decided = select(func.count()).where(decisions.c.decided_at > now - window, taken)

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

    def untouched_head(self, limit: int) -> list[Case]:
        """The most urgent open cases, at most `limit` looked at, of them those that nobody has ever claimed.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        head = (
            select(cases.c.id)
            .where(cases.c.status == CaseStatus.OPEN.value)
            .order_by(cases.c.order_key.desc(), cases.c.received_at, cases.c.id)
            .limit(limit)
        )

        def work(connection: Connection) -> list[Case]:
            ids = connection.execute(head).scalars().all()
            wanted = select_cases(self._db.now(connection)).where(
                cases.c.id.in_(ids), cases.c.first_claimed_at.is_(None)
            )
            return read_cases(connection, connection.execute(wanted).all())

        return self._db.read(work)
