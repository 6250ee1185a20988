from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cases.store import CaseStore
from cases.store.engine import make_engine
from tests.databases import database_kind, empty_url, fresh_database, store_url

__all__ = ["database_kind", "empty_url", "store_url"]

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


class SetClock:
    """Business time that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def sqlite_store(tmp_path: Path, clock: SetClock) -> Iterator[CaseStore]:
    """For what is refused before any database is asked."""
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url, clock) as opened:
        yield opened


@pytest.fixture
def store(store_url: str, clock: SetClock) -> Iterator[CaseStore]:
    with CaseStore.open(store_url, clock) as opened:
        yield opened
        # Whatever the test did: each case's row is what its events make of it.
        assert opened.rebuild() == []


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """For what only somebody beside the store does: erasing, spoiling, letting a lease lapse."""
    made = make_engine(store_url)
    yield made
    made.dispose()
