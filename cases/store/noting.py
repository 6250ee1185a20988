"""Notes: people's own words, in a table that can be erased; events name them by id alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from cases.handling import Note, NoteKind
from cases.ids import CaseId, DecisionId, NoteId, new_id
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.tables import notes


class Noting:
    """The part of the store that shows notes."""

    _db: Database

    def note(self, decision_id: DecisionId) -> str:
        """What the decider wrote beside the decision; empty where nothing was written, or it was erased."""
        query = select(notes.c.text).where(
            notes.c.decision_id == decision_id, notes.c.kind == NoteKind.DECISION.value
        )
        return self._db.read(lambda connection: connection.execute(query).scalar() or "")

    def notes(self, case_id: CaseId) -> tuple[Note, ...]:
        """All that was written on the case and not erased, in the order it was written."""
        query = select(notes).where(notes.c.case_id == case_id).order_by(notes.c.at, notes.c.id)
        return self._db.read(lambda connection: tuple(_note_from(row) for row in connection.execute(query)))


def write_note(
    connection: Connection,
    case_id: CaseId,
    kind: NoteKind,
    text: str,
    *,
    author: str,
    at: datetime,
    decision_id: DecisionId | None = None,
) -> Note | None:
    """Keep the note; None where nothing was written.

    Args:
        connection: Of the transaction.
        case_id: What it is about.
        kind: What it was written beside.
        text: Fit to be stored.
        author: Who wrote it.
        at: Business time.
        decision_id: The decision that it was written beside, or that is appealed.
    """
    if not text.strip():
        return None
    note = Note(NoteId(new_id()), case_id, kind, author, at, text, decision_id)
    connection.execute(
        insert(notes).values(
            id=note.id,
            case_id=case_id,
            decision_id=decision_id,
            kind=kind.value,
            author=author,
            at=at,
            text=text,
        )
    )
    return note


def _note_from(row: AnyRow) -> Note:
    return Note(
        id=NoteId(row.id),
        case_id=CaseId(row.case_id),
        kind=NoteKind(row.kind),
        author=row.author,
        at=row.at,
        text=row.text,
        decision_id=None if row.decision_id is None else DecisionId(row.decision_id),
    )
