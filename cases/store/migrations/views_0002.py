"""The view of first touch as revision 0002 has it: an undecided case goes by the severity that people are shown.

That is the level of least expected cost, raised by the policy's rules, where 0001 could only take the likeliest one;
scores from before still go by that. 0001 has shipped and never changes, so what is the same is taken from it.
"""

from __future__ import annotations

from cases.store.migrations import views_0001

NAMES = ("first_touch_sla",)

_BEFORE = "COALESCE(d.severity, s.top_severity)"
_NOW = "COALESCE(d.severity, s.severity_level, s.top_severity)"


def create_statements(dialect: str) -> list[str]:
    """The statements that make the views on `dialect` ("sqlite", "postgresql" or "mysql")."""
    return [statement.replace(_BEFORE, _NOW) for statement in statements_before(dialect)]


def statements_before(dialect: str) -> list[str]:
    """The statements that make them as 0001 had them."""
    made = dict(zip(views_0001.NAMES, views_0001.create_statements(dialect), strict=True))
    return [made[name] for name in NAMES]
