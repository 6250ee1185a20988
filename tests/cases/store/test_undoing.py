from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.event import EventKind
from cases.handling import BulkState, Outcome, ReopenReason
from cases.ids import BulkId, new_id
from cases.record import CaseStatus
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.tables import withdrawn_decisions
from tests.cases.store.builders import VERDICT, decide, file_one, kinds, next_for, report
from tests.cases.store.conftest import NOON, SetClock


def test_a_fresh_decision_is_withdrawn_and_the_case_open_as_before(store: CaseStore, store_url: str) -> None:
    case = file_one(store)
    first = decide(store, case.id)
    assert store.undo(case.id, by="ann") == first
    opened = store.case(case.id)
    assert (opened.status, opened.decision_id, opened.decided_at) == (CaseStatus.OPEN, None, None)
    assert opened.first_claimed_at == NOON
    assert store.decisions(case.id) == ()
    assert list(store.decided_cases()) == []
    assert kinds(store, case.id)[-1] is EventKind.WITHDRAWN
    second = decide(store, case.id, holder="bob")
    assert store.decisions(case.id) == (second,)
    assert second.reviews is None
    engine = make_engine(store_url)
    with engine.connect() as connection:
        (row,) = connection.execute(select(withdrawn_decisions)).all()
    assert (row.decision_id, row.case_id, row.withdrawn_by, row.withdrawn_at) == (first.id, case.id, "ann", NOON)
    for change in ("DELETE FROM withdrawn_decisions", "UPDATE withdrawn_decisions SET withdrawn_by = 'x'"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(change))
    engine.dispose()


def test_what_is_older_than_the_window_stays(store: CaseStore, clock: SetClock) -> None:
    case = file_one(store)
    decide(store, case.id)
    clock.forward(seconds=61)
    with pytest.raises(ConflictError, match=r"at most 60 s old.*reopen"):
        store.undo(case.id, by="ann", undo_seconds=60)
    clock.forward(seconds=-1)
    store.undo(case.id, by="ann", undo_seconds=60)
    with pytest.raises(ConflictError, match="nothing to undo"):
        store.undo(case.id, by="ann")


@pytest.mark.parametrize("window", [-1, float("inf"), float("nan"), 1e12])
def test_a_window_that_no_calendar_holds_is_refused(store: CaseStore, window: float) -> None:
    case = file_one(store)
    decide(store, case.id)
    with pytest.raises(InvalidInputError, match=r"'undo_seconds' must be from 0 to 3,155,760,000 seconds"):
        store.undo(case.id, by="ann", undo_seconds=window)
    assert store.case(case.id).status is CaseStatus.DECIDED


def test_a_review_undone_leaves_the_appeal_open_and_another_may_review(store: CaseStore) -> None:
    case = file_one(store)
    first = decide(store, case.id)
    store.appeal(case.id, by="u1")
    before = store.case(case.id)
    decide(store, case.id, holder="bob", outcome=Outcome.OVERTURN)
    store.undo(case.id, by="bob")
    assert store.case(case.id) == before
    assert next_for(store, "ann") is None
    review = decide(store, case.id, holder="eve", outcome=Outcome.UPHOLD)
    assert store.decisions(case.id) == (first, review)
    assert review.reviews == first.id


def test_a_decision_after_reopening_undone_leaves_the_one_before(store: CaseStore) -> None:
    case = file_one(store)
    first = decide(store, case.id)
    store.reopen(case.id, by="eve", reason=ReopenReason.MISTAKE)
    decide(store, case.id, holder="bob")
    store.undo(case.id, by="bob")
    assert store.case(case.id).decision_id == first.id
    assert (store.case(case.id).under_appeal, store.case(case.id).barred) == (False, None)
    with pytest.raises(ConflictError, match="nothing to undo"):
        store.undo(case.id, by="bob")


def test_a_bulk_is_undone_but_for_what_was_touched_since(store: CaseStore, clock: SetClock) -> None:
    ids = [answer.case_id for answer in store.file_reports([report(n) for n in range(4)], actor="intake")]
    done = store.bulk_decide(ids, VERDICT, by="ann", note="the same spam")
    store.reopen(ids[0], by="eve", reason=ReopenReason.MISTAKE)
    store.undo(ids[1], by="ann")
    again = decide(store, ids[1], holder="bob")
    undone = store.undo_bulk(done.bulk_id, by="ann")
    assert {item.case_id: item.state for item in undone.items} == {
        ids[0]: BulkState.TOUCHED,
        ids[1]: BulkState.TOUCHED,
        ids[2]: BulkState.WITHDRAWN,
        ids[3]: BulkState.WITHDRAWN,
    }
    assert store.decisions(ids[1]) == (again,)
    assert [store.case(case_id).status for case_id in ids[2:]] == [CaseStatus.OPEN, CaseStatus.OPEN]
    assert {item.state for item in store.undo_bulk(done.bulk_id, by="ann").items} == {BulkState.TOUCHED}
    clock.forward(seconds=601)
    with pytest.raises(ConflictError, match="600 s old"):
        store.undo_bulk(done.bulk_id, by="ann")


def test_an_unknown_bulk_is_not_found(store: CaseStore) -> None:
    with pytest.raises(NotFoundError, match="'bulk_id' must"):
        store.undo_bulk(BulkId(new_id()), by="ann")
