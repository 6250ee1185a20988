"""What people chose for themselves in the console."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from cases.choices import Choices
from cases.store.database import Database
from cases.store.tables import choices


class Choosing:
    """The part of the store that keeps people's own choices."""

    _db: Database

    def choices_of(self, person: str) -> Choices:
        """What they chose; the defaults where they chose nothing.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = select(choices).where(choices.c.person == person)
        row = self._db.read(lambda connection: connection.execute(query).one_or_none())
        return Choices() if row is None or row.person != person else Choices.from_dict(row.chosen)

    def choose(self, person: str, chosen: Choices) -> None:
        """Keep what they chose in place of what they had chosen.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        values = {"chosen": chosen.as_dict(), "changed_at": self._db.clock()}

        def work(connection: Connection) -> None:
            known = select(choices.c.person).where(choices.c.person == person).with_for_update()
            if connection.execute(known).one_or_none() is None:
                connection.execute(insert(choices).values(person=person, **values))
            else:
                connection.execute(update(choices).where(choices.c.person == person).values(**values))

        self._db.write(work, retry_duplicates=True)
