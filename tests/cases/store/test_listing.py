from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from cases.ids import CaseId
from cases.listing import CaseFilter, QueueFilter, QueuePlace
from cases.record import Case, CaseStatus
from cases.store import CaseStore, Start
from tests.cases.store.builders import MORNING, decide, file_one, report, score


def file_many(store: CaseStore, count: int) -> list[CaseId]:
    """Cases of few order keys and few times, so that each part of the order decides somewhere."""
    chance = np.random.default_rng(3)
    reports = [
        report(n, subject_ref=f"c-{n}", received_at=MORNING + timedelta(hours=int(chance.integers(3))))
        for n in range(count)
    ]
    keys = {made.external_id: float(chance.choice([-1.5, 0.1 + 0.2, 7e-9])) for made in reports}
    filed = store.file_reports(reports, actor="intake", start_of=lambda made: Start(keys[made.external_id], 2))
    return [one.case_id for one in filed]


@pytest.mark.parametrize("size", [1, 7, 40])
def test_pages_of_the_queue_hold_each_case_once_and_in_order(store: CaseStore, size: int) -> None:
    file_many(store, 30)
    whole = [case.id for case in store.queue(100)]
    pages: list[Case] = []
    after = None
    while page := store.queue(size, after=after):
        pages += page
        after = QueuePlace.of(page[-1])
    assert [case.id for case in pages] == whole
    assert len(whole) == 30


def test_a_page_begins_after_its_place_wherever_the_case_of_that_place_is_now(store: CaseStore) -> None:
    file_many(store, 10)
    whole = store.queue(10)
    place = QueuePlace.of(whole[3])
    decide(store, whole[3].id)
    decide(store, whole[0].id)
    assert [case.id for case in store.queue(10, after=place)] == [case.id for case in whole[4:]]
    assert [case.id for case in store.queue(10, 2, after=place)] == [case.id for case in whole[6:]]


def test_the_queue_is_listed_by_queue_level_category_status_and_whom_a_case_is_assigned_to(store: CaseStore) -> None:
    a, b, c, d = (file_one(store, n, subject_ref=f"c-{n}") for n in range(1, 5))
    store.record_scores([score(a, severity_level=1), score(b, category={"hate": 0.9, "harassment": 0.1})])
    store.move(c.id, "legal", by="eve")
    store.assign(d.id, "bob", by="eve")
    store.claim(a.id, "ann", 60)

    def listed(**only: object) -> set[CaseId]:
        found = {case.id for case in store.queue(10, only=QueueFilter(**only))}  # type: ignore[arg-type]
        assert store.queue_length(only=QueueFilter(**only)) == len(found)  # type: ignore[arg-type]
        return found

    assert listed() == {a.id, b.id, c.id, d.id}
    assert listed(level=1) == {a.id}
    assert listed(category="hate") == {a.id, b.id}
    assert listed(queues=["legal"]) == {c.id}
    assert listed(assigned_to="bob") == {d.id}
    assert listed(status=CaseStatus.CLAIMED) == {a.id}
    assert listed(status=CaseStatus.OPEN) == {b.id, c.id, d.id}
    assert listed(status=CaseStatus.OPEN, category="hate") == {b.id}
    assert {case.id for case in store.queue(10, queues=["main"], only=QueueFilter(queues=["legal", "main"]))} == {
        a.id,
        b.id,
        d.id,
    }


def test_cases_are_listed_newest_first_a_page_at_a_time(store: CaseStore) -> None:
    ids = sorted(file_many(store, 12), reverse=True)
    decide(store, ids[4])
    assert [case.id for case in store.list_cases(20)] == ids
    first = store.list_cases(5)
    assert [case.id for case in first] == ids[:5]
    assert [case.id for case in store.list_cases(20, before=first[-1].id)] == ids[5:]


