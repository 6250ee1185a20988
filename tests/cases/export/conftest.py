from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.store import CaseStore
from tests.cases.export.exports import NOON
from tests.databases import fresh_database


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CaseStore]:
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url, lambda: NOON) as opened:
        yield opened
