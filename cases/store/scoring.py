"""Scores: what still needs one, and recording them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from cases.clock import as_utc
from cases.errors import InvalidInputError, NotFoundError
from cases.event import EventKind
from cases.event_data import iso
from cases.record import Case, CaseStatus, Score
from cases.store.database import Database
from cases.store.living import Steps, locked_states
from cases.store.rows import chunks, read_cases, select_cases
from cases.store.storable import finite, storable_code, storable_name
from cases.store.tables import QUEUE_ORDER, cases, contents, scores

# The actor of the events that a model causes.
SCORER = "model"


class Scoring:
    """The part of the store that keeps what models say."""

    _db: Database

    def unscored(self, limit: int, model: str) -> list[Case]:
        """Undecided cases whose latest content `model` has not scored, in the queue's order; at most `limit`."""
        scored = select(scores.c.id).where(scores.c.content_id == contents.c.id, scores.c.model == model)

        def work(connection: Connection) -> list[Case]:
            query = (
                select_cases(self._db.now(connection))
                .join(contents, (contents.c.case_id == cases.c.id) & (contents.c.version == cases.c.content_version))
                .where(cases.c.status == CaseStatus.OPEN.value, ~scored.exists())
                .order_by(*QUEUE_ORDER)
                .limit(limit)
            )
            return read_cases(connection, connection.execute(query).all())

        return self._db.read(work)

    def count_unscored(self, model: str, at_most: int) -> int:
        """How many undecided cases `model` has not scored the latest content of, counted up to `at_most`.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        scored = select(scores.c.id).where(scores.c.content_id == contents.c.id, scores.c.model == model)
        some = (
            select(cases.c.id)
            .join(contents, (contents.c.case_id == cases.c.id) & (contents.c.version == cases.c.content_version))
            .where(cases.c.status == CaseStatus.OPEN.value, ~scored.exists())
            .limit(at_most)
            .subquery()
        )
        query = select(func.count()).select_from(some)
        return self._db.read(lambda connection: connection.execute(query).scalar_one())

    def record_scores(self, batch: Sequence[Score], *, ranked_by: str = "") -> None:
        """Append the scores; a case whose content is still the one scored takes the score's place and queue.

        Its place stays where a person set its severity or priority, its queue where a person sent it there.

        Args:
            batch: Any number; a thousand at a time is quick.
            ranked_by: Under which policy and weights their places were computed.

        Raises:
            InvalidInputError: A number is not finite, or a probability is outside [0, 1].
            NotFoundError: A score names a content version that is not stored, or not its case's.
            StoreUnavailableError: The database does not answer.
        """
        rows = [_row(score) for score in batch]
        named = storable_code(ranked_by, field="ranked_by", required=False)
        if rows:
            self._db.write(lambda connection: _record(connection, self._db, batch, rows, named))


def _record(
    connection: Connection, db: Database, batch: Sequence[Score], rows: list[dict[str, Any]], ranked_by: str
) -> None:
    versions = _versions(connection, batch)
    # Locked in the order in which filing locks them, so that the two do not deadlock.
    steps = Steps(db.clock(), locked_states(connection, [score.case_id for score in batch]))
    connection.execute(insert(scores), rows)
    for score, row in zip(batch, rows, strict=True):
        state = steps.add(
            score.case_id, EventKind.SCORED, SCORER,
            score_id=score.id,
            content_version=versions[score.content_id],
            model_version=score.model_version,
            fallback=score.fallback,
            order_key=row["order_key"],
            parts=row["priority"],
            changes_at=iso(row["changes_at"]),
            queue=row["queue"],
        )  # fmt: skip
        if state.score_id != score.id:
            continue  # of an older text: it moved nothing
        if state.set_severity is None:
            steps.set_columns(score.case_id, level=score.severity_level)
        if not state.ranked_by_person:
            steps.set_columns(score.case_id, ranked_by=ranked_by)
    steps.write(connection)


def _versions(connection: Connection, batch: Sequence[Score]) -> dict[str, int]:
    """By content id, which version of its case each score is of."""
    found: dict[str, tuple[str, int]] = {}
    for some in chunks(sorted({score.content_id for score in batch})):
        query = select(contents.c.id, contents.c.case_id, contents.c.version).where(contents.c.id.in_(some))
        found |= {row.id: (row.case_id, row.version) for row in connection.execute(query)}
    for score in batch:
        if found.get(score.content_id, ("", 0))[0] != score.case_id:
            raise NotFoundError(
                f"'content_id' must name a stored content of its case (got {score.content_id!r} for case "
                f"{score.case_id!r}); score what `unscored` or `case` answered"
            )
    return {content_id: version for content_id, (_, version) in found.items()}


def _row(score: Score) -> dict[str, Any]:
    return {
        "id": score.id,
        "case_id": score.case_id,
        "content_id": score.content_id,
        "model": storable_code(score.model, field="model"),
        "model_version": storable_name(score.model_version, field="model_version"),
        "taxonomy_version": score.taxonomy_version,
        "assembly_version": score.assembly_version,
        "encoder_hash": storable_code(score.encoder_hash, field="encoder_hash", required=False),
        "created_at": as_utc(score.created_at, field="created_at"),
        "category": _probabilities(score.category, "category"),
        "severity": _probabilities(score.severity, "severity"),
        "priority": {part: finite(value, field="priority") for part, value in score.priority.items()},
        "top_category": _likeliest(score.category),
        "top_severity": _likeliest(score.severity),
        "order_key": finite(score.order_key, field="order_key"),
        "language": storable_code(score.language, field="language", required=False),
        "seconds": finite(score.seconds, field="seconds", at_least=0.0),
        "fallback": score.fallback,
        "severity_level": score.severity_level,
        "tier": storable_code(score.tier, field="tier", required=False) or None,
        "shortlist": [storable_code(category, field="shortlist") for category in score.shortlist],
        "novelty_p": None if score.novelty_p is None else _probability(score.novelty_p, "novelty_p"),
        "sub_policy": storable_code(score.sub_policy, field="sub_policy", required=False) or None,
        "changes_at": None if score.changes_at is None else as_utc(score.changes_at, field="changes_at"),
        "queue": storable_code(score.queue, field="queue", required=False) or None,
        "ranked_from": [
            {
                "severity": _probabilities(way.severity, "ranked_from"),
                "violation": _probability(way.violation, "ranked_from"),
                "judged": way.judged,
            }
            for way in score.ranked_from
        ],
        "minutes": None if score.minutes is None else finite(score.minutes, field="minutes", at_least=0.0),
        "by_lot": score.by_lot,
        "propensity": _probability(score.propensity, "propensity"),
    }


def _probabilities(distribution: Mapping[Any, float], field: str) -> dict[str, float]:
    return {str(key): _probability(probability, field) for key, probability in distribution.items()}


def _probability(probability: float, field: str) -> float:
    if not 0.0 <= probability <= 1.0:
        raise InvalidInputError(
            f"{field!r} must hold probabilities in [0, 1] (got {probability}); normalise them", field=field
        )
    return float(probability)


def _likeliest(distribution: Mapping[Any, float]) -> Any:  # noqa: ANN401 - a category or a level
    return max(distribution, key=lambda key: distribution[key], default=None)
