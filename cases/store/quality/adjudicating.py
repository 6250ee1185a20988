"""Settling what holds where two readings of a case differ."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.identity import Role
from cases.ids import SampledId
from cases.quality import Answer, Sampled, SampledState, Stands
from cases.store.database import Database
from cases.store.living import Steps, locked_states
from cases.store.quality.reading_again import kept, reading_row
from cases.store.quality.sampled_rows import LAST, answer_values, locked_sampled, sampled_of
from cases.store.rights import queues_of, roles_of
from cases.store.storable import storable_name, storable_text
from cases.store.tables import people, qa_readings

_TAKEN = (
    "'sampled_id' must name a decision that two people read differently and nobody settled (got one that was "
    "settled, undone or erased in between, or is not read twice yet); look at it again"
)


class Adjudicating:
    """The part of the store that keeps what was settled."""

    _db: Database

    def other_leads(self, of: Sampled) -> frozenset[str]:
        """The leads who see the case and are neither of its two readers.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        return self._db.read(lambda connection: _other_leads(connection, of))

    def adjudicate(
        self,
        sampled_id: SampledId,
        stands: Stands,
        third: Answer | None = None,
        *,
        by: str,
        note: str = "",
        queues: Collection[str] | None = None,
    ) -> Sampled:
        """Settle what holds; answers the sampled decision as it then stands. The decision itself does not change.

        Args:
            sampled_id: What was drawn, read twice and differently.
            stands: Which reading holds. A third that is one of the two counts as that.
            third: What holds where neither does; None elsewhere.
            by: Who settles it: a lead who is neither of the two, or, where there is none, one of them, which is kept.
            note: In their own words; erased with the case's text.
            queues: Those whose cases they see; None for all.

        Raises:
            NotFoundError: There is no such sampled decision.
            OtherQueueError: The case is not theirs to see.
            ConflictError: It does not wait for that, or one of the two is to leave it to another lead.
            InvalidInputError: A third is missing, or a value cannot be stored.
            StoreUnavailableError: The database does not answer; nothing was kept.
        """
        if (third is None) == (stands is Stands.THIRD):
            raise InvalidInputError(
                "'third' must be an answer where neither reading stands, and there alone (got "
                f"stands={stands.value}); choose category, severity and action, or one of the two readings",
                field="third",
            )
        actor, text = storable_name(by, field="by"), storable_text(note, field="note")

        def work(connection: Connection) -> Sampled:
            found = locked_sampled(connection, sampled_id, queues)
            if found.state is not SampledState.DIFFERS or found.second is None:
                raise ConflictError(_TAKEN)
            own = actor in (found.first.reader, found.second.reader)
            if own and _other_leads(connection, found):
                raise ConflictError(
                    "'by' must be a lead who is neither of the two readers (got one of them, and there is such a "
                    "lead); leave it to them"
                )
            which, answer = _chosen(found.first.answer, found.second.answer, stands, third)
            steps = Steps(self._db.clock(), locked_states(connection, [found.case_id]))
            values = answer_values(answer)
            row = reading_row(found, LAST, actor, steps.at, values, text)
            connection.execute(insert(qa_readings).values(**row, stands=which.value, own=own))
            steps.add(
                found.case_id, EventKind.ADJUDICATED, actor,
                sampled_id=found.id, decision_id=found.decision_id, reading_id=row["id"],
                stands=which.value, own=own or None, **values,
            )  # fmt: skip
            steps.write(connection)
            return sampled_of(connection, sampled_id)

        return kept(self._db, work, _TAKEN)


def _chosen(first: Answer, second: Answer, stands: Stands, third: Answer | None) -> tuple[Stands, Answer]:
    given = {Stands.FIRST: first, Stands.SECOND: second}
    answer = given[stands] if third is None else third
    return next((which for which, known in given.items() if known == answer), Stands.THIRD), answer


def _other_leads(connection: Connection, of: Sampled) -> frozenset[str]:
    readers = {of.first.reader, "" if of.second is None else of.second.reader}
    rows = connection.execute(select(people).where(people.c.removed_at.is_(None)))
    return frozenset(
        row.name
        for row in rows
        if Role.LEAD in roles_of(row)
        and row.name not in readers
        and ((theirs := queues_of(row)) is None or of.queue in theirs)
    )
