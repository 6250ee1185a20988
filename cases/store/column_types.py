"""Column types that read back the same on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from cases.clock import as_utc


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC at microsecond precision.

    PostgreSQL keeps `timestamptz`; MariaDB and MySQL `DATETIME(6)` and SQLite text, both written in UTC. A naive
    datetime is refused on the way in, whatever the database would have made of it.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The database's own type: MySQL's needs the six digits spelled out, or it keeps whole seconds."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; hand the database UTC, with the zone only where its type holds one."""
        if value is None:
            return None
        moment = as_utc(value)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC, whatever the session's zone."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.replace(tzinfo=UTC)


# MySQL's TEXT ends at 64 KB.
LONG_TEXT = Text().with_variant(mysql.LONGTEXT(), "mysql")

# SQLite numbers rows by itself only where the key is spelled INTEGER.
SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")
