"""Claims from a long queue: `PYTHONPATH=. python benchmarks/queue_at_size.py [--cases 1000000]`.

Fills a queue whose head is on hold or assigned to somebody who does not come, since a claim must not slow down by
what lies before the free cases. Then eight workers, a process each, claim and decide: first at moments of their own,
as people and tooling do (a Poisson process of `--pace` rounds a second in all), then as fast as they can. Prints the
claim's latency of both, and the rounds a second. The databases are those that the tests use
(CASELOAD_TEST_POSTGRESQL, CASELOAD_TEST_MARIADB; hence the path), each with a database of its own that is dropped in
the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from looks import environment
from sqlalchemy import text

from cases.clock import utc_now
from cases.record import NewReport
from cases.store import CaseStore
from cases.store.engine import make_engine
from tests.databases import fresh_database

ROOT = Path(__file__).parents[1]
WORKERS, ROUNDS, BATCH = 8, 250, 1_000
# Of the head of the queue, so that each claim has to get past them.
HELD_SHARE, ASSIGNED_SHARE = 0.02, 0.02

WORKER = """
import json, random, sys, time
from cases.clock import utc_now
from cases.decision import Verdict
from cases.store import CaseStore
url, name, rounds, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
verdict = Verdict("harassment", 3, "remove_content", "clear_breach")
with CaseStore.open(url, utc_now) as store:
    store.claim_next(name, 900)
    print("ready", flush=True)
    sys.stdin.readline()
    chance, waits, began = random.Random(name), [], time.monotonic()
    due = began
    for number in range(rounds):
        # Rounds begin when they are due, however long the last one took.
        due += chance.expovariate(1 / pause) if pause else 0.0
        time.sleep(max(0.0, due - time.monotonic()))
        start = time.monotonic()
        case, lease = store.claim_next(name, 900)
        waits.append(time.monotonic() - start)
        store.decide(case.id, verdict, holder=name, token=lease.token)
    print(json.dumps({"waits": waits, "seconds": time.monotonic() - began}), flush=True)
"""


def fill(store: CaseStore, number: int) -> None:
    """So many cases, in no order."""
    now = utc_now()
    rng = np.random.default_rng(0)
    for start in range(0, number, BATCH):
        keys = rng.normal(size=4)
        for step, key in enumerate(keys):
            some = [
                NewReport("bench", str(n), "", f"report {n}", now - timedelta(seconds=n))
                for n in range(start + step, min(start + BATCH, number), 4)
            ]
            store.file_reports(some, actor="bench", order_key=float(key))


def put_aside(url: str) -> None:
    """Let the head of the queue be on hold or assigned to somebody who does not come."""
    engine = make_engine(url)
    with engine.begin() as connection:
        count = connection.execute(text("SELECT count(*) FROM cases")).scalar_one()
        for values, share in (
            ("pool = 'held', hold_until = '2099-01-01 00:00:00'", HELD_SHARE),
            ("pool = 'assigned', assigned_to = 'nobody'", ASSIGNED_SHARE),
        ):
            head = "SELECT id FROM cases WHERE pool = 'open' ORDER BY order_key DESC"
            inner = f"SELECT id FROM ({head} LIMIT {int(count * share)}) AS head"  # noqa: S608 - our own numbers
            connection.execute(text(f"UPDATE cases SET {values} WHERE id IN ({inner})"))  # noqa: S608
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE cases"))
    engine.dispose()


def work(url: str, rounds: int, pause: float) -> dict[str, float]:
    """Eight workers; latencies in milliseconds."""
    workers = [
        subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", WORKER, url, f"worker {number}", str(rounds), str(pause)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(WORKERS)
    ]  # fmt: skip
    for worker in workers:
        if worker.stdout is None or worker.stdout.readline() != "ready\n":
            raise RuntimeError("a worker did not come up")
    for worker in workers:
        if worker.stdin is not None:
            worker.stdin.write("go\n")
            worker.stdin.flush()
    told = [json.loads(worker.communicate()[0]) for worker in workers]
    waits = np.concatenate([one["waits"] for one in told]) * 1000
    return {
        "p50": float(np.quantile(waits, 0.5)),
        "p99": float(np.quantile(waits, 0.99)),
        "a_second": WORKERS * rounds / max(one["seconds"] for one in told),
    }


def measure(kind: str, cases: int, rounds: int, pace: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "database").mkdir()
        with fresh_database(kind, Path(folder) / "database") as url:
            began = time.monotonic()
            with CaseStore.open(url, utc_now) as store:
                fill(store, cases)
            put_aside(url)
            print(f"{kind}: {cases:,} open cases, filed in {time.monotonic() - began:.0f} s", flush=True)
            paced, driven = work(url, rounds, WORKERS / pace), work(url, rounds, 0.0)
            for how, found in ((f"{pace:g} rounds a second", paced), ("as fast as they can", driven)):
                print(
                    f"  {how:<24} claim p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms; "
                    f"{found['a_second']:.0f} claims and decisions a second",
                    flush=True,
                )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each worker")
    parser.add_argument("--pace", type=float, default=40.0, help="claims and decisions a second, of all workers")
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgresql", "mariadb"])
    options = parser.parse_args(arguments)
    print(json.dumps(environment()), flush=True)
    for kind in options.database:
        measure(kind, options.cases, options.rounds, options.pace)
    return 0


if __name__ == "__main__":
    sys.exit(main())
