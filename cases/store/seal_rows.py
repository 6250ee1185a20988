"""Rows of events and seals as they are read for the chain: also those that somebody spoilt.

SQLite keeps any text where a time should stand. Such a row must be found and named, so it is read as None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, or_, select

from cases.event_digest import event_digest
from cases.number_ranges import Range, read_ranges, written
from cases.seals import Seal
from cases.store.rows import AnyRow, chunks
from cases.store.tables import events, seals

# SQLite takes conditions a thousand deep.
_RANGES_AT_ONCE = 200

# JSON as the text that it is kept as: what is no JSON must not stop the walk.
_EVENTS: Select[Any] = select(
    events.c.seq,
    events.c.case_id,
    events.c.kind,
    events.c.at,
    events.c.actor,
    cast(events.c.data, Text).label("data"),
).order_by(events.c.seq)


def within(ranges: Sequence[Range]) -> Iterator[ColumnElement[bool]]:
    """Conditions on the numbers of events, each for some of the ranges, in order."""
    for some in chunks(ranges, _RANGES_AT_ONCE):
        yield or_(*(and_(events.c.seq >= low, events.c.seq <= high) for low, high in some))


def digests_where(
    connection: Connection, condition: ColumnElement[bool], at_most: int | None = None
) -> list[tuple[int, bytes | None]]:
    """Number and digest of events, in order; None for the digest of one that cannot be read."""
    found = _rows(connection, _EVENTS.where(condition).limit(at_most), events.c.seq)
    return [(seq, None if row is None else _digest(row)) for seq, row in found]


def digests_within(
    connection: Connection, ranges: Sequence[Range], at_most: int | None = None
) -> list[tuple[int, bytes | None]]:
    """The same for all events with numbers in ascending ranges, the first `at_most` of them."""
    found: list[tuple[int, bytes | None]] = []
    for condition in within(ranges):
        left = None if at_most is None else at_most - len(found)
        if left == 0:
            break
        found += digests_where(connection, condition, left)
    return found


def read_seals(connection: Connection, query: Select[Any]) -> list[tuple[int, Seal | None]]:
    """Number and seal of the rows of a selection from `seals`; None for one that cannot be read."""
    return [(seq, None if row is None else _seal(row)) for seq, row in _rows(connection, query, seals.c.seq)]


def seal_values(seal: Seal) -> dict[str, Any]:
    """A seal as a row."""
    plain = {name: getattr(seal, name) for name in seals.c.keys()}  # noqa: SIM118 - no mapping: it would yield columns
    return plain | {"gaps": written(seal.gaps), "late": written(seal.late)}


def _rows(connection: Connection, query: Select[Any], key: ColumnElement[int]) -> list[tuple[int, AnyRow | None]]:
    try:
        return [(row.seq, row) for row in connection.execute(query)]
    except (TypeError, ValueError):
        numbers = connection.execute(query.with_only_columns(key)).scalars().all()
    return [(number, _one(connection, query.where(key == number))) for number in numbers]


def _one(connection: Connection, query: Select[Any]) -> AnyRow | None:
    try:
        return connection.execute(query).one()
    except (TypeError, ValueError):
        return None


def _digest(row: AnyRow) -> bytes | None:
    try:
        return event_digest(row.seq, row.case_id, row.kind, row.at, row.actor, row.data)
    except ValueError:
        return None


def _seal(row: AnyRow) -> Seal | None:
    try:
        values = row._asdict()
        return Seal(**{**values, "gaps": read_ranges(row.gaps), "late": read_ranges(row.late)})
    except (TypeError, ValueError):
        return None
