from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.event import EventKind
from cases.handling import ReopenReason
from cases.ids import CaseId, ReportId, new_id
from cases.record import CaseStatus
from cases.store import CaseStore
from cases.store.engine import make_engine
from tests.cases.store.builders import MORNING, claim, decide, file_one, kinds, next_for, report, score

U1 = {"subject_kind": "user", "subject_ref": "u1"}


def report_id(store: CaseStore, number: int) -> ReportId:
    found = store.report_by_ref("helpdesk", f"ticket-{number}")
    assert found is not None
    return found.id


def test_a_report_split_off_begins_a_case_and_leaves_no_word_behind(store: CaseStore) -> None:
    file_one(store, 1, **U1, attributes={"reach": 5, "press": True}, received_at=MORNING)
    file_one(store, 2, **U1, attributes={"reach": 9, "minor_involved": True})
    old = file_one(store, 3, **U1, attributes={"reach": 2, "press": False, "kind": "x"})
    store.record_scores([score(old, order_key=4.0, queue="legal")])
    new_id_ = store.split(report_id(store, 2), by="eve")
    left, began = store.case(old.id), store.case(new_id_)

    assert left.content.description == "description 1\n\ndescription 3"
    assert left.content.attributes == {"reach": 5, "press": True, "kind": "x"}
    assert (left.content.version, left.content.title) == (4, "title 1")
    assert (began.content.description, began.content.version) == ("description 2", 1)
    assert began.content.attributes == {"reach": 9, "minor_involved": True}
    assert (began.order_key, began.queue, began.status) == (4.0, "legal", CaseStatus.OPEN)
    assert began.subject == left.subject
    assert [found.id for found in store.reports(new_id_)] == [report_id(store, 2)]
    assert len(store.reports(old.id)) == 2
    assert {case.id for case in store.unscored(10, "a" * 64)} == {old.id, new_id_}
    assert kinds(store, old.id)[-1] is EventKind.SPLIT
    assert store.events(new_id_)[0].data["split_from"] == old.id

    later = file_one(store, 4, **U1, attributes={"reach": 1})
    assert later.id == old.id
    assert later.content.description == "description 1\n\ndescription 3\n\ndescription 4"
    assert later.content.attributes["reach"] == 5


def test_the_first_report_can_leave_too_and_takes_its_age_along(store: CaseStore) -> None:
    old = file_one(store, 1, **U1, received_at=MORNING - timedelta(days=1))
    file_one(store, 2, **U1)
    began = store.case(store.split(report_id(store, 1), by="eve"))
    left = store.case(old.id)
    assert (left.content.title, left.content.description) == ("title 2", "description 2")
    assert left.received_at == report(2).received_at
    assert began.received_at == MORNING - timedelta(days=1)
    # The oldest case on the subject now, and still no later report joins it.
    assert file_one(store, 3, **U1).id == old.id


def test_a_report_is_split_off_only_where_that_makes_sense(store: CaseStore) -> None:
    case = file_one(store, 1, **U1)
    with pytest.raises(ConflictError, match="only one"):
        store.split(report_id(store, 1), by="eve")
    file_one(store, 2, **U1)
    claim(store, case.id, "bob")
    with pytest.raises(ConflictError, match="held until"):
        store.split(report_id(store, 2), by="eve")
    decide(store, case.id, holder="bob")
    with pytest.raises(ConflictError, match="decided"):
        store.split(report_id(store, 2), by="eve")
    with pytest.raises(NotFoundError, match="'report_id' must"):
        store.split(ReportId(new_id()), by="eve")


def test_a_case_decided_before_a_split_reads_as_it_was(store: CaseStore) -> None:
    case = file_one(store, 1, **U1)
    file_one(store, 2, **U1)
    decide(store, case.id)
    store.reopen(case.id, by="eve", reason=ReopenReason.NEW_EVIDENCE)
    store.split(report_id(store, 2), by="eve")
    store_text = store.case(case.id).content.description
    assert store_text == "description 1"
    decide(store, case.id)
    (learnt,) = store.decided_cases()
    assert learnt.description == "description 1"


