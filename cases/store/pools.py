"""What can be handed out, as columns of a case that an index can look at.

A claim must find the most urgent free case among a million, of which many thousands may be claimed, on hold or
assigned. So each case lies in a **pool**, which follows from its state, and says whether it is **leased**; the two
come first in the index that claims go by, and nothing is passed over but what this holder skipped.

Two things end by the clock alone, a lease and a hold. Whoever claims next finds those that have ended, by indexes on
their ends, and puts them back first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, false, select, true, update

from cases.case_state import CaseState
from cases.ids import CaseId
from cases.record import CaseStatus
from cases.store.database import Database
from cases.store.tables import cases

# So many at a time: those who claim after us find the rest.
_PUT_BACK_AT_ONCE = 50


class Pool(StrEnum):
    """Where a case lies between its steps."""

    OPEN = "open"
    ASSIGNED = "assigned"
    HELD = "held"
    CLOSED = "closed"


def pool_of(state: CaseState) -> Pool:
    """The pool of a case in this state; a hold whose time has come is still one until somebody claims."""
    if not state.is_open:
        return Pool.CLOSED
    if state.hold_until is not None:
        return Pool.HELD
    return Pool.OPEN if state.assigned_to is None else Pool.ASSIGNED


def leased_columns(until: datetime | None) -> dict[str, Any]:
    """The columns of a case that is leased until then by the database's clock; None: no longer."""
    return {"leased": until is not None, "leased_until": until}


def mispooled(moment: datetime) -> ColumnElement[bool]:
    """Whether a case lies in another pool than its state says; a hold that has ended may still be one.

    Args:
        moment: Business time.
    """
    unended = (cases.c.pool == Pool.HELD.value) & (cases.c.status == CaseStatus.OPEN.value)
    return (cases.c.pool != _due_pool(moment)) & ~(unended & cases.c.hold_until.is_not(None))


def set_right(connection: Connection, case_ids: Sequence[CaseId], moment: datetime) -> None:
    """Put cases into the pools that their states say."""
    connection.execute(update(cases).where(cases.c.id.in_(case_ids)).values(pool=_due_pool(moment)))


def _due_pool(moment: datetime) -> ColumnElement[str]:
    return case(
        (cases.c.status != CaseStatus.OPEN.value, Pool.CLOSED.value),
        (cases.c.hold_until > moment, Pool.HELD.value),
        (cases.c.assigned_to.is_not(None), Pool.ASSIGNED.value),
        else_=Pool.OPEN.value,
    )


def came_back(
    now: ColumnElement[datetime], moment: datetime | ColumnElement[datetime]
) -> dict[str, ColumnElement[bool]]:
    """What tells a case whose lease has lapsed, and one whose hold has ended, each served by an index.

    Args:
        now: The database's clock.
        moment: Business time.
    """
    return {
        "lapsed": (cases.c.leased == true()) & (cases.c.leased_until <= now),
        "ended": (cases.c.pool == Pool.HELD.value) & (cases.c.hold_until <= moment),
    }


def put_back(connection: Connection, db: Database, moment: datetime) -> None:
    """Put back what was leased or on hold and is no longer.

    Args:
        connection: Of the transaction that claims.
        db: Says whether rows that others lock can be passed over.
        moment: Business time, for holds.
    """
    back = case((cases.c.assigned_to.is_(None), Pool.OPEN.value), else_=Pool.ASSIGNED.value)
    values: dict[str, dict[str, Any]] = {
        "lapsed": {"leased": false(), "leased_until": None},
        "ended": {"pool": back},
    }
    for name, condition in came_back(db.now_column(), moment).items():
        # The most urgent of them, so that whoever puts some back is handed what is due to them.
        some = select(cases.c.id).where(condition).order_by(cases.c.order_key.desc()).limit(_PUT_BACK_AT_ONCE)
        found = connection.execute(some).scalars().all()
        # Whoever locks one of them is putting it back, or working on it; either way it is theirs.
        locked = select(cases.c.id).where(cases.c.id.in_(found), condition).order_by(cases.c.id)
        locked = locked.with_for_update(key_share=True, skip_locked=db.skips_locked)
        ids = connection.execute(locked).scalars().all()
        if ids:
            connection.execute(update(cases).where(cases.c.id.in_(ids)).values(values[name]))
