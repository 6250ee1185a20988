from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.contract.arranging import Caller
from tests.hostile.asking import Door, a_door
from tests.serving.conftest import small_models

__all__ = ["small_models"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with a_door(tmp_path_factory.mktemp("hostile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def caller(door: Door) -> Caller:
    """Who knows what a document cannot say: ids that exist, a lease, words of the policy."""
    return Caller(door.store, itertools.count(1))
