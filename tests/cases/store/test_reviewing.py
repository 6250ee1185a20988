from __future__ import annotations

import pytest

from cases.decision import Verdict
from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.handling import NoteKind, Outcome, ReopenReason
from cases.record import CaseStatus
from cases.store import CaseStore
from tests.cases.store.builders import VERDICT, claim, decide, file_one, kinds, next_for
from tests.cases.store.conftest import NOON, SetClock

OTHER = Verdict("no_violation", 4, "none", "not_a_breach")


def test_a_reopened_case_is_decided_anew_and_the_new_decision_reviews_the_old(
    store: CaseStore, clock: SetClock
) -> None:
    case = file_one(store)
    first = decide(store, case.id)
    store.reopen(case.id, by="eve", reason=ReopenReason.NEW_EVIDENCE)
    opened = store.case(case.id)
    assert (opened.status, opened.decided_at, opened.decision_id) == (CaseStatus.OPEN, None, first.id)
    assert list(store.decided_cases()) == []
    clock.forward(hours=1)
    second = decide(store, case.id, OTHER)  # the same person may
    assert (second.reviews, second.overturns, second.after_reopening) == (first.id, False, True)
    assert store.decisions(case.id) == (first, second)
    assert store.case(case.id).decision_id == second.id
    (learnt,) = store.decided_cases()
    assert learnt.decision == second
    assert kinds(store, case.id)[-3:] == [EventKind.REOPENED, EventKind.CLAIMED, EventKind.DECIDED]
    assert store.case(case.id).first_claimed_at == NOON


def test_a_case_that_is_not_decided_can_be_neither_reopened_nor_appealed(store: CaseStore) -> None:
    case = file_one(store)
    for attempt in (
        lambda: store.reopen(case.id, by="eve", reason=ReopenReason.MISTAKE),
        lambda: store.appeal(case.id, by="eve"),
    ):
        with pytest.raises(ConflictError, match="decided case"):
            attempt()
    decide(store, case.id)
    store.appeal(case.id, by="eve")
    with pytest.raises(ConflictError, match="under appeal"):
        store.appeal(case.id, by="eve")


@pytest.mark.parametrize(
    ("outcome", "kind", "verdict"),
    [(Outcome.UPHOLD, EventKind.UPHELD, VERDICT), (Outcome.OVERTURN, EventKind.OVERTURNED, OTHER)],
)
def test_an_appeal_is_upheld_or_overturned_by_somebody_else(
    store: CaseStore, outcome: Outcome, kind: EventKind, verdict: Verdict
) -> None:
    case = file_one(store)
    store.assign(case.id, "ann", by="eve")
    first = decide(store, case.id)
    note = store.appeal(case.id, by="u1", note="I did not write that")
    assert note is not None
    assert (note.kind, note.decision_id) == (NoteKind.APPEAL, first.id)
    assert store.note(first.id) == ""  # what the decider wrote, which is nothing
    opened = store.case(case.id)
    assert (opened.status, opened.under_appeal, opened.barred, opened.assigned_to) == (
        CaseStatus.OPEN,
        True,
        "ann",
        None,
    )
    assert next_for(store, "ann") is None
    for attempt in (lambda: claim(store, case.id), lambda: store.assign(case.id, "ann", by="eve")):
        with pytest.raises(ConflictError, match="must not have taken the decision that is appealed"):
            attempt()
    review = decide(store, case.id, verdict, holder="bob", outcome=outcome)
    assert (review.reviews, review.overturns, review.after_reopening) == (
        first.id,
        outcome is Outcome.OVERTURN,
        False,
    )
    assert kinds(store, case.id)[-1] is kind
    closed = store.case(case.id)
    assert (closed.status, closed.under_appeal, closed.barred) == (CaseStatus.DECIDED, False, None)
    assert store.decisions(case.id) == (first, review)

    store.appeal(case.id, by="u1")  # a further appeal reviews the review
    assert store.case(case.id).barred == "bob"
    last = decide(store, case.id, holder="ann", outcome=Outcome.UPHOLD)
    assert [link.id for link in store.decisions(case.id)] == [first.id, review.id, last.id]


def test_an_appeal_needs_its_outcome_and_nothing_else_may_have_one(store: CaseStore) -> None:
    case = file_one(store)
    with pytest.raises(InvalidInputError, match="'outcome' must be left out") as caught:
        decide(store, case.id, outcome=Outcome.UPHOLD)
    assert caught.value.field == "outcome"
    decide(store, case.id)
    store.appeal(case.id, by="u1")
    with pytest.raises(InvalidInputError, match="'outcome' must be uphold or overturn"):
        decide(store, case.id, holder="bob")


def test_a_lease_that_outlived_the_appeal_does_not_let_its_decider_in(store: CaseStore) -> None:
    case = file_one(store)
    lease = claim(store, case.id)
    store.decide(case.id, VERDICT, holder="ann", token=lease.token)
    store.appeal(case.id, by="u1")
    with pytest.raises(ConflictError):
        store.decide(case.id, VERDICT, holder="ann", token=lease.token, outcome=Outcome.UPHOLD)
