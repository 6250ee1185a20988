"""Erasing from the record, on each database: what goes, what stays, and that the log of events still holds."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import Engine, text

from cases.erasure import Counts, ErasureKind, ErasureRequest, Place
from cases.errors import ConflictError, InvalidInputError, NotFoundError, StaleLeaseError
from cases.event import EventKind
from cases.handling import ReopenReason
from cases.ids import new_id
from cases.record import CaseStatus
from cases.seals import SealKey
from cases.store import CaseStore
from cases.store.erasing import Extent
from cases.taxonomy_file import load_taxonomy
from tests.cases.store.builders import VERDICT, claim, decide, file_one, kinds, next_for, report, score
from tests.privacy.canaries import Canaries, rows_with
from tests.privacy.persons import erase, file_theirs, join, theirs, worked_on

KEY = SealKey.of_text(base64.b64encode(bytes(range(32))).decode())
REPORTER = ErasureKind.REPORTER
ABOUT = {"subject_kind": "user", "subject_ref": "u-1"}


def seal_all(store: CaseStore) -> None:
    while store.seal(KEY) is not None:
        pass


def test_all_of_a_reporters_is_gone_from_every_table(store: CaseStore, store_url: str, canaries: Canaries) -> None:
    decided, waiting = file_theirs(store, canaries, 1), file_theirs(store, canaries, 2, description="x " * 30)
    other = file_one(store, 9, reporter="somebody else")
    worked_on(store, decided, canaries)
    assert len(rows_with(canaries, store_url)) >= 6, "nothing was there to erase"

    erase(store, REPORTER, canaries.reporter)

    assert rows_with(canaries, store_url) == []
    assert store.case(decided.id).status is CaseStatus.DECIDED
    assert store.case(decided.id).content.description == ""
    assert store.notes(decided.id) == ()
    assert store.case(waiting.id).status is CaseStatus.ERASED
    assert (store.case(other.id).content.description, store.queue_length()) == ("description 9", 1)


def test_what_others_reported_on_the_same_case_stays_and_is_scored_again(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    case = file_one(store, 1, **ABOUT, attributes={"reach": 3, "kind": "first"})
    join(store, 2, **ABOUT, **theirs(canaries, 2))
    join(store, 3, **ABOUT, attributes={"kind": "third"})
    scored = store.case(case.id)
    assert scored.content.attributes == {"reach": 9, "kind": "third", "nickname": canaries.attribute}
    store.record_scores([score(scored)])
    assert store.unscored(9, "a" * 64) == []

    erase(store, REPORTER, canaries.reporter)

    now = store.case(case.id)
    assert rows_with(canaries, store_url) == []
    assert now.content.description == "description 1\n\ndescription 3"
    assert now.content.attributes == {"reach": 3, "kind": "third"}
    assert (now.status, now.content.version) == (CaseStatus.OPEN, 4)
    assert [again.id for again in store.unscored(9, "a" * 64)] == [case.id]
    assert decide(store, case.id).content_id == now.content.id


def test_of_two_who_came_first_the_one_who_stays_is_the_first(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    case = file_one(store, 1, **ABOUT, **theirs(canaries))
    kept = join(store, 2, **ABOUT, attributes={"kind": "second"})
    erase(store, REPORTER, canaries.reporter)
    assert rows_with(canaries, store_url) == []
    now = store.case(case.id)
    assert (now.content.title, now.content.attributes) == ("title 2", {"kind": "second"})
    join(store, 3, **ABOUT, attributes={"kind": "third"})
    alone = store.split(kept.report_id, by="eve")
    assert store.case(alone).content.attributes == {"kind": "second"}
    assert store.case(case.id).content.attributes == {"kind": "third"}


def test_their_words_are_followed_through_splits_and_merges(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    case = file_one(store, 1, **ABOUT)
    moved = join(store, 2, **ABOUT, **theirs(canaries, 2))
    taken = file_theirs(store, canaries, 3)
    alone = store.split(moved.report_id, by="eve")
    store.merge(taken.id, case.id, by="eve")

    erase(store, REPORTER, canaries.reporter)

    assert rows_with(canaries, store_url) == []
    assert store.case(case.id).content.description == "description 1"
    assert store.case(alone).status is CaseStatus.ERASED
    assert store.case(taken.id).status is CaseStatus.MERGED


def test_a_case_goes_as_a_whole_whoever_reported(store: CaseStore, store_url: str, canaries: Canaries) -> None:
    case = file_theirs(store, canaries, 1, **ABOUT, case_ref=f"ref-{canaries.external_id}")
    join(store, 2, source="helpdesk", case_ref=f"ref-{canaries.external_id}", reporter="another")
    erase(store, ErasureKind.CASE, case.id)
    assert rows_with(canaries, store_url) == []
    assert store.case(case.id).content.description == ""
    assert len(store.reports(case.id)) == 2, "that something was reported is not forgotten"


def test_a_subject_goes_with_the_cases_about_it_and_with_its_own_id(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    about = {"subject_kind": "user", "subject_ref": canaries.subject}
    case = file_theirs(store, canaries, 1, **about)
    elsewhere = file_one(store, 2, case_ref="r-1")
    join(store, 3, case_ref="r-1", **about, **theirs(canaries, 3))
    unrelated = file_one(store, 4)
    erase(store, ErasureKind.SUBJECT, canaries.subject, "user")
    assert rows_with(canaries, store_url) == []
    assert store.case(case.id).status is CaseStatus.ERASED
    assert store.case(elsewhere.id).content.description == "description 2"
    assert store.case(unrelated.id).content.description == "description 4"
    assert file_one(store, 5, **about).id != case.id


def test_a_subject_that_nobody_reported_takes_nothing_with_it(store: CaseStore) -> None:
    case = file_one(store, 1)
    plan = erase(store, ErasureKind.SUBJECT, "nobody", "user")
    assert (plan.case_ids, store.case(case.id).content.description) == ((), "description 1")


def test_one_report_is_erased_and_comes_in_no_more(store: CaseStore, store_url: str, canaries: Canaries) -> None:
    case = file_theirs(store, canaries, 1)
    erase(store, ErasureKind.REPORT, f"{canaries.external_id}-1", "helpdesk")
    assert rows_with(canaries, store_url) == []
    [again] = store.file_reports([report(**theirs(canaries, 1))], actor="intake")
    assert (again.created, again.case_id) == (False, case.id)
    assert rows_with(canaries, store_url) == []
    found = store.report_by_ref("helpdesk", f"{canaries.external_id}-1")
    assert found is not None
    assert found.id == again.report_id


def test_a_reporter_of_one_source_is_not_one_of_another(store: CaseStore) -> None:
    ours = file_one(store, 1, reporter="r-5")
    other = file_one(store, 2, reporter="r-5", source="app")
    longer = file_one(store, 3, reporter="r-5 ")
    erase(store, REPORTER, "r-5", "helpdesk")
    texts = [store.case(case.id).content.description for case in (ours, other, longer)]
    assert texts == ["", "description 2", "description 3"]


def test_what_is_left_of_an_open_case_without_words_is_closed_and_handed_out_no_more(
    store: CaseStore, canaries: Canaries
) -> None:
    case = file_theirs(store, canaries)
    held = claim(store, case.id)
    erase(store, REPORTER, canaries.reporter)
    assert store.case(case.id).status is CaseStatus.ERASED
    assert next_for(store, "bob") is None
    assert (store.queue(9), store.queue_length(), store.unscored(9, "a" * 64)) == ([], 0, [])
    with pytest.raises(ConflictError, match="erased"):
        store.claim(case.id, "bob", 60)
    with pytest.raises(ConflictError, match="erased"):
        decide(store, case.id)
    with pytest.raises(StaleLeaseError):
        store.renew(held, 60)
    [item] = store.bulk_preview([case.id], by="bob")
    assert item.state.value == "erased"


def test_a_decided_case_without_words_is_not_opened_again_nor_learnt_from(
    store: CaseStore, canaries: Canaries
) -> None:
    case = file_theirs(store, canaries)
    taken = decide(store, case.id)
    erase(store, REPORTER, canaries.reporter)
    for again in (
        lambda: store.reopen(case.id, by="eve", reason=ReopenReason.MISTAKE),
        lambda: store.appeal(case.id, by="tooling"),
        lambda: store.undo(case.id, by="ann"),
    ):
        with pytest.raises(ConflictError, match="erased"):
            again()
    assert [decision.id for decision in store.decisions(case.id)] == [taken.id]
    bulk = store.bulk_decide([file_theirs(store, canaries, 2).id, file_one(store, 9).id], VERDICT, by="ann")
    erase(store, REPORTER, canaries.reporter)
    undone = store.undo_bulk(bulk.bulk_id, by="ann")
    assert [item.state.value for item in undone.items] == ["touched", "withdrawn"]
    assert list(store.decided_cases()) == []
    assert [row["description"] for row in store.rows("cases")] == ["", "", "description 9"]


def test_the_log_says_that_and_when_and_by_whom_and_never_what(
    store: CaseStore, engine: Engine, canaries: Canaries
) -> None:
    case = file_theirs(store, canaries)
    worked_on(store, case, canaries)
    seal_all(store)
    before = store.verify_seals(KEY)

    erase(store, REPORTER, canaries.reporter)
    seal_all(store)

    assert kinds(store, case.id)[-1] is EventKind.ERASED
    event = store.events(case.id)[-1]
    assert event.actor == "admin"
    assert set(event.data) == {"erasure_id", "cause", "reports"}
    after = store.verify_seals(KEY)
    assert (before.wrong, after.wrong, after.sealed) == (None, None, before.sealed + 1)
    assert store.rebuild() == []
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT * FROM erasures")).one()
    assert canaries.found_in(repr(tuple(kept)).encode()) == []


def test_a_case_that_nobody_can_decide_any_more_is_late_for_nobody(store: CaseStore, canaries: Canaries) -> None:
    store.register_policy(load_taxonomy())
    for case in (file_theirs(store, canaries), file_one(store, 9)):
        store.record_scores([score(case, severity_level=1)])
    erase(store, REPORTER, canaries.reporter)
    [row] = store.view("first_touch_sla")
    assert (row["cases"], row["late"]) == (1, 1)
    [volume] = store.view("volume_by_category_week")
    assert volume["cases"] == 2, "it came in"


def test_a_second_time_there_is_nothing_left_to_erase(store: CaseStore, canaries: Canaries) -> None:
    case = file_theirs(store, canaries)
    decide(store, case.id)
    erase(store, REPORTER, canaries.reporter)
    events = store.events(case.id)
    assert store.plan_erasure(ErasureRequest(REPORTER, canaries.reporter)).case_ids == ()
    erase(store, ErasureKind.CASE, case.id)
    assert store.events(case.id) == events


def test_an_erasure_that_was_interrupted_says_where_it_has_yet_to_reach(store: CaseStore, canaries: Canaries) -> None:
    case = file_theirs(store, canaries)
    begun = store.begin_erasure(REPORTER, by="admin", case_ids=[case.id])
    assert store.unfinished_erasures() == [begun]
    one = store.reached(begun.id, Counts(contents=1), [Place.MODELS])
    assert one.pending == (Place.DATABASE, Place.EXPORTS, Place.TRACKER)
    assert one.case_ids == (case.id,)
    done = store.reached(begun.id, Counts(contents=2), list(one.pending))
    assert (done.pending, done.case_ids, store.unfinished_erasures()) == ((), (), [])
    assert store.erasure(begun.id) == done
    assert (done.finished_at is not None, done.counts) == (True, {"contents": 3})


def test_what_is_not_there_is_said(store: CaseStore) -> None:
    with pytest.raises(NotFoundError, match="'erasure_id'"):
        store.erasure(new_id())
    with pytest.raises(NotFoundError, match="'case_id'"):
        store.plan_erasure(ErasureRequest(ErasureKind.CASE, new_id()))
    with pytest.raises(InvalidInputError, match="'reporter' must not be blank"):
        store.plan_erasure(ErasureRequest(REPORTER, " "))


def test_a_request_does_not_show_whose_it_is() -> None:
    assert "r-5" not in repr(ErasureRequest(REPORTER, "r-5", "helpdesk"))


def test_only_names_are_forgotten_where_only_names_are_due(
    store: CaseStore, store_url: str, canaries: Canaries
) -> None:
    case = file_theirs(store, canaries)
    erase(store, REPORTER, canaries.reporter, extent=Extent(texts=False, refs=False))
    assert [hit for hit in rows_with(canaries, store_url) if "reporter" in hit] == []
    assert canaries.text in store.case(case.id).content.description
    assert store.case(case.id).status is CaseStatus.OPEN
