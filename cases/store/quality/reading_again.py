"""Reading a sampled decision's case a second time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from cases.errors import ConflictError
from cases.event import EventKind
from cases.ids import ReadingId, SampledId, new_id
from cases.quality import Answer, Sampled, SampledState
from cases.store.database import Database
from cases.store.living import Steps, locked_states
from cases.store.quality.sampled_rows import SECOND, answer_values, locked_sampled, sampled_of
from cases.store.storable import storable_name, storable_text
from cases.store.tables import decisions, qa_readings

_TAKEN = (
    "'sampled_id' must name a decision that waits for a second reading (got one that was read, settled, undone or "
    "erased in between); go on with another"
)


class ReadingAgain:
    """The part of the store that keeps second readings."""

    _db: Database

    def read_again(
        self,
        sampled_id: SampledId,
        answer: Answer,
        *,
        by: str,
        note: str = "",
        queues: Collection[str] | None = None,
    ) -> Sampled:
        """Keep what a second reader made of the case; answers the sampled decision as it then stands.

        Whether the taxonomy holds the answer's ids is the caller's to check.

        Args:
            sampled_id: What was drawn.
            answer: What they would have decided.
            by: Who reads; nobody who ever decided the case.
            note: In their own words; erased with the case's text.
            queues: Those whose cases they see; None for all.

        Raises:
            NotFoundError: There is no such sampled decision.
            OtherQueueError: The case is not theirs to see.
            ConflictError: Somebody read it in between, it was undone or erased, or they decided the case.
            InvalidInputError: A value cannot be stored.
            StoreUnavailableError: The database does not answer; nothing was kept.
        """
        values = answer_values(answer)
        actor, text = storable_name(by, field="by"), storable_text(note, field="note")

        def work(connection: Connection) -> Sampled:
            found = locked_sampled(connection, sampled_id, queues)
            if found.state is not SampledState.WAITING:
                raise ConflictError(_TAKEN)
            deciders = select(decisions.c.decided_by).where(decisions.c.case_id == found.case_id)
            if actor in connection.execute(deciders).scalars():
                raise ConflictError(
                    "'by' must be somebody who did not decide the case (got one who did); leave it to a colleague"
                )
            steps = Steps(self._db.clock(), locked_states(connection, [found.case_id]))
            row = reading_row(found, SECOND, actor, steps.at, values, text)
            connection.execute(insert(qa_readings).values(row))
            steps.add(
                found.case_id, EventKind.READ_AGAIN, actor,
                sampled_id=found.id, decision_id=found.decision_id, reading_id=row["id"],
                agrees=not found.first.answer.differs_in(answer), **values,
            )  # fmt: skip
            steps.write(connection)
            return sampled_of(connection, sampled_id)

        return kept(self._db, work, _TAKEN)


def kept(db: Database, work: Callable[[Connection], Sampled], taken: str) -> Sampled:
    """What `work` answers; where another's reading came first, though it was looked for, a refusal in these words.

    Raises:
        ConflictError: It did.
    """
    try:
        return db.write(work)
    except IntegrityError as error:
        raise ConflictError(taken) from error


def reading_row(
    of: Sampled, kind: str, reader: str, at: datetime, answer: dict[str, Any], note: str
) -> dict[str, Any]:
    """The row of a reading."""
    return {
        "id": ReadingId(new_id()),
        "sampled_id": of.id,
        "case_id": of.case_id,
        "kind": kind,
        "reader": reader,
        "at": at,
        "note": note,
        **answer,
    }
