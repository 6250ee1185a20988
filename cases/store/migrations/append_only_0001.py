"""The triggers of revision 0001: the database itself refuses to change what is append-only.

`contents` may lose rows: a person's right to erasure reaches a case's text, and text lives there alone. It may not
be rewritten. TRUNCATE is refused on PostgreSQL only; MariaDB and MySQL fire no trigger for it.
"""

from __future__ import annotations

REFUSED = {
    "contents": ("UPDATE",),
    "scores": ("UPDATE", "DELETE"),
    "decisions": ("UPDATE", "DELETE"),
    "events": ("UPDATE", "DELETE"),
    "champions": ("UPDATE", "DELETE"),
}

_POSTGRESQL_FUNCTION = """
CREATE FUNCTION caseload_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""


def create_statements(dialect: str) -> list[str]:
    """The statements that make the triggers on `dialect` ("sqlite", "postgresql" or "mysql")."""
    if dialect == "postgresql":
        statements = [_POSTGRESQL_FUNCTION]
        for table, changes in REFUSED.items():
            statements.append(
                f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(changes)} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION caseload_refuse()"
            )
            if "DELETE" in changes:
                statements.append(
                    f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION caseload_refuse()"
                )
        return statements
    refuse = {
        "sqlite": "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        "mysql": "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{table} is append-only'",
    }[dialect]
    return [
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {refuse.format(table=table)}"
        for table, changes in REFUSED.items()
        for change in changes
    ]


def drop_statements(dialect: str) -> list[str]:
    """What undoes `create_statements` once the tables, and with them their triggers, are gone."""
    return ["DROP FUNCTION caseload_refuse()"] if dialect == "postgresql" else []
