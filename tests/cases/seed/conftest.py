from __future__ import annotations

import pytest

from cases.seed.corpus import WrittenCase, incoming_part, test_part, training_part
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from tests.features.conftest import compiled, compiled_directory, compiled_offline

__all__ = ["compiled", "compiled_directory", "compiled_offline"]

Parts = dict[str, list[WrittenCase]]


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


@pytest.fixture(scope="session")
def parts() -> Parts:
    return {"training": training_part(), "test": test_part(), "incoming": incoming_part()}


@pytest.fixture(scope="session")
def everything(parts: Parts) -> list[WrittenCase]:
    return [case for part in parts.values() for case in part]
