"""Who holds which cases now, by the database's clock."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from cases.ids import CaseId
from cases.record import Lease
from cases.store.database import Database
from cases.store.rows import AnyRow, chunks
from cases.store.tables import leases, skips


class Holding:
    """The part of the store that tells who holds what."""

    _db: Database

    def leases_on(self, case_ids: Iterable[CaseId]) -> dict[CaseId, Lease]:
        """The leases that last still, by case; a case that nobody holds is not in it.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        wanted = sorted(set(case_ids))

        def work(connection: Connection) -> dict[CaseId, Lease]:
            found = {}
            for some in chunks(wanted):
                query = select(leases).where(leases.c.case_id.in_(some), leases.c.expires_at > self._db.now_column())
                for row in connection.execute(query):
                    found[CaseId(row.case_id)] = lease_from(row)
            return found

        return self._db.read(work)

    def held_by(self, holder: str) -> list[Lease]:
        """The leases of one holder that last still, the one that ends first first.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = (
            select(leases)
            .where(leases.c.holder == holder, leases.c.expires_at > self._db.now_column())
            .order_by(leases.c.expires_at)
        )

        def work(connection: Connection) -> list[Lease]:
            rows = connection.execute(query)
            return [lease_from(row) for row in rows]

        return self._db.read(work)

    def skipped_by(self, holder: str) -> frozenset[CaseId]:
        """The cases that they gave back and are not handed again.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = select(skips.c.case_id).where(skips.c.holder == holder)
        found = self._db.read(lambda connection: connection.execute(query).scalars().all())
        return frozenset(CaseId(case_id) for case_id in found)


def lease_from(row: AnyRow) -> Lease:
    """A row of `leases` as a lease."""
    return Lease(CaseId(row.case_id), row.holder, row.token, row.expires_at)
