"""What a database does to find the next case, among many: it walks an index in order, and sorts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, Select, insert, text

from cases.ids import new_id
from cases.store.engine import make_engine
from cases.store.tables import cases
from cases.store.working.lanes import free_query
from cases.store.working.ranking import due_query
from tests.cases.store.conftest import NOON

OPEN, DECIDED = 6_000, 2_000
QUEUES = ("main", "legal", "brand")


@pytest.fixture
def connection(store_url: str) -> Iterator[Connection]:
    engine = make_engine(store_url)
    _fill(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def _fill(engine: Engine) -> None:
    rows = [
        {
            "id": new_id(),
            "status": "open" if number < OPEN else "decided",
            "received_at": NOON + timedelta(seconds=number),
            "content_version": 1,
            "order_key": float(number * 7919 % 1000),
            "queue": QUEUES[number % 3],
            "hold_until": NOON + timedelta(hours=1) if number % 50 == 0 else None,
            "assigned_to": "bob" if number % 20 == 0 else None,
            "pool": "closed" if number >= OPEN else "held" if number % 50 == 0 else "open",
            "rerank_at": NOON + timedelta(minutes=number % 5000) if number % 2 else None,
        }
        for number in range(OPEN + DECIDED)
    ]
    with engine.begin() as connection:
        connection.execute(insert(cases), rows)
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))  # as it does by itself in time; the others go without


EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN ", "mysql": "EXPLAIN FORMAT=JSON "}
SORTING = {"sqlite": "TEMP B-TREE", "postgresql": "Sort Key", "mysql": "filesort"}


def plan(connection: Connection, query: Select[tuple[object, ...]]) -> str:
    """The database's plan for it, as text."""
    statement = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    rows = connection.exec_driver_sql(EXPLAIN[connection.dialect.name] + str(statement)).all()
    return "\n".join(str(value) for row in rows for value in row)


def sorts(connection: Connection, found: str) -> bool:
    return SORTING[connection.dialect.name] in found


@pytest.mark.parametrize(("queue", "index"), [(None, "ix_cases_free"), ("legal", "ix_cases_free_of_queue")])
def test_the_next_case_is_found_by_the_queues_index_in_its_order(
    connection: Connection, queue: str | None, index: str
) -> None:
    query = free_query(queue).limit(1).params(holder="ann", passed_over=[])
    found = plan(connection, query)
    assert index in found
    assert not sorts(connection, found)


def test_what_is_due_is_found_by_its_index_in_its_order(connection: Connection) -> None:
    # Far more are due than are asked for; of a few PostgreSQL sorts the few, and rightly.
    found = plan(connection, due_query(NOON + timedelta(days=10)).limit(20))
    assert "ix_cases_rerank" in found
    assert not sorts(connection, found)
