from __future__ import annotations

from typing import Any

import pytest

from evaluation.judged import Judged
from evaluation.report import figures
from tests.chromium import chromium  # noqa: F401 - a fixture
from tests.evaluation.judged_cases import judged_written_cases


@pytest.fixture(scope="session")
def judged() -> Judged:
    return judged_written_cases()


@pytest.fixture(scope="session")
def found(judged: Judged) -> dict[str, Any]:
    return figures(judged, precision_target=0.6, draws=200)
