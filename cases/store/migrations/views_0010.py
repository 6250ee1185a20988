"""The view of revision 0010: a case that was erased before anybody decided it is late for nobody."""

from __future__ import annotations

from cases.store.migrations import views_0003

NAME = "first_touch_sla"

_BEFORE, _SINCE = "c.status <> 'merged'", "c.status NOT IN ('merged', 'erased')"


def create_statement(dialect: str) -> str:
    """The statement that makes it on `dialect` ("sqlite", "postgresql" or "mysql")."""
    return statement_before(dialect).replace(_BEFORE, _SINCE)


def statement_before(dialect: str) -> str:
    """The statement that makes it as 0003 had it."""
    made: dict[str, str] = dict(zip(views_0003.NAMES, views_0003.create_statements(dialect), strict=True))
    return made[NAME]
