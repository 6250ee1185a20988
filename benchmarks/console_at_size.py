"""The queue's page over a long queue: `PYTHONPATH=. python benchmarks/console_at_size.py [--cases 100000]`.

Fills a queue, then asks for the page as browsers do, one after the other, in the service's own process: what is
measured is the server's part. Prints median and 95th percentile of each way of looking at it, in milliseconds, and
for how long this process computed for one: where a machine does much else, the rest is waiting for that.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient
from looks import environment
from sqlalchemy import create_engine, text

from cases.clock import utc_now
from cases.identity import Role
from cases.record import NewReport
from cases.settings import load_settings
from cases.store import CaseStore
from cases.store.engine import database_url
from serving.app import build_app, build_services
from tests.databases import fresh_database

BATCH, ROUNDS, WARM = 1_000, 60, 5
WAYS = {
    "the first page": "/",
    "its list alone": "/queue-list",
    "severity 1": "/?severity=1",
    "a rare word": "/?q=course+12345",
    "a common word": "/?q=course",
    "a subject's id": "/?q=c-12345",
    "the team's page": "/team",
}


def fill(store: CaseStore, number: int) -> None:
    now, rng = utc_now(), np.random.default_rng(0)
    for start in range(0, number, BATCH):
        some = [
            NewReport(
                "bench",
                str(n),
                f"A course, number {n}",
                f"What is said of course {n}.",
                now - timedelta(seconds=n),
                subject_kind="course",
                subject_ref=f"c-{n}",
            )
            for n in range(start, min(start + BATCH, number))
        ]
        store.file_reports(some, actor="bench", order_key=float(rng.normal()), level=int(rng.integers(1, 5)))


def settle(kind: str, url: str, ranked_by: str) -> None:
    """What is done within minutes of filing, so that it is not measured: all is ranked; PostgreSQL's statistics."""
    engine = create_engine(database_url(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("UPDATE cases SET ranked_by = :ranked_by"), {"ranked_by": ranked_by})
        if kind == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def measure(kind: str, cases: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "database").mkdir()
        with fresh_database(kind, Path(folder) / "database") as url, CaseStore.open(url, utc_now) as store:
            began = time.monotonic()
            fill(store, cases)
            print(f"{kind}: {cases:,} open cases, filed in {time.monotonic() - began:.0f} s", flush=True)
            store.add_person("ada", [Role.ASSOCIATE, Role.LEAD])
            settings = load_settings(home=Path(folder) / "home", database_url=url)
            services = build_services(settings)
            settle(kind, url, services.ranking.digest)
            with TestClient(build_app(services), headers={"Origin": "http://testserver"}) as client:
                client.post("/sign-in", data={"code": store.make_sign_in_code("ada")})
                # The service does more in its first seconds than in all that come.
                for path in list(WAYS.values()) * WARM:
                    client.get(path)
                for way, path in WAYS.items():
                    print(f"  {way:<18} {told(client, path)}", flush=True)


def told(client: TestClient, path: str) -> str:
    took, size, computed = [], 0, 0.0
    for number in range(WARM + ROUNDS):
        if number == WARM:
            computed = time.process_time()
        start = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        size = len(answer.content)
    p50, p95 = np.quantile(took[WARM:], [0.5, 0.95])
    ours = (time.process_time() - computed) / ROUNDS * 1000
    return f"p50 {p50:5.0f} ms, p95 {p95:5.0f} ms, {ours:4.0f} ms computed here, {size / 1024:.0f} KiB before gzip"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgresql", "mariadb"])
    parser.add_argument("--note", default="", help="what else is to be known of these figures")
    options = parser.parse_args(arguments)
    print(json.dumps(environment() | {"load": os.getloadavg(), "note": options.note}), flush=True)
    for kind in options.database:
        measure(kind, options.cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
