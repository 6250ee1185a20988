"""The lease's check, and the event that each step on a case appends: for the queue and for decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from cases.errors import StaleLeaseError
from cases.ids import CaseId
from cases.record import AttributeValue, EventKind
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.tables import events, leases


def lease_row(connection: Connection, case_id: CaseId) -> AnyRow | None:
    """The case's newest lease, alive or not, locked; read it after the case's row is locked, and only then."""
    return connection.execute(select(leases).where(leases.c.case_id == case_id).with_for_update()).one_or_none()


def check_lease(
    connection: Connection, db: Database, case_id: CaseId, holder: str, token: int
) -> tuple[AnyRow, datetime]:
    """The lease's row and the database's time, where `holder` holds the case under `token` and has time left.

    Raises:
        StaleLeaseError: Otherwise; the message says which.
    """
    held, now = lease_row(connection, case_id), db.now(connection)
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


def append_event(
    connection: Connection,
    db: Database,
    case_id: CaseId,
    kind: EventKind,
    actor: str,
    **data: AttributeValue,
) -> None:
    """Append to the case's events; `data` holds ids, codes and numbers only."""
    values = {"case_id": case_id, "kind": kind.value, "at": db.clock(), "actor": actor, "data": data}
    connection.execute(insert(events).values(**values))
