"""Many at once: 64 claimers in four processes, and fifty who decide one case."""

from __future__ import annotations

import subprocess
import sys
import time
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, text

from cases.clock import utc_now
from cases.errors import ConflictError, StaleLeaseError
from cases.event import EventKind
from cases.ids import CaseId
from cases.record import Rank
from cases.store import UNSCORED_ORDER_KEY, CaseStore, Reranked
from cases.store.engine import make_engine
from cases.store.tables import cases, decisions, events
from tests.cases.store.builders import VERDICT, report
from tests.faults.sizes import CLAIMERS, CLAIMS, PROCESSES, RACERS, RACES, THREADS

ROOT = Path(__file__).parents[2]
BATCH = 1000


def fill(store: CaseStore, number: int) -> None:
    """So many cases, each with an order key of its own, filed in no order."""
    for start in range(0, number, BATCH):
        filed = store.file_reports([report(n) for n in range(start, min(start + BATCH, number))], actor="intake")
        store.rerank(
            [
                # 7919 is a prime that divides none of the sizes, so no two keys are the same.
                Reranked(answer.case_id, Rank(float((start + place) * 7919 % number)), UNSCORED_ORDER_KEY)
                for place, answer in enumerate(filed)
            ]
        )


def let_planner_know(url: str) -> None:
    """Count the rows, as the server does by itself within a minute: it scans a table that it takes for empty."""
    engine = make_engine(url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    engine.dispose()


def claimed_in_order(url: str) -> list[tuple[CaseId, float]]:
    """The claimed cases with their order keys, as their events follow each other."""
    engine = make_engine(url)
    query = (
        select(events.c.case_id, cases.c.order_key)
        .join(cases, cases.c.id == events.c.case_id)
        .where(events.c.kind == EventKind.CLAIMED.value)
        .order_by(events.c.seq)
    )
    with engine.connect() as connection:
        found = [(CaseId(row.case_id), row.order_key) for row in connection.execute(query)]
    engine.dispose()
    return found


def rank_errors(keys: list[float]) -> list[int]:
    """Of each claim, how many cases of a larger key were claimed after it."""
    later: list[float] = []
    errors = []
    for key in reversed(keys):
        errors.append(len(later) - bisect_right(later, key))
        insort(later, key)
    return errors


def test_the_rank_error_counts_the_better_cases_that_were_left() -> None:
    assert rank_errors([5.0, 4.0, 3.0]) == [0, 0, 0]
    assert rank_errors([3.0, 5.0, 4.0])[::-1] == [2, 0, 0]


@pytest.mark.slow
def test_a_crowd_of_claimers_claims_each_case_once_and_nearly_in_order(
    store_url: str, quote: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    with CaseStore.open(store_url, utc_now) as store:
        fill(store, CLAIMS)
    let_planner_know(store_url)
    claimers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.claimers", store_url, str(process), str(THREADS)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for process in range(PROCESSES)
    ]  # fmt: skip
    for claimer in claimers:
        # Whatever fails, none goes on; to kill one that has ended does nothing.
        request.addfinalizer(claimer.kill)
    for claimer in claimers:
        assert claimer.stdout is not None
        assert claimer.stdout.readline() == "ready\n"
    began = time.monotonic()
    with ThreadPoolExecutor(PROCESSES) as pool:
        told = list(pool.map(lambda claimer: claimer.communicate("go\n")[0].splitlines(), claimers))
    seconds = time.monotonic() - began
    assert [claimer.returncode for claimer in claimers] == [0] * PROCESSES
    claimed = [line.split("\t")[0] for lines in told for line in lines]
    assert len(claimed) == CLAIMS
    assert max(Counter(claimed).values()) == 1
    ordered = claimed_in_order(store_url)
    assert sorted(claimed) == sorted(case_id for case_id, _ in ordered)
    worst = max(rank_errors([key for _, key in ordered]))
    quote(f"{CLAIMS} claims by {CLAIMERS} claimers: {CLAIMS / seconds:.0f}/s, rank error at most {worst}")
    assert worst <= CLAIMERS - 1


@pytest.mark.slow
def test_fifty_who_race_to_decide_one_case_decide_it_once(store_url: str) -> None:
    barrier = Barrier(RACERS)
    with ExitStack() as opened, ThreadPoolExecutor(RACERS) as pool:
        # One store has connections for two dozen; the others would race for those.
        stores = [opened.enter_context(CaseStore.open(store_url, utc_now)) for _ in range(3)]
        store = stores[0]
        for trial in range(RACES):
            [filed] = store.file_reports([report(trial)], actor="intake")
            _, lease = store.claim(filed.case_id, "ann", 60)

            def decide(racer: int, case_id: CaseId = filed.case_id, token: int = lease.token) -> str:
                barrier.wait()
                try:
                    stores[racer % len(stores)].decide(case_id, VERDICT, holder="ann", token=token)
                except (ConflictError, StaleLeaseError):
                    return "refused"
                return "decided"

            outcomes = Counter(answer.result() for answer in [pool.submit(decide, racer) for racer in range(RACERS)])
            assert outcomes == {"decided": 1, "refused": RACERS - 1}
    engine = make_engine(store_url)
    with engine.connect() as connection:
        counted = Counter(connection.execute(select(decisions.c.case_id)).scalars())
    engine.dispose()
    assert (len(counted), set(counted.values())) == (RACES, {1})
