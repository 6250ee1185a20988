"""What is told of a case names its reports as their sources do; these ids are erased with those of the reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select, update

from cases.erasure import ERASED_PREFIX, erased_external_id
from cases.ids import CaseId
from cases.store.rows import AnyRow
from cases.store.tables import deliveries
from cases.webhooks import DeliveryState


def forget_told(connection: Connection, case_id: CaseId) -> int:
    """Delete what was told of the case, and take outside ids out of what is still to be told; answers how many."""
    rows = _rows(connection, case_id)
    for row in rows:
        at = deliveries.c.id == row.id
        if row.state == DeliveryState.PENDING.value:
            connection.execute(update(deliveries).where(at).values(payload=_erased(row.payload)))
        else:
            connection.execute(delete(deliveries).where(at))
    return len(rows)


def count_told(connection: Connection, case_id: CaseId) -> int:
    """How many `forget_told` would delete or change."""
    return len(_rows(connection, case_id))


def _rows(connection: Connection, case_id: CaseId) -> list[AnyRow]:
    query = select(deliveries.c.id, deliveries.c.state, deliveries.c.payload).where(deliveries.c.about == case_id)
    found: list[AnyRow] = list(connection.execute(query))
    return [row for row in found if row.payload != _erased(row.payload)]


def _erased(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "reports": [_without_id(named) for named in payload.get("reports", ())]}


def _without_id(named: dict[str, Any]) -> dict[str, Any]:
    source, external_id = str(named.get("source", "")), str(named.get("external_id", ""))
    if external_id.startswith(ERASED_PREFIX):
        return named
    return {**named, "external_id": erased_external_id(source, external_id)}
