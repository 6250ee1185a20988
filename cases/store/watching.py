"""How the queue does, in a few figures that alarms and metrics are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, and_, case, false, func, literal, or_, select, true

from cases.decision import Suggestion
from cases.ids import CaseId
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.looked_at import looked_at, withdrawn
from cases.store.rows import of_queues, on_a_case_of
from cases.store.tables import cases, decisions, events, reports, scores, seals


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


class Standing(StrEnum):
    """How an open case stands in its queue."""

    FREE = "free"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open cases of one severity that stand alike.

    Attributes:
        level: The severity by which they are due; None where nobody said any.
        standing: How they stand.
        cases: How many, at least 1.
        oldest: When the first of them was received.
    """

    level: int | None
    standing: Standing
    cases: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class CameOf:
    """Decisions in which the model's suggestion came to the same.

    Attributes:
        tier: How far the model said that it is to be trusted; empty where there was no score, or it did not say.
        suggestion: What came of it.
        rank: Of the decided category among those suggested, from 1; None where it was not.
        decisions: How many, at least 1.
    """

    tier: str
    suggestion: Suggestion
    rank: int | None
    decisions: int


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How far the log of events is sealed.

    Attributes:
        sealed_at: When the last seal was made; None where there is none.
        oldest: When the first event behind it happened; None where all are sealed.
    """

    sealed_at: datetime | None
    oldest: datetime | None


class Watching:
    """The part of the store that tells how the queue does."""

    _db: Database

    def pulse(self, window: timedelta, *, queues: Collection[str] | None = None) -> Pulse:
        """The queue's figures now, those of the flow over the `window` that ends now.

        Args:
            window: That of the flow.
            queues: Of the cases in these alone; None for any.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now = self._db.clock()
        since = now - window
        is_open = [cases.c.status == CaseStatus.OPEN.value, *of_queues(queues)]
        oldest = select(func.min(cases.c.received_at)).where(*is_open, cases.c.first_claimed_at.is_(None))
        # A table of past cases that is imported is no flow: its reports were received, and decided, before.
        arrived = select(func.count()).where(
            reports.c.filed_at > since,
            reports.c.received_at > since,
            *on_a_case_of(queues, reports.c.case_id),
        )
        decided = select(func.count()).where(
            decisions.c.decided_at > since,
            decisions.c.lease_token.is_not(None),
            ~withdrawn(decisions),
            *on_a_case_of(queues, decisions.c.case_id),
        )

        def work(connection: Connection) -> Pulse:
            return Pulse(
                at=now,
                open=connection.execute(select(func.count()).where(*is_open)).scalar_one(),
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

    def overdue_counts(
        self, first_touch: Mapping[int, timedelta], *, queues: Collection[str] | None = None
    ) -> dict[int, int]:
        """How many cases `overdue` lists, by severity.

        Args:
            first_touch: By level, its time to first touch; each is in the answer.
            queues: Of the cases in these alone; None for any.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now = self._db.clock()
        paused = cases.c.paused_seconds > 0
        late = {
            level: [
                cases.c.status == CaseStatus.OPEN.value,
                cases.c.level == level,
                cases.c.received_at < now - lasting,
                cases.c.first_claimed_at.is_(None),
                *of_queues(queues),
            ]
            for level, lasting in first_touch.items()
        }

        def work(connection: Connection) -> dict[int, int]:
            found = {}
            for level, conditions in late.items():
                plain = select(func.count()).select_from(cases).where(*conditions, ~paused)
                # Few were ever on hold, and databases do not agree on how seconds are added to a time.
                held = select(cases.c.received_at, cases.c.paused_seconds).where(*conditions, paused)
                ends = (row.received_at + timedelta(seconds=row.paused_seconds) for row in connection.execute(held))
                still = sum(end + first_touch[level] < now for end in ends)
                found[level] = connection.execute(plain).scalar_one() + still
            return found

        return self._db.read(work)

    def waiting(self, *, queues: Collection[str] | None = None) -> list[Waiting]:
        """All open cases, counted by severity and by how they stand.

        Args:
            queues: Those in these alone; None for any.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now, moment = self._db.now_column(), self._db.clock()
        claimed = (cases.c.leased == true()) & (cases.c.leased_until > now)
        # By the state and the clock, since a hold or a lease that has ended is put back by the next claim alone.
        standing = case(
            (claimed, Standing.CLAIMED.value),
            (cases.c.hold_until > moment, Standing.HELD.value),
            else_=Standing.ASSIGNED.value,
        )
        taken = or_(claimed, cases.c.hold_until > moment, cases.c.assigned_to.is_not(None))
        is_free = and_(
            or_(cases.c.leased == false(), cases.c.leased_until <= now),
            or_(cases.c.hold_until.is_(None), cases.c.hold_until <= moment),
            cases.c.assigned_to.is_(None),
        )
        open_ = [cases.c.status == CaseStatus.OPEN.value, *of_queues(queues)]
        each = select(cases.c.level, standing.label("standing"), cases.c.received_at).where(*open_, taken).subquery()
        # Apart, since most are free: these are counted in the order of an index, without being sorted.
        free = select(cases.c.level, literal(Standing.FREE.value), func.count(), func.min(cases.c.received_at))
        queries = (
            free.where(*open_, is_free).group_by(cases.c.level),
            select(each.c.level, each.c.standing, func.count(), func.min(each.c.received_at)).group_by(
                each.c.level, each.c.standing
            ),
        )

        def work(connection: Connection) -> list[Waiting]:
            found = [
                Waiting(level, Standing(stands), many, oldest)
                for query in queries
                for level, stands, many, oldest in connection.execute(query)
            ]
            return sorted(found, key=lambda each: (each.level or 0, each.standing))

        return self._db.read(work)

    def came_of_suggestions(self, window: timedelta) -> list[CameOf]:
        """What came of the model's suggestions in the decisions taken over the `window` that ends now.

        Imported, withdrawn and bulk decisions are not among them: in none of these was one person shown one case.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        keys = (scores.c.tier, decisions.c.suggestion, decisions.c.suggested_rank)
        query = (
            select(*keys, func.count())
            .select_from(decisions.outerjoin(scores, scores.c.id == decisions.c.score_id))
            .where(decisions.c.decided_at > self._db.clock() - window, *looked_at())
            .group_by(*keys)
        )

        def work(connection: Connection) -> list[CameOf]:
            return [
                CameOf(tier or "", Suggestion(suggestion), rank, many)
                for tier, suggestion, rank, many in connection.execute(query)
            ]

        return self._db.read(work)

    def unsealed(self) -> Unsealed:
        """How far the log of events is sealed; nothing is checked.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        last = select(seals.c.last_event, seals.c.sealed_at).order_by(seals.c.seq.desc()).limit(1)

        def work(connection: Connection) -> Unsealed:
            covered, sealed_at = connection.execute(last).one_or_none() or (0, None)
            behind = select(events.c.at).where(events.c.seq > covered).order_by(events.c.seq).limit(1)
            return Unsealed(sealed_at, connection.execute(behind).scalar_one_or_none())

        return self._db.read(work)
