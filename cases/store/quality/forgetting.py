"""What is said about a case for quality's sake and goes with its text; codes stay, as those of decisions do."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from cases.ids import CaseId
from cases.store.tables import golden_cases, qa_readings, qa_sampled

_WORDS = ((qa_readings, qa_readings.c.note), (golden_cases, golden_cases.c.explanation))


def count_words(connection: Connection, case_id: CaseId) -> int:
    """How many notes and explanations there are about the case."""
    return sum(
        connection.execute(
            select(func.count()).select_from(table).where(table.c.case_id == case_id, words != "")
        ).scalar_one()
        for table, words in _WORDS
    )


def forget_words(connection: Connection, case_id: CaseId) -> int:
    """Erase notes and explanations about the case; answers how many there were."""
    return sum(
        connection.execute(
            update(table).where(table.c.case_id == case_id, words != "").values({words.name: ""})
        ).rowcount
        for table, words in _WORDS
    )


def leave(connection: Connection, case_id: CaseId) -> None:
    """Let the case, which no longer says what was judged, leave samples that are not settled, and exercises."""
    for table in (qa_sampled, golden_cases):
        connection.execute(update(table).where(table.c.case_id == case_id).values(erased=True))
