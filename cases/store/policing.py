"""The part of the policy that SQL must know: how soon a case of each severity must be touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert

from cases.store.database import Database
from cases.store.storable import storable_code
from cases.store.tables import severity_levels

if TYPE_CHECKING:
    from cases.taxonomy import Taxonomy


class Policing:
    """The part of the store that keeps the policy's deadlines."""

    _db: Database

    def register_policy(self, taxonomy: Taxonomy) -> None:
        """Replace the severity levels that the view first_touch_sla measures against.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        rows = [
            {
                "level": level.level,
                "name": storable_code(level.name, field="severity_levels"),
                "first_touch_seconds": level.first_touch.total_seconds(),
            }
            for level in taxonomy.severity_levels
        ]

        def work(connection: Connection) -> None:
            connection.execute(delete(severity_levels))
            connection.execute(insert(severity_levels), rows)

        self._db.write(work, retry_duplicates=True)
