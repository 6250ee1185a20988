"""Looking at a decided case again: because somebody appealed, or because it should be decided anew."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cases.case_state import CaseState
from cases.errors import ConflictError
from cases.event import EventKind
from cases.handling import Note, NoteKind, ReopenReason
from cases.ids import CaseId, DecisionId
from cases.precondition import ANYWAY, Precondition
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.living import locked_state, take_step
from cases.store.noting import write_note
from cases.store.storable import storable_name, storable_text
from cases.store.tables import decisions
from cases.store.working.deciding import content_of, latest_content_ids


class Reviewing:
    """The part of the store that opens decided cases again."""

    _db: Database

    def reopen(self, case_id: CaseId, *, by: str, reason: ReopenReason, only_if: Precondition = ANYWAY) -> None:
        """Open a decided case again; its next decision reviews the one that stands, which stands until then.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is not decided, or its text was erased, so that nobody could decide it again.
            InvalidInputError: `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        actor, code = storable_name(by, field="by"), ReopenReason(reason).value

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            standing = _standing(case_id, state)
            content_of(case_id, latest_content_ids(connection, [case_id]))
            take_step(
                connection, self._db, case_id, state, EventKind.REOPENED, actor, decision_id=standing, reason=code
            )

        self._db.write(work)

    def appeal(self, case_id: CaseId, *, by: str, note: str = "", only_if: Precondition = ANYWAY) -> Note | None:
        """Open a decided case for the review of its decision, which must then be upheld or overturned.

        It is handed out again to anyone but whoever took the decision; whom it was assigned to is forgotten.

        Args:
            case_id: The case.
            by: Who enters the appeal.
            note: What is held against the decision; kept in an erasable table.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is not decided, under appeal already, or its text was erased.
            InvalidInputError: `by` is empty, or the note too long.
            StoreUnavailableError: The database does not answer.
        """
        actor, text = storable_name(by, field="by"), storable_text(note, field="note")

        def work(connection: Connection) -> Note | None:
            state = locked_state(connection, case_id, only_if)
            standing = _standing(case_id, state)
            content_of(case_id, latest_content_ids(connection, [case_id]))
            decider = connection.execute(
                select(decisions.c.decided_by).where(decisions.c.id == standing)
            ).scalar_one()
            written = write_note(
                connection, case_id, NoteKind.APPEAL, text, author=actor, at=self._db.clock(), decision_id=standing
            )
            take_step(
                connection, self._db, case_id, state, EventKind.APPEALED, actor,
                decision_id=standing, barred=decider, note_id=written.id if written else None,
            )  # fmt: skip
            return written

        return self._db.write(work)


def _standing(case_id: CaseId, state: CaseState) -> DecisionId:
    if state.status is not CaseStatus.DECIDED or state.decision_id is None:
        stands = "under appeal" if state.under_appeal else state.status.value
        raise ConflictError(
            f"'case_id' must name a decided case (got {case_id!r}, {stands}); decide it first, or look at where it is"
        )
    return DecisionId(state.decision_id)
