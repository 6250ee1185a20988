from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from tests.databases import database_kind, empty_url, fresh_database, store_url

__all__ = ["database_kind", "empty_url", "store_url"]

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CaseStore]:
    """A store on SQLite; what differs between databases is the store's own to test."""
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url, lambda: NOON) as opened:
        yield opened
