"""The triggers of revision 0016: what began and what ended is told for good."""

from __future__ import annotations

from cases.store.migrations import append_only_0003

REFUSED = dict.fromkeys(("fires", "fire_cases", "fire_ends"), ("UPDATE", "DELETE"))


def create_statements(dialect: str) -> list[str]:
    """The triggers that refuse to change or delete rows of these tables on `dialect`."""
    return [statement for table in REFUSED for statement in append_only_0003.create_statements(dialect, table)]
