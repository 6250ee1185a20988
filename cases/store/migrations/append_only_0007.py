"""The triggers of revision 0007: seals may only grow, as the events that they seal."""

from __future__ import annotations

from cases.store.migrations import append_only_0003

REFUSED = {"seals": ("UPDATE", "DELETE")}


def create_statements(dialect: str) -> list[str]:
    """The triggers that refuse to change or delete rows of seals on `dialect`."""
    return [statement for table in REFUSED for statement in append_only_0003.create_statements(dialect, table)]
