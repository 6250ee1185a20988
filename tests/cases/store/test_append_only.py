from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cases.fires import FireKind, Sighting
from cases.store import CaseStore
from cases.store.engine import make_engine
from tests.cases.store.builders import decide, file_one, score
from tests.databases import fresh_database

COLUMN = {
    "scores": "seconds = 0",
    "decisions": "severity = 4",
    "events": "actor = 'nobody'",
    "champions": "version = '0'",
    "challengers": "held_out = 0",
    "adopted_weights": "adopted_by = 'nobody'",
    "seals": "events = 0",
    "contents": "description = ''",
    "fires": "arrivals = 0",
    "fire_cases": "place = 9",
    "fire_ends": "ended_by = 'nobody'",
}


def fill(store: CaseStore) -> None:
    case = file_one(store, reporter="Jo Doe")
    store.record_scores([score(case)])
    decide(store, case.id, note="a note")
    store.promote_champion("caseload-default", "1", "a" * 64, by="ann")
    store.add_challenger("caseload-default", "1", "a" * 64, held_out=9, figures={})
    trial = store.begin_weights_trial("version: 1", "a" * 16, by="pat")
    store.end_weights_trial(trial.seq, {})
    store.adopt_weights(trial.seq, trial.sha256, "a" * 16, "b" * 16, by="pat")
    store.seal()
    sighting = Sighting(FireKind.BURST_OF_CATEGORY, "hate", timedelta(hours=1), 8, (case.id,), 0.5, 1e-7)
    [fire_id] = store.keep_fires([sighting]).began
    store.acknowledge_fire(fire_id, by="ann", note="a note")


def refusals(url: str, statements: list[str]) -> list[str]:
    """Those of the statements that the database refuses to run because a table is append-only."""
    engine = make_engine(url)
    refused = []
    for statement in statements:
        try:
            with engine.begin() as connection:
                connection.execute(text(statement))
        except DBAPIError as error:
            assert "append-only" in str(error.orig)  # noqa: PT017 - which ones raise is what is asked
            refused.append(statement)
    engine.dispose()
    return refused


def test_the_database_refuses_to_change_what_is_append_only(store: CaseStore, store_url: str) -> None:
    fill(store)
    changes = [f"UPDATE {table} SET {change}" for table, change in COLUMN.items()]  # noqa: S608 - our own names
    changes += [f"DELETE FROM {table}" for table in COLUMN if table != "contents"]  # noqa: S608
    assert refusals(store_url, changes) == changes
    (decision,) = store.rows("decisions")
    assert decision["severity"] == 2


def test_text_identity_and_notes_can_be_erased(store: CaseStore, store_url: str) -> None:
    fill(store)
    erasures = [f"DELETE FROM {table}" for table in ("contents", "report_identities", "notes", "fire_notes")]  # noqa: S608
    assert refusals(store_url, erasures) == []


def test_sqlite_refuses_to_replace_rows_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    with fresh_database("sqlite", tmp_path_factory.mktemp("replace")) as url:
        with CaseStore.open(url) as store:
            fill(store)
        replace = "INSERT OR REPLACE INTO champions SELECT seq, name, '0', sha256, promoted_at, 'eve' FROM champions"
        assert refusals(url, [replace]) == [replace]


@pytest.mark.postgresql
def test_postgresql_refuses_to_truncate_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    with fresh_database("postgresql", tmp_path_factory.mktemp("truncate")) as url:
        statements = [
            f"TRUNCATE {table} CASCADE" for table in ("scores", "decisions", "events", "seals", "champions")
        ]
        assert refusals(url, statements) == statements
