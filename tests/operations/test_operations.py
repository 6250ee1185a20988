"""Each command of docs/operations.md that can be run here is run, as it stands there."""

from __future__ import annotations

import configparser
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cases.clock import utc_now
from cases.settings import load_settings
from cases.store import CaseStore
from cases.store.engine import database_url
from serving.observing import logs
from tests.cases.store.builders import file_one
from tests.databases import DROP, MAINTENANCE, SERVERS, fresh_database
from tests.operations.page import ROOT, Workplace, blocks, without_comments
from tests.serving.conftest import Place, a_place, small_models
from tests.serving.service_process import free_port
from tests.serving.test_logs import record

__all__ = ["small_models"]

BLOCKS = blocks()

RUN = {
    "Start", "Logs", "Metrics", "Back up", "SQLite", "PostgreSQL", "MariaDB", "From SQLite", "From PostgreSQL",
    "From MariaDB", "Upgrade and roll back", "Rotate",
}  # fmt: skip
NOT_RUN_HERE = {
    "Traces": "tests/serving/test_tracing.py does, with a collector of its own",
    "A bento": "tests/operations/test_bento.py does",
    "Containers": "no containers can be run here; tests/operations/test_containers.py tries their parts",
}


def test_each_block_of_commands_is_run_or_says_where_it_is() -> None:
    assert BLOCKS.keys() == RUN | NOT_RUN_HERE.keys()


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path, {"CASELOAD_HOME": str(tmp_path / "home"), "CASELOAD_PORT": str(free_port())})


