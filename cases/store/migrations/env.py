"""Alembic's entry point. `cases.store.migrate` hands in the open connection; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from cases.store.tables import metadata

connection = context.config.attributes["connection"]

# The engine opens SQLite's transactions itself, so its schema changes are undone together like PostgreSQL's.
# MariaDB commits each schema change at once: there a migration that fails midway needs the backup.
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=connection.dialect.name != "mysql",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