def test_merged_cases_are_worked_on_as_one(store: CaseStore) -> None:
    into = file_one(store, 1, **U1, attributes={"reach": 5})
    case = file_one(store, 2, case_ref="C-2", attributes={"reach": 9, "press": True}, received_at=MORNING)
    file_one(store, 3, case_ref="C-2", attributes={"x": 1})
    store.merge(case.id, into.id, by="eve")
    merged, whole = store.case(case.id), store.case(into.id)

    assert (merged.status, merged.merged_into) == (CaseStatus.MERGED, into.id)
    assert whole.content.description == "description 1\n\ndescription 2\n\ndescription 3"
    assert whole.content.attributes == {"reach": 9, "press": True, "x": 1}
    assert (whole.content.version, whole.received_at) == (3, MORNING)
    assert len(store.reports(into.id)) == 3
    assert store.reports(case.id) == ()
    assert store.queue_length() == 1
    assert next_for(store, "ann") == into.id
    for attempt in (
        lambda: claim(store, case.id),
        lambda: store.merge(case.id, into.id, by="eve"),
        lambda: store.move(case.id, "legal", by="eve"),
    ):
        with pytest.raises(ConflictError, match=f"merged into {into.id}"):
            attempt()
    # What comes later for the merged case joins the one in its place, also when that was merged in its turn.
    last = file_one(store, 4)
    store.merge(into.id, last.id, by="eve")
    assert file_one(store, 5, case_ref="C-2").id == last.id
    assert {row["id"]: row["reports"] for row in store.rows("cases")} == {case.id: 0, into.id: 0, last.id: 5}


def test_a_merge_is_undone_by_splitting(store: CaseStore) -> None:
    into = file_one(store, 1, **U1)
    case = file_one(store, 2, subject_kind="user", subject_ref="u2", attributes={"reach": 9})
    store.merge(case.id, into.id, by="eve")
    began = store.case(store.split(report_id(store, 2), by="eve"))
    assert (began.content.description, began.content.attributes) == ("description 2", {"reach": 9})
    assert began.subject == case.subject
    assert store.case(into.id).content.description == "description 1"
    assert store.case(into.id).content.attributes == {}
    assert file_one(store, 3, subject_kind="user", subject_ref="u2").id == began.id
    assert file_one(store, 4, **U1).id == into.id


def test_a_report_split_off_takes_its_own_subject_along_and_gathers_where_the_case_it_leaves_has_another(
    store: CaseStore,
) -> None:
    u2 = {"subject_kind": "user", "subject_ref": "u2"}
    left = file_one(store, 1, **U1, case_ref="C-1")
    assert file_one(store, 2, **u2, case_ref="C-1").id == left.id
    assert [one.subject.external_id for one in store.reports(left.id) if one.subject] == ["u1", "u2"]
    began = store.case(store.split(report_id(store, 2), by="eve"))
    assert began.subject is not None
    assert (began.subject.external_id, began.content.description) == ("u2", "description 2")
    assert store.case(left.id).subject == left.subject
    assert file_one(store, 3, **u2).id == began.id
    assert file_one(store, 4, **U1).id == left.id
    assert file_one(store, 5, **u2, case_ref="C-1").id == left.id
    # Of two on the subject the one that has waited longest takes what comes; the third left a case on its subject.
    third, second = (store.split(report_id(store, number), by="eve") for number in (3, 5))
    assert file_one(store, 6, **u2).id == began.id
    decide(store, began.id)
    assert file_one(store, 7, **u2).id == second != third


def test_a_report_on_the_subject_of_a_merged_case_takes_it_along_when_it_is_split_off(store: CaseStore) -> None:
    u2 = {"subject_kind": "user", "subject_ref": "u2"}
    taken, into = file_one(store, 1, **u2), file_one(store, 2, **U1)
    store.merge(taken.id, into.id, by="lead")
    assert file_one(store, 3, **u2).id == into.id
    began = store.case(store.split(report_id(store, 3), by="eve"))
    assert began.subject == taken.subject
    # From now on the subject has a case of its own again, though its first report stays where it was merged to.
    assert file_one(store, 4, **u2).id == began.id
    assert len(store.reports(into.id)) == 2


def test_a_report_that_names_no_subject_takes_none_from_the_case_that_it_leaves(store: CaseStore) -> None:
    left = file_one(store, 1, **U1, case_ref="C-1")
    file_one(store, 2, case_ref="C-1")
    began = store.case(store.split(report_id(store, 2), by="eve"))
    assert began.subject is None
    assert file_one(store, 3, **U1).id == left.id
    # And one that names a subject leaves a case that has none.
    bare = file_one(store, 4, case_ref="C-2")
    file_one(store, 5, subject_kind="user", subject_ref="u5", case_ref="C-2")
    alone = store.split(report_id(store, 5), by="eve")
    assert store.case(bare.id).subject is None
    assert file_one(store, 6, subject_kind="user", subject_ref="u5").id == alone


