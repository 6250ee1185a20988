from __future__ import annotations

import pytest

from tests.cases.store.conftest import clock, engine, store
from tests.databases import database_kind, empty_url, store_url
from tests.privacy.canaries import Canaries

__all__ = ["clock", "database_kind", "empty_url", "engine", "store", "store_url"]


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()
