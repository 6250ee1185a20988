from __future__ import annotations

import pytest

from cases.errors import ConflictError, InvalidInputError, StaleLeaseError
from cases.event import EventKind
from cases.handling import NoteKind
from cases.store import CaseStore
from tests.cases.store.builders import VERDICT, claim, decide, file_one, kinds, next_for, score
from tests.cases.store.conftest import NOON


def test_an_assigned_case_is_handed_out_to_nobody_else(store: CaseStore) -> None:
    case = file_one(store)
    store.assign(case.id, "ann", by="eve")
    assert store.case(case.id).assigned_to == "ann"
    assert next_for(store, "bob") is None
    with pytest.raises(ConflictError, match="assigned to another"):
        claim(store, case.id, "bob")
    assert next_for(store, "ann") == case.id
    store.unassign(case.id, by="eve")
    store.unassign(case.id, by="eve")  # once more changes nothing
    assert kinds(store, case.id)[-1] is EventKind.UNASSIGNED
    assert kinds(store, case.id).count(EventKind.UNASSIGNED) == 1
    assert next_for(store, "bob") == case.id


def test_a_case_is_not_taken_from_under_its_holder(store: CaseStore) -> None:
    case = file_one(store)
    lease = claim(store, case.id, "bob")
    for attempt in (
        lambda: store.assign(case.id, "ann", by="eve"),
        lambda: store.move(case.id, "legal", by="eve"),
    ):
        with pytest.raises(ConflictError, match="held until"):
            attempt()
    store.assign(case.id, "bob", by="eve")
    assert store.renew(lease, 60).token == lease.token


def test_who_sends_a_case_elsewhere_holds_it_no_longer(store: CaseStore) -> None:
    given, moved, merged, into = (file_one(store, number) for number in range(1, 5))
    leases = {case.id: claim(store, case.id, "bob") for case in (given, moved, merged)}
    store.assign(given.id, "ann", by="bob")
    store.move(moved.id, "legal", by="bob")
    store.merge(merged.id, into.id, by="bob")
    for lease in leases.values():
        with pytest.raises(ConflictError):
            store.renew(lease, 60)
        with pytest.raises(ConflictError):
            store.decide(lease.case_id, VERDICT, holder="bob", token=lease.token)
    assert next_for(store, "ann", queues=["main"]) is not None
    assert next_for(store, "eve", queues=["legal"]) == moved.id


def test_an_escalated_case_waits_in_the_teams_queue_with_its_note_apart(store: CaseStore) -> None:
    case = file_one(store)
    store.assign(case.id, "ann", by="eve")
    lease = claim(store, case.id)
    note = store.escalate(case.id, "ann", lease.token, "legal", note="the secret note")
    assert note is not None
    assert (note.kind, note.author, note.at, note.decision_id) == (NoteKind.ESCALATION, "ann", NOON, None)
    assert store.notes(case.id) == (note,)
    after = store.case(case.id)
    assert (after.queue, after.assigned_to) == ("legal", None)
    event = store.events(case.id)[-1]
    assert (event.kind, event.data["queue"], event.data["note_id"]) == (EventKind.ESCALATED, "legal", note.id)
    assert "secret" not in str(store.events(case.id))
    with pytest.raises(StaleLeaseError):
        store.renew(lease, 60)
    assert next_for(store, "bob", queues=["main"]) is None
    assert next_for(store, "bob", queues=["brand", "legal"]) == case.id


def test_an_escalation_without_words_leaves_no_note(store: CaseStore) -> None:
    case = file_one(store)
    assert store.escalate(case.id, "ann", claim(store, case.id).token, "legal", note=" ") is None
    assert store.notes(case.id) == ()
    assert "note_id" not in store.events(case.id)[-1].data


def test_queues_are_claimed_from_in_one_order_and_from_no_other(store: CaseStore) -> None:
    filed = [file_one(store, number) for number in range(6)]
    queues = ("legal", "brand", "main", "legal", "brand", "main")
    store.record_scores(
        [
            score(case, order_key=float(key), queue=queue)
            for case, key, queue in zip(filed, (1, 6, 9, 5, 2, 8), queues, strict=True)
        ]
    )
    assert [case.queue for case in store.queue(10)] == ["main", "main", "brand", "legal", "brand", "legal"]
    assert [case.queue for case in store.queue(10, queues=["legal"])] == ["legal", "legal"]
    assert store.queue_length(queues=["legal", "brand"]) == 4
    claimed = []
    while (got := store.claim_next("ann", 60, queues=["legal", "brand", "legal"])) is not None:
        claimed.append(got[0].order_key)
    assert claimed == [6.0, 5.0, 2.0, 1.0]
    assert store.claim_next("ann", 60, queues=[]) is None
    assert store.claim_next("ann", 60, queues=["nowhere"]) is None
    assert next_for(store, "ann", queues=["main"]) == filed[2].id


def test_a_score_does_not_move_what_a_person_moved(store: CaseStore) -> None:
    case = file_one(store)
    store.record_scores([score(case, queue="legal")])
    assert store.case(case.id).queue == "legal"
    store.record_scores([score(case)])  # says nothing of a queue
    assert store.case(case.id).queue == "legal"
    store.move(case.id, "brand", by="eve")
    store.record_scores([score(case, queue="legal")])
    assert store.case(case.id).queue == "brand"
    assert store.latest_score(case.id) is not None


def test_a_decided_case_is_neither_assigned_nor_moved(store: CaseStore) -> None:
    case = file_one(store)
    decide(store, case.id)
    for attempt in (
        lambda: store.assign(case.id, "ann", by="eve"),
        lambda: store.unassign(case.id, by="eve"),
        lambda: store.move(case.id, "legal", by="eve"),
    ):
        with pytest.raises(ConflictError, match="decided"):
            attempt()


@pytest.mark.parametrize(("name", "queue"), [("", "legal"), ("eve", ""), ("eve", "x" * 101)])
def test_names_that_cannot_be_stored_are_refused(sqlite_store: CaseStore, name: str, queue: str) -> None:
    case = file_one(sqlite_store)
    with pytest.raises(InvalidInputError):
        sqlite_store.move(case.id, queue, by=name)
