"""What somebody does who can write to the database and has taken its triggers away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text

from cases.seals import PLAIN, Seal
from cases.store.migrations import append_only_0003
from cases.store.seal_rows import read_seals, seal_values
from cases.store.tables import events, seals

TABLES = ("events", "seals")


@contextmanager
def without_triggers(engine: Engine) -> Iterator[Connection]:
    """A transaction that nothing refuses; the triggers are there again after it."""
    dialect = engine.dialect.name
    with engine.begin() as connection:
        for table in TABLES:
            for statement in append_only_0003.drop_statements(dialect, table):
                connection.execute(text(statement))
        try:
            yield connection
        finally:
            for table in TABLES:
                for statement in append_only_0003.create_statements(dialect, table):
                    connection.execute(text(statement))


def tamper(engine: Engine, statement: str, **values: object) -> None:
    """Run it, and see that it did something."""
    with without_triggers(engine) as connection:
        assert connection.execute(text(statement), values).rowcount > 0


def forge(engine: Engine, seq: int, **changed: Any) -> None:
    """Change a seal and give it the head that it makes then, as one who has no key can."""
    with without_triggers(engine) as connection:
        ((_, seal),) = read_seals(connection, select(seals).where(seals.c.seq == seq))
        assert seal is not None
        values = {name: getattr(seal, name) for name in seals.c.keys()} | changed  # noqa: SIM118 - no mapping
        made = Seal(**values).with_head(None)
        connection.execute(seals.update().where(seals.c.seq == seq).values(**seal_values(made)))


def reseal_as_plain(engine: Engine, seq: int) -> None:
    """Put a seal made without the key in the place of one made with it."""
    forge(engine, seq, algorithm=PLAIN, key_id="")


def copy_event(connection: Connection, of: int, seq: int) -> None:
    """Insert an event like another, under a number of choice."""
    row = connection.execute(select(events).where(events.c.seq == of)).one()._asdict()
    connection.execute(insert(events).values(**row | {"seq": seq}))


def pass_over_a_number(engine: Engine) -> int:
    """Let a number of an event be given out in vain, as a transaction does that is rolled back; answers which."""
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(events.c.seq))).scalar_one()
        if engine.dialect.name == "sqlite":
            # There the number would be given out again.
            connection.execute(text("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'events'"))
            connection.commit()
            return int(newest) + 1
        row = connection.execute(select(events).where(events.c.seq == newest)).one()._asdict()
        del row["seq"]
        given = connection.execute(insert(events).values(**row)).inserted_primary_key
        connection.rollback()
    assert given is not None
    return int(given[0])
