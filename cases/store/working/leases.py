"""Leases: who holds a case, by the database's clock, and the checks that each step on a held case begins with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, insert, select, update

from cases.errors import ConflictError, StaleLeaseError
from cases.ids import CaseId
from cases.record import Lease
from cases.store.database import Database
from cases.store.living import Steps
from cases.store.pools import leased_columns
from cases.store.rows import AnyRow, chunks
from cases.store.tables import leases

# Built once: building a statement costs as much as running it.
_NEWEST = select(leases).where(leases.c.case_id == bindparam("of_case")).with_for_update()
_FIRST = insert(leases)
_CHANGE = update(leases).where(leases.c.case_id == bindparam("of_case"))


@cache
def _newest_and_now(now: ColumnElement[datetime]) -> Select[Any]:
    return _NEWEST.add_columns(now.label("now"))


def lease_row(connection: Connection, case_id: CaseId) -> AnyRow | None:
    """The case's newest lease, alive or not, locked; read it after the case's row is locked, and only then."""
    return connection.execute(_NEWEST, {"of_case": case_id}).one_or_none()


def lease_rows(connection: Connection, case_ids: Iterable[CaseId]) -> dict[CaseId, AnyRow]:
    """The same for many, by case id."""
    found: dict[CaseId, AnyRow] = {}
    for some in chunks(sorted(case_ids)):
        query = select(leases).where(leases.c.case_id.in_(some)).order_by(leases.c.case_id).with_for_update()
        found |= {CaseId(row.case_id): row for row in connection.execute(query)}
    return found


def live_holder(held: AnyRow | None, now: datetime) -> str | None:
    """Who holds the case at `now`, by the database's clock."""
    return None if held is None or held.expires_at <= now else str(held.holder)


def check_lease(
    connection: Connection, db: Database, case_id: CaseId, holder: str, token: int
) -> tuple[AnyRow, datetime]:
    """The lease's row and the database's time, where `holder` holds the case under `token` and has time left.

    Raises:
        StaleLeaseError: Otherwise; the message says which.
    """
    held = connection.execute(_newest_and_now(db.now_column()), {"of_case": case_id}).one_or_none()
    now = db.now(connection) if held is None else held.now
    if held is not None and (held.holder, held.token) == (holder, token) and held.expires_at > now:
        return held, now
    if held is None:
        why = "never claimed"
    elif held.token != token:
        why = f"token {token}, the newest is {held.token}"
    elif held.holder != holder:
        why = "another's token"
    else:
        why = f"one that ended {(now - held.expires_at).total_seconds():.1f} s ago"
    raise StaleLeaseError(f"'token' must be of your live lease on case {case_id} (got {why}); claim the case again")


def refuse_if_held(connection: Connection, db: Database, case_id: CaseId, *, but_by: Iterable[str]) -> str | None:
    """Refuse to move a case away from under somebody who works on it; answers who of `but_by` does, if anybody.

    Raises:
        ConflictError: Another holds the case.
    """
    held, now = lease_row(connection, case_id), db.now(connection)
    holder = live_holder(held, now)
    if held is not None and holder is not None and holder not in set(but_by):
        raise ConflictError(
            f"'case_id' must name a case that nobody else holds (got {case_id!r}, held until "
            f"{held.expires_at.isoformat()}); wait, or ask its holder to give it back"
        )
    return holder


def give_up_lease(connection: Connection, db: Database, steps: Steps, case_id: CaseId, holder: str | None) -> None:
    """End the lease of whoever sends the case elsewhere, where they have one."""
    if holder is not None:
        end_lease(connection, steps, case_id, db.now(connection))


def take_lease(
    connection: Connection,
    steps: Steps,
    case_id: CaseId,
    held: AnyRow | None,
    holder: str,
    *,
    claimed_at: datetime,
    now: datetime,
    lasting: timedelta,
) -> Lease:
    """Write the case's next lease, one token after `held`, lasting from `now` by the database's clock."""
    lease = Lease(case_id, holder, 1 if held is None else held.token + 1, now + lasting)
    values = {"holder": holder, "token": lease.token, "claimed_at": claimed_at, "expires_at": lease.expires_at}
    if held is None:
        connection.execute(_FIRST, {"case_id": case_id, **values})
    else:
        connection.execute(_CHANGE, {"of_case": case_id, **values})
    steps.set_columns(case_id, **leased_columns(lease.expires_at))
    return lease


def extend_lease(connection: Connection, steps: Steps, case_id: CaseId, until: datetime) -> None:
    """Let the case's lease last until then, by the database's clock."""
    connection.execute(_CHANGE, {"of_case": case_id, "expires_at": until})
    steps.set_columns(case_id, **leased_columns(until))


def end_lease(connection: Connection, steps: Steps, case_id: CaseId, now: datetime) -> None:
    """End the case's lease; its token stays, so that it is never given out again."""
    connection.execute(_CHANGE, {"of_case": case_id, "expires_at": now})
    steps.set_columns(case_id, **leased_columns(None))
