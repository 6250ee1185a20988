"""What the models suggested, and what came of it: for judging a model on the cases that it has met."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from cases.clock import as_utc
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.looked_at import looked_at
from cases.store.rows import AnyRow, read_cases, select_cases
from cases.store.tables import cases, contents, decisions, scores
from cases.suggested import BlindAnswer, Example, ScoredCase, TierCounts

# More of a period tell its shares no better.
MOST_SCORED = 20_000
# Enough for a bin of a diagram to hold hundreds.
MOST_BLIND = 20_000
# Examples are looked for among so many.
_LATEST = 2_000


class Suggesting:
    """The part of the store that tells what the models suggested and what came of it."""

    _db: Database

    def scored_cases(self, since: datetime, until: datetime, most: int = MOST_SCORED) -> list[ScoredCase]:
        """The cases received after `since` and up to `until`, by their latest score, the newest `most` of them.

        Those that were merged into others are not among them, nor those that no model scored.

        Raises:
            InvalidInputError: A time is naive.
            StoreUnavailableError: The database does not answer.
        """
        columns = (
            cases.c.received_at, scores.c.model, scores.c.category, scores.c.tier, scores.c.novelty_p,
            scores.c.language,
            (self._characters(contents.c.title) + self._characters(contents.c.description)).label("characters"),
        )  # fmt: skip
        joined = cases.join(scores, scores.c.id == cases.c.score_id).outerjoin(
            contents, contents.c.id == scores.c.content_id
        )
        query = (
            _scored(select(*columns).select_from(joined))
            .where(
                cases.c.received_at > as_utc(since, field="since"),
                cases.c.received_at <= as_utc(until, field="until"),
            )
            .order_by(cases.c.received_at.desc())
            .limit(most)
        )

        def work(connection: Connection) -> list[ScoredCase]:
            return [
                ScoredCase(
                    row.received_at,
                    row.model,
                    *_first(row.category),
                    row.tier or "",
                    row.novelty_p,
                    row.language,
                    row.characters,
                )
                for row in connection.execute(query)
                if row.category
            ]

        return self._db.read(work)

    def tier_counts(self, window: timedelta) -> dict[str, TierCounts]:
        """How far the cases received over the `window` that ends now were to be trusted, by category suggested.

        Of those in the tier "apply": how many were decided by a person, one at a time, and how many of these in the
        category suggested. On some the suggestion was in sight, so it is no accuracy.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        since = self._db.clock() - window
        joined = cases.join(scores, scores.c.id == cases.c.score_id)
        keys = (scores.c.top_category, scores.c.tier)
        counted = (
            _scored(select(*keys, func.count()).select_from(joined))
            .where(cases.c.received_at > since, scores.c.top_category.is_not(None))
            .group_by(*keys)
        )
        pairs = (scores.c.top_category, decisions.c.category)
        came = (
            select(*pairs, func.count())
            .select_from(decisions.join(scores, scores.c.id == decisions.c.score_id))
            .where(scores.c.tier == "apply", decisions.c.decided_at > since, *looked_at())
            .group_by(*pairs)
        )

        def work(connection: Connection) -> dict[str, TierCounts]:
            scored: dict[str, dict[str, int]] = defaultdict(dict)
            for category, tier, many in connection.execute(counted):
                scored[category][tier or ""] = many
            decided: dict[str, int] = defaultdict(int)
            right: dict[str, int] = defaultdict(int)
            for suggested, category, many in connection.execute(came):
                decided[suggested] += many
                right[suggested] += many if category == suggested else 0
            return {
                category: TierCounts(category, scored.get(category, {}), decided[category], right[category])
                for category in {*scored, *decided}
            }

        return self._db.read(work)

    def blind_answers(self, window: timedelta, model: str, most: int = MOST_BLIND) -> list[BlindAnswer]:
        """What `model` had said of cases that people decided over the `window` that ends now without seeing it.

        Args:
            window: Its length.
            model: SHA-256 of its manifest.
            most: The latest so many.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = (
            select(scores.c.category, decisions.c.category.label("decided"))
            .select_from(decisions.join(scores, scores.c.id == decisions.c.score_id))
            .where(
                decisions.c.decided_at > self._db.clock() - window,
                decisions.c.suggestion_hidden,
                scores.c.model == model,
                ~scores.c.fallback,
                *looked_at(),
            )
            .order_by(decisions.c.decided_at.desc())
            .limit(most)
        )

        def work(connection: Connection) -> list[BlindAnswer]:
            told = [(_first(row.category), row.decided) for row in connection.execute(query) if row.category]
            return [BlindAnswer(confidence, category == decided) for (category, confidence), decided in told]

        return self._db.read(work)

    def examples(self, each: int) -> dict[str, list[Example]]:
        """By category the latest decided cases, at most `each`, of the latest 2,000 decisions that stand.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        latest: Select[Any] = (
            select(decisions.c.case_id, decisions.c.category, decisions.c.severity, decisions.c.decided_at)
            .join(cases, cases.c.decision_id == decisions.c.id)
            .where(cases.c.status == CaseStatus.DECIDED.value)
            .order_by(decisions.c.decided_at.desc(), decisions.c.id)
            .limit(_LATEST)
        )

        def work(connection: Connection) -> dict[str, list[Example]]:
            chosen: dict[str, list[AnyRow]] = defaultdict(list)
            for row in connection.execute(latest):
                if len(chosen[row.category]) < each:
                    chosen[row.category].append(row)
            ids = [row.case_id for rows in chosen.values() for row in rows]
            wanted = connection.execute(select_cases(self._db.now_column()).where(cases.c.id.in_(ids))).all()
            known = {case.id: case for case in read_cases(connection, wanted)}
            return {
                category: [
                    Example(row.case_id, case.queue, case.content.title, row.severity, row.decided_at)
                    for row in rows
                    if (case := known.get(row.case_id)) is not None
                ]
                for category, rows in chosen.items()
            }

        return self._db.read(work)

    def _characters(self, text: ColumnElement[str]) -> ColumnElement[int]:
        # `length` counts bytes on MariaDB, and SQLite has no `char_length`.
        counted: ColumnElement[int] = (
            func.length(text) if self._db.engine.dialect.name == "sqlite" else func.char_length(text)
        )
        return counted


def _scored(query: Select[Any]) -> Select[Any]:
    return query.where(cases.c.status != CaseStatus.MERGED.value, ~scores.c.fallback)


def _first(category: dict[str, float]) -> tuple[str, float]:
    """The likeliest category and its probability; of two alike the first by id, as everywhere."""
    return min(category.items(), key=lambda item: (-item[1], item[0]))
