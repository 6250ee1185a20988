"""A random life: everything that can happen to cases, in any order, against a model that is written otherwise.

500 lives of 50 steps in all; CASELOAD_SOAK=1 makes it 5,000.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from cases.store import CaseStore
from cases.store.engine import make_engine
from tests.cases.store.conftest import NOON, SetClock
from tests.cases.store.whole_life.deciding import Deciding
from tests.cases.store.whole_life.ordering import Ordering
from tests.cases.store.whole_life.placing import Placing
from tests.databases import emptied, fresh_database

SOAK = os.environ.get("CASELOAD_SOAK") == "1"
STEPS = 50
LIVES = (
    {"sqlite": 3_000, "postgresql": 1_000, "mariadb": 1_000}
    if SOAK
    else {"sqlite": 300, "postgresql": 100, "mariadb": 100}
)


class WholeLife(Placing, Deciding, Ordering):
    """All steps."""


@pytest.mark.slow
def test_a_random_life_is_what_the_model_says(store_url: str, database_kind: str, tmp_path: Path) -> None:
    clock = SetClock(NOON)

    def life_in(url: str, clean: Callable[[], None]) -> WholeLife:
        store, engine = CaseStore.open(url, clock), make_engine(url)

        def done(_life: WholeLife) -> None:
            store.close()
            engine.dispose()
            clean()

        return type("ThisLife", (WholeLife,), {"store": store, "engine": engine, "clock": clock, "clean": done})()

    def life() -> WholeLife:
        """A life in an empty database."""
        if database_kind != "sqlite":
            return life_in(store_url, lambda: emptied(store_url))
        fresh = fresh_database("sqlite", tmp_path)
        return life_in(fresh.__enter__(), lambda: fresh.__exit__(None, None, None))

    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=LIVES[database_kind],
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not SOAK,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
