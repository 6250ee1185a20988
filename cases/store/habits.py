"""What is usually done: the action and the reason that decisions of late had most often, by category."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, func, select

from cases.decision import Decision
from cases.ids import CaseId
from cases.store.database import Database
from cases.store.rows import chunks, decision_from
from cases.store.tables import cases, decisions

_LATEST = 2_000


@dataclass(frozen=True, slots=True)
class Habit:
    """What is usually done about a category.

    Attributes:
        action: The commonest.
        reason: The commonest with it.
        times: How many of the decisions looked at had that action.
        of: How many decisions of the category were looked at.
    """

    action: str
    reason: str
    times: int
    of: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """How many cases of a sensitive kind somebody decided.

    Attributes:
        day: Within the last 24 hours.
        week: Within the last seven days.
    """

    day: int
    week: int


class Habits:
    """The part of the store that tells what was done before."""

    _db: Database

    def usual_handling(self) -> dict[str, Habit]:
        """By category, from the latest two thousand decisions; a category that nobody decided is not in it.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = (
            select(decisions.c.category, decisions.c.action, decisions.c.reason)
            .order_by(decisions.c.decided_at.desc())
            .limit(_LATEST)
        )
        rows = self._db.read(lambda connection: connection.execute(query).all())
        actions: dict[str, Counter[str]] = defaultdict(Counter)
        reasons: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for category, action, reason in rows:
            actions[category][action] += 1
            reasons[category, action][reason] += 1
        found = {}
        for category, counted in actions.items():
            # Of two equally common ones the first in the alphabet, so that the answer does not jump about.
            action, times = min(counted.items(), key=lambda each: (-each[1], each[0]))
            reason, _ = min(reasons[category, action].items(), key=lambda each: (-each[1], each[0]))
            found[category] = Habit(action, reason, times, counted.total())
        return found

    def sensitive_decisions(self, person: str, categories: Collection[str]) -> Exposure:
        """How many cases of these categories they decided, within a day and within a week.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now = self._db.clock()
        of_theirs = select(func.count(func.distinct(decisions.c.case_id))).where(
            decisions.c.decided_by == person, decisions.c.category.in_(sorted(categories))
        )
        day, week = (of_theirs.where(decisions.c.decided_at > now - timedelta(days=days)) for days in (1, 7))

        def work(connection: Connection) -> Exposure:
            return Exposure(connection.execute(day).scalar_one(), connection.execute(week).scalar_one())

        return self._db.read(work)

    def standing_decisions(self, case_ids: Iterable[CaseId]) -> dict[CaseId, Decision]:
        """The decision that stands, by case; a case without one is not in it.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        wanted = sorted(set(case_ids))

        def work(connection: Connection) -> dict[CaseId, Decision]:
            found = {}
            for some in chunks(wanted):
                query = (
                    select(decisions).join(cases, cases.c.decision_id == decisions.c.id).where(cases.c.id.in_(some))
                )
                for row in connection.execute(query):
                    found[CaseId(row.case_id)] = decision_from(row)
            return found

        return self._db.read(work)
