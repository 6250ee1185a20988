"""A service and databases that are killed at random moments: what was acknowledged is there, and nothing by half."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from cases.identity import Role
from cases.settings import Settings, load_settings
from cases.store import CaseStore, migrate
from cases.store.engine import database_url, make_engine
from tests.faults.own_servers import OwnServer, own_server
from tests.faults.sizes import DATABASE_KILLS, SERVICE_KILLS
from tests.faults.workload import Work, a_report, faults_of
from tests.serving.service_process import ServiceProcess, service_process

ROOT = Path(__file__).parents[2]


def refile(service: ServiceProcess, key: str, work: Work) -> None:
    """Send again what got no answer, as a sender does, and some that did: none may be there twice."""
    unanswered = [name for name in work.told.sent if name not in work.told.reports]
    with service.client(key) as client:
        for name in [*unanswered, *work.told.sent[::20]]:
            answer = client.post("/v1/cases", json=a_report(name))
            assert answer.status_code in (200, 201), answer.text
            work.told.reports.setdefault(name, answer.json()["case_id"])
            assert work.told.reports[name] == answer.json()["case_id"]


def service_on(url: str, folder: Path) -> tuple[Settings, str]:
    with CaseStore.open(url) as store:
        key = store.add_caller("tests", Role)
    return load_settings(home=folder / "home", database_url=url), key


@pytest.mark.slow
def test_a_service_killed_at_any_moment_has_lost_nothing_that_it_acknowledged(
    store_url: str, tmp_path: Path, quote: Callable[[str], None]
) -> None:
    settings, key = service_on(store_url, tmp_path)
    chance = random.Random(1)  # noqa: S311
    with ExitStack() as last:
        service = last.enter_context(service_process(settings, tmp_path, ready=False))
        with Work(key, service.url) as work:
            for _ in range(SERVICE_KILLS):
                work.wait_for(20)
                time.sleep(chance.uniform(0.0, 0.3))
                service.end(signal.SIGKILL)
                service = last.enter_context(service_process(settings, tmp_path, ready=False))
                work.move(service.url)
            work.wait_for(20)
        assert faults_of(store_url, work.told) == []
        refile(service, key, work)
        assert faults_of(store_url, work.told) == []
    quote(f"{SERVICE_KILLS} kills of the service: {len(work.told)} acknowledged, 0 lost, 0 by half")


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
)
def test_a_database_killed_at_any_moment_has_lost_nothing_that_was_acknowledged(
    kind: str, tmp_path: Path, quote: Callable[[str], None]
) -> None:
    chance = random.Random(2)  # noqa: S311
    with own_database(kind, tmp_path) as (server, url):
        settings, key = service_on(url, tmp_path)
        with service_process(settings, tmp_path, ready=False) as service:
            with Work(key, service.url) as work:
                for _ in range(DATABASE_KILLS):
                    work.wait_for(20)
                    time.sleep(chance.uniform(0.0, 0.3))
                    server.kill()
                    time.sleep(chance.uniform(0.0, 0.5))
                    server.start()
                work.wait_for(20)
            assert faults_of(url, work.told) == []
            refile(service, key, work)
        assert faults_of(url, work.told) == []
    quote(f"{DATABASE_KILLS} kills of {kind}: {len(work.told)} acknowledged, 0 lost, 0 by half")


WRITER = """
import sys
from cases.clock import utc_now
from cases.decision import Verdict
from cases.record import NewReport
from cases.store import CaseStore
verdict = Verdict("harassment", 3, "remove_content", "clear_breach")
with CaseStore.open(sys.argv[1]) as store:
    for number in range(1_000_000):
        name = f"{sys.argv[2]}-{number}"
        [filed] = store.file_reports([NewReport("faults", name, "", f"report {name}", utc_now())], actor="w")
        print("report", name, filed.case_id, sep="\\t", flush=True)
        case, lease = store.claim_next("w", 300)
        print("claim", case.id, lease.token, sep="\\t", flush=True)
        decision = store.decide(case.id, verdict, holder="w", token=lease.token)
        print("decision", case.id, decision.id, sep="\\t", flush=True)
"""


@pytest.mark.slow
def test_a_process_killed_while_it_writes_to_sqlite_has_lost_nothing_that_it_acknowledged(
    tmp_path: Path, quote: Callable[[str], None]
) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    migrate.upgrade(url)
    work, chance = Work("", ""), random.Random(3)  # noqa: S311
    for kill in range(DATABASE_KILLS):
        output = tmp_path / f"writer-{kill}.txt"
        with output.open("wb") as printed:
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, url, str(kill)],
                cwd=ROOT,
                stdout=printed,
                env={"PYTHONPATH": str(ROOT)},
            )
            while output.read_bytes().count(b"\n") < 30:
                assert writer.poll() is None
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.3))
            writer.kill()
            writer.wait()
        for line in output.read_text(encoding="utf-8").splitlines():
            what, name, value = line.split("\t")
            if what == "report":
                work.told.reports[name] = value
            elif what == "claim":
                work.told.claims.add((name, int(value)))
            else:
                work.told.decisions[name] = value
        assert faults_of(url, work.told) == []
    quote(f"{DATABASE_KILLS} kills of a writer to SQLite: {len(work.told)} acknowledged, 0 lost, 0 by half")


@contextmanager
def own_database(kind: str, folder: Path) -> Iterator[tuple[OwnServer, str]]:
    """A server of the test's own with a migrated database."""
    with own_server(kind, folder) as server:
        maintenance = database_url(server.url).set(database={"postgresql": "postgres", "mariadb": None}[kind])
        engine = make_engine(maintenance).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE caseload")
        engine.dispose()
        url = database_url(server.url).set(database="caseload").render_as_string(hide_password=False)
        migrate.upgrade(url)
        yield server, url
