"""Seals hold whichever database keeps the events: a digest is the same in each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from cases.event_digest import event_digest
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.seal_rows import digests_where
from cases.store.tables import events, metadata
from tests.cases.store.builders import decide, file_one
from tests.cases.store.test_sealing import KEY, seal_all
from tests.databases import fresh_database


@pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "postgresql"), ("sqlite", "mariadb"), ("postgresql", "sqlite"), ("mariadb", "postgresql")],
)
@pytest.mark.postgresql
@pytest.mark.mariadb
def test_the_chain_holds_in_another_database_that_the_rows_were_copied_to(
    source: str, target: str, tmp_path: Path
) -> None:
    with fresh_database(source, tmp_path) as url, fresh_database(target, tmp_path) as copy:
        with CaseStore.open(url) as store:
            for number in range(3):
                case = file_one(store, number, subject_kind="user", subject_ref="Jürgen 😀")
            decide(store, case.id, holder="Renée")
            seal_all(store, KEY, at_most=2)
            head = store.chain_head()
        copy_rows(url, copy)
        with CaseStore.open(copy) as store:
            found = store.verify_seals(KEY, kept=head)
            assert (found.wrong, found.head, found.unsealed) == (None, head, 0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    data=st.dictionaries(st.text(), json_values, max_size=5),
    # MariaDB's times begin with the year 1000; no name keeps NUL, which PostgreSQL refuses.
    at=st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware by the zone
    actor=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=255),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_event_has_the_same_digest_whichever_database_kept_it(
    sealed_case: tuple[Connection, str], data: dict[str, Any], at: datetime, actor: str
) -> None:
    connection, case_id = sealed_case
    row = {"case_id": case_id, "kind": "renewed", "at": at, "actor": actor, "data": data}
    with connection.begin():
        given_number = connection.execute(insert(events).values(**row)).inserted_primary_key
        assert given_number is not None
        seq = int(given_number[0])
        ((_, digest),) = digests_where(connection, events.c.seq == seq)
    assert digest == event_digest(seq, case_id, "renewed", at, actor, json.dumps(data))


@pytest.fixture
def sealed_case(store_url: str, engine: Engine) -> Iterator[tuple[Connection, str]]:
    """A connection, and a case that events may be of."""
    with CaseStore.open(store_url) as store:
        case = file_one(store, 1)
    with engine.connect() as connection:
        yield connection, case.id


def copy_rows(url: str, copy: str) -> None:
    source, target = make_engine(url), make_engine(copy)
    with source.connect() as old, target.begin() as new:
        for table in metadata.sorted_tables:
            rows = [row._asdict() for row in old.execute(select(table))]
            if rows:
                new.execute(insert(table), rows)
    source.dispose()
    target.dispose()
