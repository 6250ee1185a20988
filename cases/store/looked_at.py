"""Decisions that tell of people and models: those in which one person looked at one case, and which stand."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, select

from cases.store.tables import decisions, withdrawn_decisions


def looked_at() -> tuple[ColumnElement[bool], ...]:
    """The conditions; imported, withdrawn and bulk decisions do not meet them: in none did one look at one case."""
    return decisions.c.lease_token.is_not(None), decisions.c.bulk_id.is_(None), ~withdrawn(decisions)


def withdrawn(of: FromClause) -> ColumnElement[bool]:
    """That a row of `decisions`, or of an alias of it, was undone."""
    return select(withdrawn_decisions.c.decision_id).where(withdrawn_decisions.c.decision_id == of.c.id).exists()