def test_cases_are_found_by_status_queue_source_subject_and_time(store: CaseStore) -> None:
    a = file_one(store, 1, subject_kind="course", subject_ref="c-1")
    file_one(store, 2, source="forum", subject_kind="course", subject_ref="c-1")
    b = file_one(store, 3, source="forum", subject_kind="user", subject_ref="c-1")
    c = file_one(store, 4, case_ref="x")
    decide(store, b.id)
    store.move(c.id, "legal", by="eve")
    store.claim(c.id, "ann", 60)

    def listed(**only: object) -> list[CaseId]:
        return [case.id for case in store.list_cases(10, only=CaseFilter(**only))]  # type: ignore[arg-type]

    assert listed() == [c.id, b.id, a.id]
    assert listed(status=CaseStatus.OPEN) == [a.id]
    assert listed(status=CaseStatus.CLAIMED) == [c.id]
    assert listed(status=CaseStatus.DECIDED) == [b.id]
    assert listed(status=CaseStatus.MERGED) == []
    assert listed(queues=["legal"]) == [c.id]
    assert listed(queues=[]) == []
    assert listed(source="forum") == [b.id, a.id]
    assert listed(source="forum", external_id="ticket-2") == [a.id]
    assert listed(source="helpdesk", external_id="ticket-2") == []
    assert listed(subject_kind="course", subject_ref="c-1") == [a.id]
    assert listed(subject_kind="user") == [b.id]
    edge = MORNING + timedelta(minutes=3)
    assert listed(received_from=edge) == [c.id, b.id]
    assert listed(received_before=edge) == [a.id]


def test_each_report_of_a_batch_begins_its_case_where_it_is_said_to(store: CaseStore) -> None:
    reports = [report(n, subject_ref=f"c-{n}") for n in range(1, 4)]
    starts = {"ticket-1": Start(3.0, 1), "ticket-2": Start(-2.0, None), "ticket-3": Start(0.5, 4)}
    filed = store.file_reports(reports, actor="intake", start_of=lambda made: starts[made.external_id])
    assert [store.case(one.case_id).order_key for one in filed] == [3.0, -2.0, 0.5]
    assert [case.id for case in store.queue(5, only=QueueFilter(level=4))] == [filed[2].case_id]


def test_cases_are_found_by_ids_first_and_then_by_all_words_of_a_title_the_newest_first(store: CaseStore) -> None:
    titles = ("A parrot", "The PARROT that swears", "parrot 100%", "Swears. A parrot", "Another bird")
    cases = [file_one(store, n, title=title, subject_ref=f"c-{n}") for n, title in enumerate(titles)]
    about = file_one(store, 9, title="Nothing of it", subject_ref="parrot")
    store.move(cases[1].id, "legal", by="eve")

    def found(words: str, limit: int = 9, queues: list[str] | None = None) -> list[CaseId]:
        return [case.id for case in store.find_cases(words, limit, queues=queues)]

    assert found("swears parrot") == [cases[3].id, cases[1].id]
    assert found("swears parrot", queues=["main"]) == [cases[3].id]
    assert found("swears parrot", queues=["brand"]) == []
    assert found("parrot") == [about.id, cases[3].id, cases[2].id, cases[1].id, cases[0].id]
    assert found("parrot", 3) == [about.id, cases[3].id, cases[2].id]
    assert found("100%") == [cases[2].id]
    assert found("100_") == []
    assert found("  ") == []


def test_a_case_of_many_reports_is_found_once_and_leaves_room_for_others(store: CaseStore) -> None:
    lone = file_one(store, 0, title="A parrot", subject_ref="c-0")
    piled = {file_one(store, n, title="A parrot", subject_ref="c-1").id for n in range(1, 6)}
    assert [case.id for case in store.find_cases("parrot", 2)] == [*piled, lone.id]


def test_a_long_queue_is_counted_no_further_than_asked(store: CaseStore) -> None:
    file_many(store, 9)
    assert store.queue_length(at_most=4) == 4
    assert store.queue_length(at_most=20) == 9
    assert store.queue_length(at_most=4, only=QueueFilter(status=CaseStatus.OPEN)) == 4


def test_cases_are_read_by_their_ids(store: CaseStore) -> None:
    one, two = (file_one(store, n, subject_ref=f"c-{n}") for n in (1, 2))
    assert store.cases([two.id, one.id, "0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]) == {one.id: one, two.id: two}
    assert store.cases([]) == {}
