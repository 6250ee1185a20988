"""Retention on each database: page by page, nobody waits for it, and what is undecided stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cases.erasure import ErasureKind
from cases.handling import Outcome
from cases.settings import Settings, load_settings
from cases.store import CaseStore, retention
from cases.store.tables import cases
from models.forgetting import due, retain, retain_all
from tests.cases.store.builders import decide, file_one
from tests.cases.store.conftest import SetClock
from tests.privacy.canaries import Canaries, rows_with
from tests.privacy.persons import file_theirs


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", database_url=store_url, retain_days_text=30, retain_days_identity=7)


def test_a_pass_goes_through_all_pages_and_takes_what_is_due(
    store: CaseStore, clock: SetClock, settings: Settings, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PAGE", 2)
    decided = [file_theirs(store, canaries, number) for number in range(5)]
    waiting = [file_one(store, number) for number in range(10, 13)]
    for case in decided:
        decide(store, case.id, note=canaries.note)
    reopened = decided.pop()
    store.appeal(reopened.id, by="tooling")
    clock.forward(days=31)
    told = due(settings, store, clock())
    pages, after = 1, retain(settings, store, clock())[1]
    while after:
        pages, after = pages + 1, retain(settings, store, clock(), after)[1]
    assert pages > 2
    assert (told["contents"], told["identities"]) == (4, 5)
    assert {store.case(case.id).content.description for case in decided} == {""}
    for case in (*waiting, reopened):
        assert store.case(case.id).content.description, "it is undecided"
    assert not due(settings, store, clock())
    decide(store, reopened.id, holder="bob", outcome=Outcome.UPHOLD)
    clock.forward(days=29)
    assert not due(settings, store, clock())
    clock.forward(days=2)
    assert retain_all(settings, store, clock())["contents"] == 1


def test_outside_ids_stay_and_so_does_the_way_back_to_the_source(
    store: CaseStore, clock: SetClock, settings: Settings, store_url: str, canaries: Canaries
) -> None:
    case = file_theirs(store, canaries)
    decide(store, case.id)
    clock.forward(days=31)
    retain_all(settings, store, clock())
    assert rows_with(canaries, store_url) == ["reports: external_id"]
    assert store.report_by_ref("helpdesk", f"{canaries.external_id}-1") is not None
    assert {erasure.kind for erasure in store.unfinished_erasures()} == {ErasureKind.TEXT}


def test_a_case_that_was_merged_goes_with_the_one_that_took_it_over(
    store: CaseStore, clock: SetClock, settings: Settings, store_url: str, canaries: Canaries
) -> None:
    merged, case = file_theirs(store, canaries, 1), file_one(store, 2)
    store.merge(merged.id, case.id, by="eve")
    clock.forward(days=31)
    retain_all(settings, store, clock())
    assert "contents: text" in rows_with(canaries, store_url), "it is undecided"
    decide(store, case.id)
    clock.forward(days=31)
    retain_all(settings, store, clock())
    assert [hit for hit in rows_with(canaries, store_url) if not hit.startswith("reports")] == []


def test_it_waits_for_nobody_who_works_on_a_case(
    store: CaseStore, clock: SetClock, settings: Settings, engine: Engine, database_kind: str
) -> None:
    if database_kind == "sqlite":
        pytest.skip("it has one writer at a time, and each of these transactions is a few milliseconds long")
    decided, waiting = file_one(store, 1), file_one(store, 2)
    decide(store, decided.id)
    clock.forward(days=31)
    text_alone = settings.model_copy(update={"retain_days_identity": 0})
    with engine.begin() as working:
        working.execute(select(cases).where(cases.c.id == waiting.id).with_for_update())
        # It would hang here, and be told of a lock in the end.
        assert retain_all(text_alone, store, clock())["contents"] == 1
    with engine.begin() as erasing:
        erasing.execute(select(cases).where(cases.c.id == decided.id).with_for_update())
        claimed = store.claim_next("ann", 60)
    assert claimed is not None
    assert claimed[0].id == waiting.id


def test_kept_for_ever_unless_somebody_says_otherwise(store: CaseStore, clock: SetClock, tmp_path: Path) -> None:
    case = file_one(store, 1, reporter="r")
    decide(store, case.id)
    clock.forward(days=36_000)
    assert retain_all(load_settings(home=tmp_path / "home"), store, clock()) == {}
    assert store.case(case.id).content.description
