"""Exercises: somebody's answers on the cases of a golden set. Nothing else in the record changes by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, insert, select
from sqlalchemy.exc import IntegrityError

from cases.errors import ConflictError, NotFoundError
from cases.ids import AttemptId, GoldenCaseId, GoldenSetId, new_id
from cases.quality import Answer, Attempt
from cases.store.database import Database
from cases.store.quality.sampled_rows import answer_values
from cases.store.rows import chunks, of_queues
from cases.store.storable import storable_name
from cases.store.tables import cases, exercise_answers, exercise_attempts, golden_cases, golden_sets

_ATTEMPTS = select(exercise_attempts).order_by(exercise_attempts.c.id)


class Exercising:
    """The part of the store that keeps exercises."""

    _db: Database

    def begin_attempt(self, set_id: GoldenSetId, *, by: str) -> Attempt:
        """Begin another way through the set.

        Raises:
            NotFoundError: There is no such set.
            StoreUnavailableError: The database does not answer.
        """
        person = storable_name(by, field="by")

        def work(connection: Connection) -> Attempt:
            if connection.execute(select(golden_sets.c.id).where(golden_sets.c.id == set_id)).scalar() is None:
                raise NotFoundError("'set_id' must name a golden set (got another id); take it from the list")
            begun = Attempt(AttemptId(new_id()), set_id, person, self._db.clock(), {})
            connection.execute(
                insert(exercise_attempts).values(id=begun.id, set_id=set_id, person=person, begun_at=begun.begun_at)
            )
            return begun

        return self._db.write(work)

    def attempt(self, attempt_id: AttemptId, *, by: str) -> Attempt:
        """One of their own.

        Raises:
            NotFoundError: There is none of that id, or it is another's.
            StoreUnavailableError: The database does not answer.
        """
        return self._db.read(lambda connection: _own(connection, attempt_id, by))

    def attempts(self, *, by: str | None = None) -> tuple[Attempt, ...]:
        """All that were begun, by one person or by anybody, in the order begun.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = _ATTEMPTS if by is None else _ATTEMPTS.where(exercise_attempts.c.person == by)
        return self._db.read(lambda connection: _attempts(connection, query))

    def answer_exercise(
        self,
        attempt_id: AttemptId,
        golden_case_id: GoldenCaseId,
        answer: Answer,
        *,
        by: str,
        queues: Collection[str] | None = None,
    ) -> Attempt:
        """Keep an answer; answers the attempt with it. An answer once given stays.

        Raises:
            NotFoundError: The attempt is not theirs, or the case is not of its set, erased, or in a queue that they
                do not see.
            ConflictError: They answered it in this attempt already.
            InvalidInputError: A value cannot be stored.
            StoreUnavailableError: The database does not answer.
        """
        values = answer_values(answer)

        def work(connection: Connection) -> Attempt:
            own = _own(connection, attempt_id, by)
            fit = (
                select(golden_cases.c.id)
                .join(cases, cases.c.id == golden_cases.c.case_id)
                .where(
                    golden_cases.c.id == golden_case_id,
                    golden_cases.c.set_id == own.set_id,
                    ~golden_cases.c.erased,
                    *of_queues(queues),
                )
            )
            if connection.execute(fit).scalar() is None:
                raise NotFoundError("'case' must be of this exercise (got another); go on with the one that is shown")
            connection.execute(
                insert(exercise_answers).values(
                    id=new_id(), attempt_id=own.id, golden_case_id=golden_case_id, at=self._db.clock(), **values
                )
            )
            return _own(connection, attempt_id, by)

        try:
            return self._db.write(work)
        except IntegrityError as error:
            raise ConflictError(
                "'case' must be one that you have not answered in this exercise (got one that you have); go on with "
                "the next"
            ) from error


def _own(connection: Connection, attempt_id: AttemptId, by: str) -> Attempt:
    found = _attempts(connection, _ATTEMPTS.where(exercise_attempts.c.id == attempt_id))
    if not found or found[0].person != by:
        raise NotFoundError("'attempt_id' must name an exercise of yours (got another id); begin one")
    return found[0]


def _attempts(connection: Connection, query: Select[Any]) -> tuple[Attempt, ...]:
    rows = connection.execute(query).all()
    given: dict[str, dict[GoldenCaseId, Answer]] = defaultdict(dict)
    answers = select(exercise_answers).order_by(exercise_answers.c.id)
    for some in chunks([row.id for row in rows]):
        for row in connection.execute(answers.where(exercise_answers.c.attempt_id.in_(some))):
            given[row.attempt_id][GoldenCaseId(row.golden_case_id)] = Answer(row.category, row.severity, row.action)
    return tuple(
        Attempt(AttemptId(row.id), GoldenSetId(row.set_id), row.person, row.begun_at, given[row.id]) for row in rows
    )