def test_what_came_by_a_merge_gathers_again_also_on_the_subject_of_the_case_that_it_leaves(store: CaseStore) -> None:
    taken, into = file_one(store, 1, **U1, case_ref="C-1"), file_one(store, 2, **U1, case_ref="C-2")
    store.merge(taken.id, into.id, by="lead")
    began = store.split(report_id(store, 1), by="eve")
    assert file_one(store, 3, **U1).id == began  # which has waited longer


def test_cases_are_merged_only_before_they_are_decided(store: CaseStore) -> None:
    case, other, reopened, held = (file_one(store, number) for number in range(4))
    with pytest.raises(InvalidInputError, match="'into' must be another case"):
        store.merge(case.id, case.id, by="eve")
    with pytest.raises(NotFoundError):
        store.merge(case.id, CaseId(new_id()), by="eve")
    decide(store, other.id)
    decide(store, reopened.id)
    store.reopen(reopened.id, by="eve", reason=ReopenReason.MISTAKE)
    claim(store, held.id, "bob")
    for wrong, why in ((other, "decided"), (reopened, "never decided"), (held, "held until")):
        for pair in ((case.id, wrong.id), (wrong.id, case.id)):
            with pytest.raises(ConflictError, match=why):
                store.merge(*pair, by="eve")
    assert store.case(case.id).status is CaseStatus.OPEN


def test_attributes_kept_before_0003_are_merged_anew_as_well_as_can_be(store: CaseStore, store_url: str) -> None:
    file_one(store, 1, **U1, attributes={"reach": 5})
    file_one(store, 2, **U1, attributes={"reach": 9})
    old = file_one(store, 3, **U1, attributes={"press": True})
    engine = make_engine(store_url)
    with engine.begin() as connection:
        # As in a row from before: the triggers allow to erase and to write, not to change.
        columns = "id, case_id, version, report_id, title, description, channel, attributes, created_at"
        connection.execute(text(f"CREATE TABLE kept AS SELECT {columns} FROM contents"))  # noqa: S608
        connection.execute(text("DELETE FROM contents"))
        connection.execute(text(f"INSERT INTO contents ({columns}) SELECT {columns} FROM kept"))  # noqa: S608
        connection.execute(text("DROP TABLE kept"))
    engine.dispose()
    store.split(report_id(store, 2), by="eve")
    assert store.case(old.id).content.attributes == {"reach": 5, "press": True}


def test_what_comes_later_for_the_subject_of_a_merged_case_joins_the_one_that_took_it_over(store: CaseStore) -> None:
    taken = file_one(store, 1, subject_kind="user", subject_ref="u2")
    into = file_one(store, 2, subject_kind="user", subject_ref="u1")
    store.merge(taken.id, into.id, by="lead")
    assert file_one(store, 3, subject_kind="user", subject_ref="u2").id == into.id
    decide(store, into.id)
    # Decided, it takes nothing on: what comes now is a case of its own.
    assert file_one(store, 4, subject_kind="user", subject_ref="u2").id not in (taken.id, into.id)


@pytest.mark.parametrize("order", ["oldest first", "oldest last"])
def test_of_several_cases_that_took_over_a_subjects_the_one_that_has_waited_longest_takes_what_comes_later(
    store: CaseStore, order: str
) -> None:
    def on(number: int, subject: str, hour: int, **changes: str) -> CaseId:
        about = {"subject_kind": "user", "subject_ref": subject, **changes}
        return file_one(store, number, received_at=MORNING + timedelta(hours=hour), **about).id

    taken = [on(1, "u1", 3, case_ref="C-1"), on(2, "u1", 3, case_ref="C-2")]
    # Whichever of the two was merged first, and whichever was filed first, of the cases that they went into.
    hours = {"oldest first": (1, 2), "oldest last": (2, 1)}[order]
    into = {hour: on(2 + hour, f"u{hour + 1}", hour) for hour in hours}
    for case_id, hour in zip(taken, hours, strict=True):
        store.merge(case_id, into[hour], by="lead")

    assert on(5, "u1", 4) == into[1]
    decide(store, into[1])
    assert on(6, "u1", 5) == into[2]


def test_of_those_that_have_waited_as_long_the_one_that_was_filed_first_takes_what_comes_later(
    store: CaseStore,
) -> None:
    about = {**U1, "received_at": MORNING}
    taken = [file_one(store, number, case_ref=f"C-{number}", **about).id for number in range(4)]
    into = [file_one(store, 4 + number, received_at=MORNING - timedelta(hours=1)).id for number in range(4)]
    for case_id, other in zip(taken, (2, 0, 3, 1), strict=True):
        store.merge(case_id, into[other], by="lead")

    assert file_one(store, 9, **about).id == into[0]
