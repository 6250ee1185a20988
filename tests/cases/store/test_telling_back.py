"""A decision that was told and stands no more: what receivers are told of it, so that none acts on what is void."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from cases.decision import PastDecision
from cases.handling import Outcome, ReopenReason
from cases.store import CaseStore
from cases.telling import Told
from tests.cases.store.builders import MORNING, VERDICT, decide, file_one
from tests.cases.store.test_telling import kinds, receiver, told

NAMED = ("decision_id", "standing_decision_id", "under_appeal", "bulk_id")


def test_an_undone_decision_is_told_as_void_after_it_was_told_as_decided(store: CaseStore) -> None:
    to = receiver(store)
    case = file_one(store, 1).id
    first = decide(store, case)
    store.undo(case, by="mariposa")
    found = told(store, to)
    assert kinds(found) == ["case.decided", "case.decision_undone"]
    undone = found[1].payload
    assert undone["decided_at"] == found[0].payload["decided_at"] == first.decided_at.isoformat()
    assert [undone[name] for name in NAMED] == [first.id, None, False, None]
    assert undone["version"] == store.version(case) > found[0].payload["version"]
    assert (undone["case_id"], undone["reports_total"]) == (case, 1)
    assert "mariposa" not in json.dumps(dict(undone))


def test_of_a_review_that_is_undone_the_decision_of_before_is_named_and_not_who_took_it(store: CaseStore) -> None:
    to = receiver(store, Told.UNDONE)
    case = file_one(store, 1).id
    first = decide(store, case, holder="mariposa")
    store.appeal(case, by="u1")
    review = decide(store, case, holder="bob", outcome=Outcome.OVERTURN)
    store.undo(case, by="bob")
    [undone] = told(store, to)
    assert [undone.payload[name] for name in NAMED] == [review.id, first.id, True, None]
    assert "mariposa" not in json.dumps(dict(undone.payload))
    assert store.case(case).decision_id == first.id


def test_each_case_of_a_bulk_that_is_undone_is_told(store: CaseStore) -> None:
    to = receiver(store, Told.DECIDED, Told.UNDONE)
    cases = [file_one(store, number, subject_ref=f"c-{number}").id for number in range(3)]
    bulk = store.bulk_decide(cases, VERDICT, by="ann")
    store.undo_bulk(bulk.bulk_id, by="ann")
    found = told(store, to)
    decided = {each.payload["decision_id"] for each in found if each.delivery.kind == "case.decided"}
    undone = [each.payload for each in found if each.delivery.kind == "case.decision_undone"]
    assert {each["decision_id"] for each in undone} == decided
    assert {each["case_id"] for each in undone} == set(cases)
    assert {each["bulk_id"] for each in undone} == {bulk.bulk_id}


def test_a_case_that_is_reopened_or_appealed_is_told_with_the_decision_that_still_stands(store: CaseStore) -> None:
    to = receiver(store, Told.REOPENED)
    one, other = (file_one(store, number, subject_ref=f"c-{number}").id for number in range(2))
    first, second = decide(store, one), decide(store, other)
    store.reopen(one, by="mariposa", reason=ReopenReason.NEW_EVIDENCE)
    store.appeal(other, by="mariposa", note="mariposa")
    found = [each.payload for each in told(store, to)]
    assert [(each["cause"], each["reason"], each["standing_decision_id"]) for each in found] == [
        ("reopened", "new_evidence", first.id),
        ("appealed", None, second.id),
    ]
    assert "mariposa" not in json.dumps([dict(each) for each in found])


def test_of_a_decision_that_was_imported_it_is_not_told_that_it_was_undone(store: CaseStore) -> None:
    to = receiver(store)
    case = file_one(store, 1).id
    store.record_past_decisions([PastDecision(case, VERDICT, "ann", MORNING + timedelta(hours=1))], actor="import")
    store.undo(case, by="bob", undo_seconds=86_400)
    assert told(store, to) == []


def test_the_documentation_shows_what_is_sent(store: CaseStore) -> None:
    to = receiver(store, Told.UNDONE)
    case = file_one(store, 1).id
    decide(store, case)
    store.undo(case, by="ann")
    [undone] = told(store, to)
    page = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    _, _, shown = page.partition('    {"type": "case.decision_undone"')
    example = json.loads('{"type": "case.decision_undone"' + shown.partition("\n\n")[0])
    assert example["data"].keys() == undone.payload.keys()
    assert all(f"`{kind.value}`" in page for kind in Told)
