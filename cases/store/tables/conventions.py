"""What all tables share: how constraints are called, MariaDB's storage, and the columns that most of them have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# A binary collation: two external ids that differ in case are two ids, as they are on the other databases.
MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

ID_LENGTH = 36
CODE_LENGTH = 100  # sources, kinds, channels, categories, reasons
NAME_LENGTH = 255  # people's and systems' names, outside ids


def id_column(name: str, *args: Any, **kwargs: Any) -> Column[str]:  # noqa: ANN401 - passed on to Column
    """An id of ours, a UUID as text."""
    return Column(name, String(ID_LENGTH), *args, **kwargs)


def code_column(name: str, **kwargs: Any) -> Column[str]:  # noqa: ANN401 - passed on to Column
    """A source, a kind, a category: a short word that systems made up."""
    return Column(name, String(CODE_LENGTH), nullable=kwargs.pop("nullable", False), **kwargs)


def name_column(name: str, **kwargs: Any) -> Column[str]:  # noqa: ANN401 - passed on to Column
    """A person's or a system's name, or an id from outside."""
    return Column(name, String(NAME_LENGTH), nullable=kwargs.pop("nullable", False), **kwargs)
