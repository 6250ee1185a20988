"""The triggers of revision 0003: withdrawn_decisions may only grow, as the tables of 0001 may.

They are made of the statements of 0001, which has shipped and never changes; a table that is made anew on SQLite
loses its triggers and gets the same ones again.
"""

from __future__ import annotations

from cases.store.migrations import append_only_0001

REFUSED = {"withdrawn_decisions": ("UPDATE", "DELETE")}

_FUNCTION = "CREATE FUNCTION"


def create_statements(dialect: str, table: str) -> list[str]:
    """The triggers that refuse to change or delete rows of `table` on `dialect`."""
    like = [
        statement
        for statement in append_only_0001.create_statements(dialect)
        if "decisions" in statement and _FUNCTION not in statement
    ]
    return [statement.replace("decisions", table) for statement in like]


def drop_statements(dialect: str, table: str) -> list[str]:
    """What takes them away again, so that a migration can mend what is append-only for everybody else."""
    if dialect == "postgresql":
        return [f"DROP TRIGGER {table}_{what} ON {table}" for what in ("append_only", "no_truncate")]
    return [f"DROP TRIGGER {table}_no_{change.lower()}" for change in ("UPDATE", "DELETE")]
