"""Fires: begun once, told once, over when it is quiet or when somebody knows; and what is looked at for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cases.erasure import ErasureKind, ErasureRequest
from cases.errors import ConflictError, NotFoundError
from cases.fires import NAMED_CASES, QUIET, Fire, FireEnd, FireId, FireKind, Sighting
from cases.ids import CaseId
from cases.settings import load_settings
from cases.store import CaseStore
from cases.telling import Told
from models.forgetting import erase
from tests.cases.store.builders import MORNING, decide, file_one, score
from tests.cases.store.conftest import NOON, SetClock
from tests.cases.store.test_telling import receiver, told

HOUR = timedelta(hours=1)


def cases_of(store: CaseStore, count: int, **changes: object) -> tuple[CaseId, ...]:
    return tuple(file_one(store, number, **changes).id for number in range(count))


def burst(*case_ids: CaseId, category: str = "hate", count: int = 8) -> Sighting:
    return Sighting(FireKind.BURST_OF_CATEGORY, category, HOUR, count, case_ids, 0.5, 1e-7, ("legal",))


def new_kind(*case_ids: CaseId) -> Sighting:
    return Sighting(FireKind.NEW_KIND, "", timedelta(hours=72), len(case_ids), case_ids)


def only(store: CaseStore) -> Fire:
    [fire] = store.fires(10)
    return fire


def test_a_burst_is_told_once_when_it_begins_and_once_when_it_has_been_quiet(
    store: CaseStore, clock: SetClock
) -> None:
    to = receiver(store, Told.FIRE_STARTED, Told.FIRE_ENDED)
    ids = cases_of(store, 3)
    [fire_id] = store.keep_fires([burst(*ids)]).began
    for _ in range(3):
        clock.forward(hours=10)
        assert store.keep_fires([burst(*ids, count=11)]).began == ()
    assert (only(store).burns, only(store).latest, only(store).count) == (True, 11, 8)
    clock.forward(hours=23)
    assert store.keep_fires([]).ended == ()
    clock.forward(hours=1)
    assert store.keep_fires([]).ended == (fire_id,)
    assert store.keep_fires([]).ended == ()

    started, ended = told(store, to)
    assert (started.delivery.kind, ended.delivery.kind) == ("fire.started", "fire.ended")
    assert started.payload == {
        "fire_id": fire_id, "kind": "burst_of_category", "category": "hate", "subject_id": None,
        "window_seconds": 3600, "count": 8, "expected": 0.5, "p_value": 1e-7, "teams": ["legal"],
        "case_ids": list(ids),
    }  # fmt: skip
    assert ended.payload["because"] == "quiet"
    assert (only(store).ended_because, only(store).burns) == (FireEnd.QUIET, False)
    # The next of the kind is another fire.
    assert store.keep_fires([burst(*ids)]).began != ()


def test_of_many_services_that_see_it_at_once_one_tells(store: CaseStore, store_url: str, clock: SetClock) -> None:
    to = receiver(store, Told.FIRE_STARTED)
    ids = cases_of(store, 5)
    seen = [burst(*ids), new_kind(*ids)]
    with ThreadPoolExecutor(4) as pool:
        stores = [CaseStore.open(store_url, clock) for _ in range(4)]
        # A new kind may have been seen from fewer cases by another.
        each = [seen, [new_kind(*ids[1:]), burst(*ids)], seen, [new_kind(*ids[:4])]]
        changes = list(pool.map(lambda both: both[0].keep_fires(both[1]), zip(stores, each, strict=True)))
        for opened in stores:
            opened.close()
    assert sum(len(change.began) for change in changes) == 2
    assert sorted(found.payload["kind"] for found in told(store, to)) == ["burst_of_category", "new_kind"]


def test_whoever_knows_ends_it_and_it_does_not_begin_again_while_it_lasts(store: CaseStore, clock: SetClock) -> None:
    to = receiver(store, Told.FIRE_ENDED)
    ids = cases_of(store, 2)
    [fire_id] = store.keep_fires([burst(*ids)]).began
    store.acknowledge_fire(fire_id, by="lee", note="  Legal knows.  ")
    assert (only(store).ended_because, only(store).ended_by, only(store).note) == (
        FireEnd.ACKNOWLEDGED, "lee", "Legal knows.",
    )  # fmt: skip
    with pytest.raises(ConflictError):
        store.acknowledge_fire(fire_id, by="lou")
    with pytest.raises(NotFoundError):
        store.acknowledge_fire(FireId("0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"), by="lou")
    clock.forward(hours=20)
    assert store.keep_fires([burst(*ids)]).began == ()
    clock.forward(hours=24)
    assert store.keep_fires([]).ended == ()
    assert store.keep_fires([burst(*ids)]).began != ()
    [ended] = told(store, to)
    assert ended.payload["because"] == "acknowledged"
    # Neither who said so nor what they wrote is told to others.
    assert "lee" not in str(ended.payload)
    assert "Legal" not in str(ended.payload)


def test_a_new_kind_is_the_same_fire_as_it_grows_and_its_first_cases_grow_old(
    store: CaseStore, clock: SetClock
) -> None:
    ids = cases_of(store, 12)
    [fire_id] = store.keep_fires([new_kind(*ids[:4])]).began
    for first in range(1, 9):
        clock.forward(hours=20)
        assert store.keep_fires([new_kind(*ids[first : first + 4])]).began == ()
    [other] = store.keep_fires([new_kind(*cases_of(store, 4, source="elsewhere"))]).began
    assert {fire.id for fire in store.fires(10)} == {fire_id, other}
    # While no model can embed, nobody looks for new kinds, and none ends for it.
    clock.now += 2 * QUIET
    assert store.keep_fires([], [FireKind.BURST_OF_CATEGORY]).ended == ()
    assert set(store.keep_fires([]).ended) == {fire_id, other}


def test_at_most_twenty_cases_are_named_and_those_of_other_queues_to_nobody(store: CaseStore) -> None:
    ids = cases_of(store, NAMED_CASES + 3)
    store.keep_fires([burst(*ids)])
    assert only(store).case_ids == ids[:NAMED_CASES]
    store.move(ids[0], "legal", by="lee")
    assert store.fires(10, queues=["legal"])[0].case_ids == (ids[0],)
    assert store.fires(10, queues=["brand"])[0].case_ids == ()


def test_what_it_is_about_is_named_as_the_record_names_it_today(store: CaseStore) -> None:
    case = file_one(store, subject_kind="course", subject_ref="c-1")
    assert case.subject is not None
    store.keep_fires([Sighting(FireKind.BURST_ON_SUBJECT, case.subject.id, HOUR, 12, (case.id,), 0.1, 1e-9)])
    assert only(store).subject == ("course", "c-1")
    assert store.fires(10, queues=["brand"])[0].subject is None
    store.forget_subject(case.subject.id)
    assert "c-1" not in str(only(store).subject)


def test_pages_go_on_and_only_what_burns_can_be_asked_for(store: CaseStore, clock: SetClock) -> None:
    for category in ("hate", "spam", "privacy"):
        store.keep_fires([burst(category=category)])
        clock.forward(minutes=1)
    first = store.fires(2)
    assert [fire.category for fire in first] == ["privacy", "spam"]
    store.acknowledge_fire(first[0].id, by="lee")
    assert [fire.category for fire in store.fires(2, before=first[-1].id)] == ["hate"]
    assert [fire.category for fire in store.fires(9, burning=True)] == ["spam", "hate"]
    assert [fire.category for fire in store.fires(9, burning=False)] == ["privacy"]
    assert store.fires_burning() == {
        FireKind.BURST_OF_CATEGORY: 2, FireKind.BURST_ON_SUBJECT: 0, FireKind.NEW_KIND: 0,
    }  # fmt: skip


def test_the_note_is_erased_with_a_case_that_the_fire_was_seen_from(store: CaseStore, tmp_path: object) -> None:
    ids = cases_of(store, 2)
    [fire_id] = store.keep_fires([burst(*ids)]).began
    store.acknowledge_fire(fire_id, by="lee", note="It is all Jo's doing.")
    settings = load_settings(home=tmp_path)
    done = erase(settings, store, ErasureRequest(ErasureKind.CASE, ids[1]), by="ann")
    assert done is not None
    assert done.counts["notes"] == 1
    assert only(store).note == ""
    assert only(store).ended_by == "lee"


def test_a_case_counts_for_what_it_was_decided_as_and_else_for_what_is_likeliest(store: CaseStore) -> None:
    judged, decided, unjudged, merged = (file_one(store, number) for number in range(4))
    store.record_scores([score(case) for case in (judged, decided, merged)])
    decide(store, decided.id)
    store.merge(merged.id, judged.id, by="lee")
    found = {each.case_id: each.about for each in store.arrived_by_category(MORNING - HOUR)}
    assert found == {judged.id: "hate", decided.id: "harassment"}
    assert unjudged.id not in found
    assert store.arrived_by_category(NOON) == []
    assert store.record_since() == MORNING


def test_reports_count_for_the_subject_that_they_name_though_they_join_one_case(store: CaseStore) -> None:
    case, _ = (file_one(store, number, subject_kind="course", subject_ref="c-1") for number in (1, 2))
    file_one(store, 3)
    found = store.arrived_by_subject(MORNING)
    assert case.subject is not None
    assert [(each.about, each.case_id) for each in found] == [(case.subject.id, case.id)] * 2


def test_novel_cases_are_those_whose_latest_score_says_so(store: CaseStore) -> None:
    novel, usual, _ = (file_one(store, number) for number in range(3))
    store.record_scores([score(novel, novelty_p=0.002), score(usual, novelty_p=0.4)])
    found = store.novel_cases(MORNING - HOUR, 0.01, 10)
    assert [(case.id, case.content.description) for case in found] == [(novel.id, "description 0")]
    assert store.novel_cases(NOON, 0.01, 10) == []


def test_what_burned_is_known_for_a_week_at_most(store: CaseStore, clock: SetClock) -> None:
    store.keep_fires([burst()])
    for _ in range(10):
        clock.forward(hours=23)
        store.keep_fires([burst()])
    [burned] = store.burned(NOON - timedelta(days=28))
    assert (burned.about, burned.began, burned.ended) == ("hate", NOON - HOUR, NOON + timedelta(days=7))
    assert store.burned(clock.now) == []
