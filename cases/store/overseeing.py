"""What a lead looks at: who did how much and how it came out, and what people decide where they saw no suggestion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, FromClause, Select, select

from cases.decision import Suggestion
from cases.record import Lease
from cases.store.database import Database
from cases.store.holding import lease_from
from cases.store.looked_at import looked_at, withdrawn
from cases.store.rows import AnyRow, on_a_case_of
from cases.store.tables import decisions, leases, scores


@dataclass(frozen=True, slots=True)
class Work:
    """What one person decided.

    Attributes:
        person: As events name them.
        decided: Decisions, at least 1.
        accepted: Of these, in a category that was suggested to them.
        overridden: Otherwise than was suggested.
        reviewed: How many of these were reviewed on appeal.
        overturned: How many of the reviews came out otherwise.
        minutes: The median of the time worked on one; None where none says.
    """

    person: str
    decided: int
    accepted: int
    overridden: int
    reviewed: int
    overturned: int
    minutes: float | None

    @property
    def accepted_share(self) -> float | None:
        """Of those with a suggestion, the share that accepted it; None where there was none."""
        shown = self.accepted + self.overridden
        return self.accepted / shown if shown else None


@dataclass(frozen=True, slots=True)
class Blind:
    """Decisions of one category on which the suggestion was hidden.

    Attributes:
        category: As decided.
        decided: How many.
        first: How many of these the model would have suggested first.
        among: How many it would have suggested at all.
    """

    category: str
    decided: int
    first: int
    among: int


class Overseeing:
    """The part of the store that tells a lead how the team and the model do."""

    _db: Database

    def work_of_each(self, window: timedelta, *, queues: Collection[str] | None = None) -> list[Work]:
        """What each person decided over the `window` that ends now, whoever decided most first.

        Imported, withdrawn and bulk decisions are not among them: in none of these did one person look at one case.

        Args:
            window: Of time.
            queues: On cases in these alone; None for any.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        review = decisions.alias("review")
        kept_review = (review.c.reviews == decisions.c.id) & ~review.c.after_reopening & ~withdrawn(review)
        columns = (decisions.c.decided_by, decisions.c.suggestion, decisions.c.handling_seconds, review.c.overturns)
        query = self._looked_at(select(*columns), window, decisions.outerjoin(review, kept_review))
        query = query.where(*on_a_case_of(queues, decisions.c.case_id))
        found: dict[str, list[AnyRow]] = defaultdict(list)
        for row in self._db.read(lambda connection: connection.execute(query).all()):
            found[row.decided_by].append(row)
        told = [_work(person, rows) for person, rows in found.items()]
        return sorted(told, key=lambda work: (-work.decided, work.person))

    def blind_slice(self, window: timedelta) -> list[Blind]:
        """What people decided where the suggestion was hidden from them, by category, the commonest first.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        columns = (decisions.c.category, decisions.c.suggested_rank)
        from_scores = decisions.join(scores, scores.c.id == decisions.c.score_id)
        query = self._looked_at(select(*columns), window, from_scores).where(decisions.c.suggestion_hidden)
        ranks: dict[str, list[int | None]] = defaultdict(list)
        for category, rank in self._db.read(lambda connection: connection.execute(query).all()):
            ranks[category].append(rank)
        told = [
            Blind(category, len(all_), sum(rank == 1 for rank in all_), sum(rank is not None for rank in all_))
            for category, all_ in ranks.items()
        ]
        return sorted(told, key=lambda blind: (-blind.decided, blind.category))

    def all_leases(self, limit: int, *, queues: Collection[str] | None = None) -> list[Lease]:
        """The leases that last still, the one that ends first first.

        Args:
            limit: At most so many.
            queues: On cases in these alone; None for any.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        lasting = select(leases).where(leases.c.expires_at > self._db.now_column())
        theirs = lasting.where(*on_a_case_of(queues, leases.c.case_id))
        query = theirs.order_by(leases.c.expires_at).limit(limit)

        def work(connection: Connection) -> list[Lease]:
            return [lease_from(row) for row in connection.execute(query)]

        return self._db.read(work)

    def _looked_at(self, query: Select[Any], window: timedelta, of: FromClause) -> Select[Any]:
        return query.select_from(of).where(decisions.c.decided_at > self._db.clock() - window, *looked_at())


def _work(person: str, rows: Iterable[AnyRow]) -> Work:
    all_ = list(rows)
    seconds = [row.handling_seconds for row in all_ if row.handling_seconds]
    return Work(
        person,
        len(all_),
        sum(row.suggestion == Suggestion.ACCEPTED.value for row in all_),
        sum(row.suggestion == Suggestion.OVERRIDDEN.value for row in all_),
        sum(row.overturns is not None for row in all_),
        sum(bool(row.overturns) for row in all_),
        median(seconds) / 60 if seconds else None,
    )
