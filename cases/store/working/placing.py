"""Where a case waits and for whom: assigned to a person, escalated to a team, moved to another queue."""

from __future__ import annotations

from sqlalchemy import Connection

from cases.event import EventKind
from cases.handling import Note, NoteKind
from cases.ids import CaseId
from cases.precondition import ANYWAY, Precondition
from cases.store.database import Database
from cases.store.living import Steps, locked_state, take_step
from cases.store.noting import write_note
from cases.store.storable import storable_code, storable_name, storable_text
from cases.store.working.claimable import refuse_if_barred, refuse_unless_open
from cases.store.working.leases import check_lease, end_lease, give_up_lease, refuse_if_held


class Placing:
    """The part of the store that says whose a case is."""

    _db: Database

    def assign(self, case_id: CaseId, to: str, *, by: str, only_if: Precondition = ANYWAY) -> None:
        """Hand the case out to nobody but `to`; the lease of whoever assigns it ends.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided or merged, somebody else holds it, or `to` took the decision under appeal.
            InvalidInputError: A name is empty or too long.
            StoreUnavailableError: The database does not answer.
        """
        whom, actor = storable_name(to, field="to"), storable_name(by, field="by")

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            refuse_if_barred(case_id, state, whom)
            held = refuse_if_held(connection, self._db, case_id, but_by=(whom, actor))
            steps = Steps(self._db.clock(), {case_id: state})
            if held != whom:
                give_up_lease(connection, self._db, steps, case_id, held)
            steps.add(case_id, EventKind.ASSIGNED, actor, to=whom)
            steps.write(connection)

        self._db.write(work)

    def unassign(self, case_id: CaseId, *, by: str, only_if: Precondition = ANYWAY) -> None:
        """Let the case be handed out to anybody; nothing happens where it is assigned to nobody.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided or merged.
            InvalidInputError: `by` is empty.
            StoreUnavailableError: The database does not answer.
        """
        actor = storable_name(by, field="by")

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            if state.assigned_to is not None:
                take_step(connection, self._db, case_id, state, EventKind.UNASSIGNED, actor)

        self._db.write(work)

    def escalate(
        self,
        case_id: CaseId,
        holder: str,
        token: int,
        team: str,
        *,
        note: str = "",
        only_if: Precondition = ANYWAY,
    ) -> Note | None:
        """Send a claimed case to another team's queue; no later score moves it from there.

        Whether the policy has such a team is the caller's to check (`Taxonomy.check_team`).

        Args:
            case_id: The case.
            holder: Who holds the lease, which this ends.
            token: The lease's.
            team: The team's id, which is its queue's name.
            note: What the team should know; kept in an erasable table.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            InvalidInputError: `team` is empty or too long, or the note is.
            StoreUnavailableError: The database does not answer.
        """
        queue, text = storable_code(team, field="team"), storable_text(note, field="note")

        def work(connection: Connection) -> Note | None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            _, now = check_lease(connection, self._db, case_id, holder, token)
            steps = Steps(self._db.clock(), {case_id: state})
            end_lease(connection, steps, case_id, now)
            written = write_note(connection, case_id, NoteKind.ESCALATION, text, author=holder, at=self._db.clock())
            steps.add(case_id, EventKind.ESCALATED, holder,
                token=token, queue=queue, note_id=written.id if written else None,
            )  # fmt: skip
            steps.write(connection)
            return written

        return self._db.write(work)

    def move(self, case_id: CaseId, queue: str, *, by: str, only_if: Precondition = ANYWAY) -> None:
        """Put the case into another queue, from where no later score moves it; the mover's own lease ends.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided or merged, or somebody else holds it.
            InvalidInputError: `queue` or `by` is empty or too long.
            StoreUnavailableError: The database does not answer.
        """
        where, actor = storable_code(queue, field="queue"), storable_name(by, field="by")

        def work(connection: Connection) -> None:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            held = refuse_if_held(connection, self._db, case_id, but_by=(actor,))
            steps = Steps(self._db.clock(), {case_id: state})
            give_up_lease(connection, self._db, steps, case_id, held)
            steps.add(case_id, EventKind.MOVED, actor, queue=where)
            steps.write(connection)

        self._db.write(work)