@pytest.mark.slow
def test_what_starts_a_service_starts_one_and_its_keys_let_in(workplace: Workplace) -> None:
    commands, unit = BLOCKS["Start"]
    url = f"http://127.0.0.1:{workplace.variables['CASELOAD_PORT']}"
    output = workplace.folder / "output.txt"
    with output.open("wb") as printed:
        process = subprocess.Popen(
            ["bash", "-euc", commands], cwd=workplace.folder, env=workplace.environment, stdout=printed,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + 90
        while "Caseload listens" not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < until, output.read_text()
            time.sleep(0.1)
        for name, path in (("helpdesk", "/v1/model"), ("prometheus", "/metrics")):
            key = (workplace.folder / f"{name}.key").read_text().strip()
            answer = httpx2.get(url + path, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200, answer.text
        assert httpx2.get(f"{url}/health/live").status_code == 200
        assert httpx2.get(f"{url}/health/ready").status_code == 503
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=40)

    described = configparser.ConfigParser()
    described.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names have capitals
    described.read_string(unit)
    assert described["Service"]["ExecStart"].endswith("/caseload serve")
    # Above the half minute in which requests in progress are finished.
    assert int(described["Service"]["TimeoutStopSec"]) > 30


@pytest.mark.slow
def test_where_lines_are_objects_each_line_of_the_command_is_one(workplace: Workplace) -> None:
    workplace.run("caseload db upgrade")
    output = workplace.folder / "output.txt"
    with output.open("wb") as printed:
        process = subprocess.Popen(
            ["caseload", "serve"], cwd=workplace.folder, stdout=printed, stderr=subprocess.STDOUT,
            env=workplace.environment | {"CASELOAD_LOG_FORMAT": "json"},
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{workplace.variables['CASELOAD_PORT']}"
        until = time.monotonic() + 90
        while "listens at" not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < until, output.read_text()
            time.sleep(0.1)
        assert httpx2.get(f"{url}/health/live").status_code == 200
    finally:
        process.terminate()
        assert process.wait(timeout=40) == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert {f"listens at {url}", "request"} <= {line["event"] for line in lines}


def test_the_line_shown_has_the_fields_of_a_line_that_is_logged() -> None:
    [shown] = BLOCKS["Logs"]
    logged = json.loads(logs.JsonLines().format(record("request")))
    of_access = {"method", "route", "status", "ms", "case_id", "caller_kind", "caller", "request_id"}
    assert json.loads(shown).keys() == logged.keys() | of_access


def test_what_prometheus_is_told_is_yaml_with_a_file_for_the_key() -> None:
    [shown] = BLOCKS["Metrics"]
    [job] = yaml.safe_load(shown)["scrape_configs"]
    assert job["authorization"].keys() == {"credentials_file"}
    assert job["static_configs"] == [{"targets": ["127.0.0.1:3000"]}]


def filled(url: str, numbers: range) -> int:
    """File so many cases; answers how many wait then."""
    with CaseStore.open(url) as store:
        for number in numbers:
            file_one(store, number)
        return store.queue_length()


def waiting(url: str) -> int:
    with CaseStore.open(url) as store:
        return store.queue_length()


def _needs(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here")


def _backed_up_and_restored(workplace: Workplace, url: str, heading: str, **variables: str) -> str:
    """Back a record of three cases up, file two more, restore; answers what the restore printed."""
    filled(url, range(3))
    workplace.run("caseload audit seal")
    workplace.run(BLOCKS["Back up"][0])
    workplace.run(BLOCKS[heading][0], **variables)
    assert filled(url, range(3, 5)) == 5
    workplace.run("caseload audit seal")
    said = workplace.run(BLOCKS[f"From {heading}"][0], **variables)
    assert "undecided  3" in said
    assert "seals     1 hold" in said
    assert waiting(url) == 5
    return said


@pytest.mark.slow
def test_a_record_on_sqlite_is_backed_up_while_it_runs_and_restored(workplace: Workplace) -> None:
    _needs("sqlite3")
    workplace.run("caseload db upgrade")
    home = workplace.folder / "home"
    (home / "models").mkdir()
    with CaseStore.open(f"sqlite:///{home}/cases.db") as running:
        assert running.queue_length() == 0
        _backed_up_and_restored(workplace, f"sqlite:///{home}/cases.db", "SQLite")
    assert waiting(f"sqlite:///{workplace.folder}/restored/cases.db") == 3
    assert waiting(f"sqlite:///{workplace.folder}/backups/cases-small.db") == 3

    # As the page says: a head that was kept after the backup is not in what was restored.
    newer = workplace.run("caseload audit head --json > newer.json && cat newer.json")
    assert json.loads(newer)["seal"] == 2
    restored = f"sqlite:///{workplace.folder}/restored/cases.db"
    done = subprocess.run(
        ["caseload", "audit", "verify", "--head", "newer.json"],
        cwd=workplace.folder, env=workplace.environment | {"CASELOAD_DATABASE_URL": restored},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "cut_off" in done.stderr) == (1, True), done.stderr


@contextmanager
def _a_place_to_restore_to(kind: str) -> Iterator[str]:
    """The URL of a database that is not there yet, and is not afterwards."""
    name = f"caseload_test_{secrets.token_hex(6)}"
    url = database_url(SERVERS[kind]).set(database=name)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        maintenance = url.set(database=MAINTENANCE[kind])
        engine = create_engine(maintenance, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(DROP[kind].format(name)))


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_record_on_postgresql_is_backed_up_and_restored(workplace: Workplace) -> None:
    _needs("pg_dump", "pg_restore", "createdb")
    with fresh_database("postgresql", workplace.folder) as url, _a_place_to_restore_to("postgresql") as restored:
        # As the page has it: libpq knows no driver.
        plain, plain_restored = (u.replace("+psycopg", "") for u in (url, restored))
        there = Workplace(workplace.folder, dict(workplace.variables) | {"CASELOAD_DATABASE_URL": plain})
        _backed_up_and_restored(there, plain, "PostgreSQL", RESTORED_URL=plain_restored)
        assert waiting(plain_restored) == 3


@pytest.mark.slow
@pytest.mark.mariadb
def test_a_record_on_mariadb_is_backed_up_and_restored(workplace: Workplace) -> None:
    _needs("mariadb-dump", "mariadb")
    with fresh_database("mariadb", workplace.folder) as url, _a_place_to_restore_to("mariadb") as restored:
        made = database_url(url)
        (workplace.folder / ".my.cnf").write_text(
            f"[client]\nhost={made.host}\nport={made.port or 3306}\nuser={made.username}\nprotocol=tcp\n"
            + (f"password={made.password}\n" if made.password else "")
        )
        here = {"CASELOAD_DATABASE_URL": url, "HOME": str(workplace.folder), "DATABASE": str(made.database)}
        there = Workplace(workplace.folder, dict(workplace.variables) | here)
        _backed_up_and_restored(there, url, "MariaDB", RESTORED_URL=restored)
        assert waiting(restored) == 3
        # The restored record refuses what the first one did.
        engine = create_engine(database_url(restored), poolclass=NullPool)
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text("DELETE FROM events"))


@pytest.mark.slow
def test_a_record_goes_up_down_and_up_again(workplace: Workplace) -> None:
    up, down, _ = BLOCKS["Upgrade and roll back"]
    # `db status` says with 1 that there is something to do; the page's reader looks, a script would stop.
    workplace.run(up.replace("db status", "db status || true"))
    assert "as it must be" in workplace.run(up)
    revisions = sorted(path.name[:4] for path in (ROOT / "cases/store/migrations/versions").glob("0*.py"))
    assert f"now at {revisions[-2]}" in workplace.run(down, REVISION=revisions[-2])
    assert f"{revisions[-2]} → {revisions[-1]}" in workplace.run("caseload db upgrade")


@pytest.fixture
def place(tmp_path: Path, small_models: tuple) -> Iterator[Place]:
    with a_place(tmp_path, small_models) as made:
        yield made


@pytest.mark.slow
def test_the_model_before_serves_again_after_a_roll_back(place: Place, tmp_path: Path) -> None:
    before, _ = place.promote(0, version="1"), place.promote(1, version="2")
    there = Workplace(
        tmp_path,
        {
            "CASELOAD_HOME": str(place.settings.home),
            "CASELOAD_DATABASE_URL": place.settings.database_url,
            "CASELOAD_TAXONOMY": str(ROOT / "cases" / "policy" / "default.yaml"),
        },
    )
    assert "small version 1 serves again" in there.run(BLOCKS["Upgrade and roll back"][2])
    champion = place.store.champion()
    assert champion is not None
    assert champion.sha256 == before


@pytest.mark.slow
def test_keys_and_secrets_are_rotated(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    workplace.run("caseload db upgrade")
    first = {
        name: workplace.run(f"caseload caller add {name} --role admin").strip() for name in ("helpdesk", "prometheus")
    }
    said = workplace.run(BLOCKS["Rotate"][0]).splitlines()
    webhook, proxy, audit = said[-3:]
    for name in [name for name in os.environ if name.startswith("CASELOAD_")]:
        monkeypatch.delenv(name)
    # Each is such as the setting takes.
    settings = load_settings(
        webhook_secret=webhook, proxy_secret=proxy, trusted_proxies="10.0.0.1/32", audit_key=audit
    )
    assert settings.seal_key is not None
    assert re.fullmatch(r"whsec_\S{44}", webhook)
    with CaseStore.open(f"sqlite:///{workplace.folder}/home/cases.db") as store:
        let_in = {name: store.caller_for_key(key, utc_now()) is not None for name, key in first.items()}
        new = store.caller_for_key((workplace.folder / "helpdesk.key").read_text().strip(), utc_now())
    assert let_in == {"helpdesk": True, "prometheus": False}
    assert new is not None
    assert new.name == "helpdesk"


def test_no_command_of_the_page_holds_a_secret() -> None:
    lines = [line for found in BLOCKS.values() for block in found for line in without_comments(block)]
    assert not [line for line in lines if re.search(r"(PASSWORD|SECRET|_KEY)=(?!\$)", line)]
