"""Reports that name neither subject nor case, and say the same: one case."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from cases.ids import CaseId
from cases.record import NewReport
from cases.store import CaseStore
from cases.store.engine import make_engine
from tests.cases.store.builders import MORNING, decide, report
from tests.cases.store.test_gathering import U1, report_id

LETTER = "I bought this course last week and " + " ".join(
    f"lesson {n} was cut short at minute {n}" for n in range(90)
)


def said(number: int, description: str, **changes: object) -> NewReport:
    return report(number, title="", description=description, **changes)


def cases_of(store: CaseStore, *batch: NewReport, **options: float) -> list[CaseId]:
    return [answer.case_id for answer in store.file_reports(list(batch), actor="intake", **options)]


def test_reports_without_subject_that_say_the_same_are_one_case(store: CaseStore) -> None:
    first, second = cases_of(store, said(1, LETTER), said(2, LETTER.upper() + " !"))
    assert first == second
    (near,) = cases_of(store, said(3, "Hello! " + LETTER))
    assert near == first
    assert store.case(first).content.version == 3
    (other,) = cases_of(store, said(4, LETTER.replace("lesson", "page")))
    assert other != first
    (source,) = cases_of(store, said(5, LETTER, source="other"))
    assert source not in (first, other)


def test_short_texts_are_one_case_only_when_they_are_the_same(store: CaseStore) -> None:
    one, same, other = cases_of(store, said(1, "Call me at home"), said(2, "call me  at HOME"), said(3, "Call me"))
    assert one == same != other


def test_text_does_not_gather_what_names_its_subject_or_its_case(store: CaseStore) -> None:
    found = cases_of(store, said(1, LETTER), said(2, LETTER, **U1), said(3, LETTER, case_ref="C-1"), said(4, LETTER))
    assert len(set(found)) == 3
    assert found[0] == found[3]
    store.merge(found[0], found[1], by="eve")  # into one that has a subject
    assert cases_of(store, said(5, LETTER))[0] not in found


def test_text_gathers_within_its_hours_and_open_cases_alone(store: CaseStore) -> None:
    day = timedelta(days=1)
    (first,) = cases_of(store, said(1, LETTER, received_at=MORNING))
    assert cases_of(store, said(2, LETTER, received_at=MORNING + 3 * day)) == [first]
    assert cases_of(store, said(3, LETTER, received_at=MORNING - 3 * day)) == [first]
    (late,) = cases_of(store, said(4, LETTER, received_at=MORNING + 3.5 * day))
    assert late != first
    decide(store, first)
    (again,) = cases_of(store, said(5, LETTER, received_at=MORNING), gather_hours=1)
    assert again not in (first, late)
    off = cases_of(store, said(6, LETTER, received_at=MORNING), said(7, LETTER, received_at=MORNING), gather_hours=0)
    assert len({*off, first, late, again}) == 5


def test_what_was_split_off_gathers_no_copies_and_what_it_left_does(store: CaseStore) -> None:
    first, _ = cases_of(store, said(1, LETTER), said(2, LETTER))
    began = store.split(report_id(store, 2), by="eve")
    assert cases_of(store, said(3, LETTER)) == [first]
    alone = store.split(report_id(store, 1), by="eve")
    assert cases_of(store, said(4, LETTER))[0] not in (began, alone)


def test_a_pile_on_leaves_one_fingerprint_which_goes_with_the_text(store: CaseStore, store_url: str) -> None:
    cases_of(store, *(said(number, LETTER) for number in range(20)))
    engine = make_engine(store_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM fingerprints")).scalar() == 1
        connection.execute(text("DELETE FROM fingerprints"))
    engine.dispose()
    assert store.queue_length() == 1


def test_a_batch_of_a_thousand_finds_its_like_among_itself(store: CaseStore) -> None:
    batch = [
        said(number, f"{number % 250} {LETTER}" if number % 2 else f"short {number % 100}") for number in range(1000)
    ]
    found = cases_of(store, *batch)
    assert len(set(found)) < 200
    assert len({case for case, one in zip(found, batch, strict=True) if one.description.startswith("short")}) == 50
