from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from cases.errors import InvalidInputError
from cases.event import EventKind
from cases.record import Subject
from cases.store import UNSCORED_ORDER_KEY, CaseStore
from cases.store.engine import make_engine
from cases.store.tables import report_identities, subjects
from tests.cases.store.builders import MORNING, decide, file_one, report
from tests.cases.store.conftest import NOON


def test_a_report_is_stored_with_all_that_it_says(store: CaseStore) -> None:
    attributes = {"reach": 12_000, "minor_involved": True, "amount": 19.99, "reporter_kind": "student"}
    case = file_one(
        store, channel="email", subject_kind="course", subject_ref="course-7", attributes=attributes, case_ref="C-1"
    )

    assert isinstance(case.subject, Subject)
    assert (case.subject.kind, case.subject.external_id) == ("course", "course-7")
    assert (case.status.value, case.received_at, case.order_key) == ("open", report().received_at, UNSCORED_ORDER_KEY)
    content = case.content
    assert (content.version, content.title, content.description) == (1, "title 1", "description 1")
    assert (content.channel, content.attributes, content.created_at) == ("email", attributes, NOON)
    (stored,) = store.reports(case.id)
    assert (stored.source, stored.external_id, stored.channel) == ("helpdesk", "ticket-1", "email")
    assert store.report_by_ref("helpdesk", "ticket-1") == stored
    assert store.report_by_ref("helpdesk", "ticket-2") is None


def test_answers_keep_the_batchs_order(store: CaseStore) -> None:
    filed = store.file_reports([report(number) for number in (3, 1, 2)], actor="intake")
    titles = [store.case(answer.case_id).content.title for answer in filed]
    assert titles == ["title 3", "title 1", "title 2"]


def test_a_report_sent_again_is_answered_and_changes_nothing(store: CaseStore) -> None:
    (first,) = store.file_reports([report()], actor="intake")
    (again,) = store.file_reports([report(description="other words")], actor="intake")

    assert (again.report_id, again.case_id, again.created) == (first.report_id, first.case_id, False)
    assert first.created
    assert store.queue_length() == 1
    assert store.case(first.case_id).content.description == "description 1"
    assert len(store.events(first.case_id)) == 1


def test_a_report_twice_in_a_batch_is_stored_once(store: CaseStore) -> None:
    first, second = store.file_reports([report(), report()], actor="intake")
    assert (first.created, second.created) == (True, False)
    assert first.report_id == second.report_id


def test_ids_that_differ_in_case_or_source_are_different_reports(store: CaseStore) -> None:
    batch = [report(external_id="a"), report(external_id="A"), report(external_id="a", source="HELPDESK")]
    filed = store.file_reports(batch, actor="intake", gather_hours=0)
    assert [answer.created for answer in filed] == [True, True, True]
    assert store.queue_length() == 3


def test_reports_of_one_case_ref_are_one_case_even_when_it_is_decided(store: CaseStore) -> None:
    case = file_one(store, 1, case_ref="C-1")
    decide(store, case.id)
    later = file_one(store, 2, case_ref="C-1")
    assert (later.id, later.status.value, later.content.version) == (case.id, "decided", 2)
    assert file_one(store, 3, case_ref="C-1", source="other").id != case.id


