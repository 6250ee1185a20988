"""Where else the words of what is erased lie: kept answers, what was told, the files and free space of databases."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cases.event import EventKind
from cases.record import CaseStatus
from cases.store import CaseStore, migrate
from cases.store import engine as store_engine
from cases.store.answering import Known, StoredAnswer
from cases.telling import Told
from cases.webhooks import DeliveryState
from tests.cases.store.builders import decide, file_one, kinds, score
from tests.databases import fresh_database
from tests.privacy.canaries import Canaries, rows_with
from tests.privacy.persons import erase, file_theirs
from tests.privacy.test_erasing_rows import REPORTER


def test_answers_kept_for_repeated_requests_go_with_the_text_that_they_show(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    case, other = file_theirs(store, canaries), file_one(store, 9)
    for key, about, body in (("a" * 64, case.id, canaries.text), ("b" * 64, other.id, "kept")):
        store.begin_answer(key, "c" * 64, keep_seconds=60)
        store.answered(key, StoredAnswer(200, body, {}, about))
    erase(store, REPORTER, canaries.reporter)
    assert rows_with(canaries, store_url) == []
    assert store.begin_answer("a" * 64, "c" * 64, keep_seconds=60).known is Known.NEW
    kept = store.begin_answer("b" * 64, "c" * 64, keep_seconds=60).answer
    assert kept is not None
    assert kept.body == "kept"


def test_outside_ids_go_from_what_was_told_and_from_what_is_still_to_be_told(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    to = store.add_webhook("https://hooks.example.org/", [Told.DECIDED, Told.SCORED])[0].id
    case, other = file_theirs(store, canaries), file_one(store, 9)
    for one in (case, other):
        store.record_scores([score(one)])
        decide(store, one.id)
    store.derive_deliveries()
    [first, *_] = store.claim_deliveries(to, 1, timedelta(seconds=60))
    store.delivered(first.delivery, "200")
    before = [delivery.event_id for delivery in store.deliveries(20, state=DeliveryState.PENDING)]
    erase(store, REPORTER, canaries.reporter)
    assert rows_with(canaries, store_url) == []
    # What is still to be told is told, without these.
    assert [delivery.event_id for delivery in store.deliveries(20, state=DeliveryState.PENDING)] == before
    assert {delivery.about for delivery in store.deliveries(20)} == {case.id, other.id}


def test_the_way_back_from_0010_keeps_the_cases(empty_url: str, canaries: Canaries) -> None:
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        case, other = file_theirs(store, canaries), file_one(store, 9)
        erase(store, REPORTER, canaries.reporter)
    migrate.downgrade(empty_url, "0007")
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        assert store.case(case.id).status is CaseStatus.DECIDED
        assert EventKind.ERASED not in kinds(store, case.id)
        assert store.case(other.id).status is CaseStatus.OPEN


@pytest.mark.parametrize("journal", ["WAL", "TRUNCATE"])
def test_nothing_of_it_is_left_in_sqlites_files(
    tmp_path: Path, canaries: Canaries, journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Which of the two it is depends on SQLite's version; both must leave nothing.
    monkeypatch.setattr(store_engine, "sqlite_journal_mode", lambda _version: journal)
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as store, CaseStore.open(url) as other:
        for number in range(200):
            file_theirs(store, canaries, number)
        assert other.queue_length() == 200
        assert {path.suffix for path in tmp_path.glob("caseload_test_*")} >= (
            {".db-wal"} if journal == "WAL" else set()
        )
        # As a SQLite that does not write over what it deletes leaves it: gone from the tables, and there in the file.
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as plain, plain:
            plain.execute("PRAGMA secure_delete = OFF")
            plain.execute("DELETE FROM contents WHERE version = 1")
        erase(store, REPORTER, canaries.reporter)
        assert rows_with(canaries, url) == []
        assert raw_hits(canaries, url) != []

        store.scrub()

        assert raw_hits(canaries, url) == []
        assert other.queue_length() == 0
    assert raw_hits(canaries, url) == []


def raw_hits(canaries: Canaries, url: str) -> list[str]:
    """In the file itself and in each that SQLite puts beside it."""
    path = Path(url.removeprefix("sqlite:///"))
    found = [path.with_name(name) for name in os.listdir(path.parent) if name.startswith(path.name)]  # noqa: PTH208
    return [f"{file.name}: {name}" for file in found for name in canaries.found_in(file.read_bytes())]


def test_a_server_frees_the_space_while_others_work(store: CaseStore, store_url: str, canaries: Canaries) -> None:
    file_theirs(store, canaries)
    erase(store, REPORTER, canaries.reporter)
    store.scrub()
    assert rows_with(canaries, store_url) == []
    assert file_one(store, 9).status is CaseStatus.OPEN
