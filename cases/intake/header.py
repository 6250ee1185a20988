"""The header of a table: names, each once."""

from __future__ import annotations

from collections.abc import Iterable

from cases.errors import InvalidInputError


def header_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns' names without white space around them, "" for a column without a name.

    Raises:
        InvalidInputError: No column has a name, or two have the same.
    """
    columns = tuple(name.strip() for name in names)
    with_name = named(columns)
    if not with_name:
        raise InvalidInputError(
            "'source' must begin with a header (got none); name its columns in the first row", field="source"
        )
    if len(set(with_name)) < len(with_name):
        places = [str(place) for place, name in enumerate(columns, start=1) if name and columns.count(name) > 1]
        raise InvalidInputError(
            f"'source' must name each column once (got the same name at columns {', '.join(places)}); rename one",
            field="source",
        )
    return columns


def named(columns: Iterable[str]) -> tuple[str, ...]:
    """The columns that have a name; others cannot be mapped and are left out."""
    return tuple(column for column in columns if column)