def test_a_report_joins_the_undecided_case_of_its_subject(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    case = file_one(store, 1, **about)
    joined = file_one(store, 2, **about)

    assert joined.id == case.id
    assert joined.content.id != case.content.id
    assert (joined.content.version, joined.content.title) == (2, "title 1")
    assert joined.content.description == "description 1\n\ndescription 2"
    assert [event.kind for event in store.events(case.id)] == [EventKind.REPORTED, EventKind.JOINED]
    assert len(store.reports(case.id)) == 2


def test_a_batch_makes_of_one_subject_what_single_reports_make(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    store.file_reports([report(number, **about) for number in (1, 2, 3)], actor="intake")
    (case,) = store.queue(10)
    assert case.content.version == 3
    assert case.content.description == "description 1\n\ndescription 2\n\ndescription 3"


def test_a_subject_whose_case_is_decided_gets_a_new_one(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    case = file_one(store, 1, **about)
    decide(store, case.id)
    again = file_one(store, 2, **about)
    assert again.id != case.id
    assert again.subject == case.subject


def test_a_new_case_ref_begins_a_case_beside_the_subjects_other(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    batch = [report(1, case_ref="C-1", **about), report(2, case_ref="C-2", **about), report(3, **about)]
    first, second, third = store.file_reports(batch, actor="intake")
    assert first.case_id != second.case_id
    assert third.case_id == first.case_id  # the one that waits longest


def test_joining_merges_attributes_to_the_graver(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    older = {"minor_involved": True, "press": False, "reach": 10, "amount": 2.5, "reporter_kind": "student", "x": 1}
    newer = {"minor_involved": False, "press": True, "reach": 7.5, "amount": 3, "reporter_kind": "staff", "x": "one"}
    file_one(store, 1, attributes=older, **about)
    joined = file_one(store, 2, attributes=newer | {"new": 0}, **about)
    assert joined.content.attributes == {
        "minor_involved": True,
        "press": True,
        "reach": 10,
        "amount": 3,
        "reporter_kind": "staff",
        "x": "one",
        "new": 0,
    }


def test_a_case_counts_from_its_earliest_report(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    file_one(store, 1, **about)
    joined = file_one(store, 2, received_at=MORNING - timedelta(hours=1), **about)
    assert joined.received_at == MORNING - timedelta(hours=1)


def test_new_cases_stand_where_the_caller_says(store: CaseStore) -> None:
    (filed,) = store.file_reports([report()], actor="intake", order_key=-3.25)
    assert store.case(filed.case_id).order_key == -3.25


def test_who_reported_is_kept_apart_from_the_events(store: CaseStore, store_url: str) -> None:
    case = file_one(store, reporter="Jo Doe <jo@example.org>")
    engine = make_engine(store_url)
    with engine.connect() as connection:
        assert connection.execute(select(report_identities.c.reporter)).scalars().all() == ["Jo Doe <jo@example.org>"]
    engine.dispose()
    (event,) = store.events(case.id)
    assert (event.actor, event.at) == ("intake", NOON)
    assert event.data == {
        "report_id": store.reports(case.id)[0].id,
        "content_version": 1,
        "received_at": case.received_at.isoformat(),
        "order_key": UNSCORED_ORDER_KEY,
    }


def test_two_that_file_the_same_at_once_store_it_once(store: CaseStore, store_url: str) -> None:
    batch = [report(number, subject_kind="user", subject_ref=f"u{number % 5}") for number in range(40)]
    batch += [report(number, case_ref=f"C-{number % 3}") for number in range(40, 50)]
    begin = threading.Barrier(4, timeout=20)

    def file(turn: int) -> list[tuple[str, bool]]:
        # Each in an order of its own, so that they meet in the middle.
        mine = batch[turn * 10 :] + batch[: turn * 10]
        begin.wait()
        with CaseStore.open(store_url) as own:
            filed = []
            for start in range(0, len(mine), 10):
                filed += own.file_reports(mine[start : start + 10], actor="intake")
        return [(answer.report_id, answer.created) for answer in filed]

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for answered in pool.map(file, range(4)) for answer in answered]
    created = [report_id for report_id, was_created in answers if was_created]
    assert len(created) == len(set(created)) == 50
    assert {report_id for report_id, _ in answers} == set(created)
    assert store.queue_length() == 5 + 3  # a case for each subject and each case_ref
    assert sum(case.content.version for case in store.queue(20)) == 50
    engine = make_engine(store_url)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(subjects)).scalar() == 5
    engine.dispose()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": " \n\0"}, "description"),
        ({"description": "x" * 2_000_001}, "description"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 256}, "external_id"),
        ({"source": " "}, "source"),
        ({"subject_kind": "x" * 101}, "subject_kind"),
        ({"received_at": datetime(2026, 3, 4)}, "received_at"),  # noqa: DTZ001 - naive on purpose
        ({"attributes": {"reach": float("nan")}}, "attributes.reach"),
        ({"attributes": {"reach": [1]}}, "attributes.reach"),
    ],
)
def test_a_report_that_cannot_be_stored_is_refused_by_field_and_the_batch_with_it(
    sqlite_store: CaseStore, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"'{field}' must") as caught:
        sqlite_store.file_reports([report(1), report(2, **changes)], actor="intake")
    assert caught.value.field == field
    assert sqlite_store.queue_length() == 0


def test_an_empty_batch_is_filed(sqlite_store: CaseStore) -> None:
    assert sqlite_store.file_reports([], actor="intake") == []


@pytest.mark.parametrize("hours", [-1.0, 8760.5, 1e12, float("inf"), float("nan")])
def test_hours_to_gather_within_that_no_calendar_holds_are_refused(sqlite_store: CaseStore, hours: float) -> None:
    with pytest.raises(InvalidInputError, match=r"'gather_hours' must be from 0 to 8,760 hours"):
        sqlite_store.file_reports([report(1)], actor="intake", gather_hours=hours)
    assert sqlite_store.queue_length() == 0
