from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cases.decision import Suggestion
from cases.errors import InvalidInputError
from cases.event import EventKind
from cases.handling import BulkState, HoldReason
from cases.ids import CaseId, new_id
from cases.record import CaseStatus
from cases.store import CaseStore
from cases.store.working.bulk import MAX_BULK
from tests.cases.store.builders import VERDICT, claim, decide, file_one, kinds, report, score
from tests.cases.store.conftest import NOON

EXPECTED = {
    "free": BulkState.FREE,
    "skipped": BulkState.FREE,
    "mine": BulkState.FREE,
    "released": BulkState.FREE,
    "held": BulkState.HELD,
    "on_hold": BulkState.ON_HOLD,
    "assigned": BulkState.ASSIGNED,
    "assigned_to_me": BulkState.FREE,
    "appealed": BulkState.APPEALED,
    "decided": BulkState.DECIDED,
    "merged": BulkState.MERGED,
    "unknown": BulkState.UNKNOWN,
}


def each_kind(store: CaseStore) -> dict[str, CaseId]:
    ids = {name: file_one(store, number).id for number, name in enumerate(EXPECTED)}
    ids["unknown"] = CaseId(new_id())
    claim(store, ids["mine"], "eve")
    lease = claim(store, ids["released"], "bob")
    store.release(ids["released"], "bob", lease.token)
    claim(store, ids["held"], "bob")
    lease = claim(store, ids["on_hold"], "bob")
    store.hold(ids["on_hold"], "bob", lease.token, NOON + timedelta(hours=1), HoldReason.OTHER)
    store.assign(ids["assigned"], "bob", by="bob")
    store.assign(ids["assigned_to_me"], "eve", by="bob")
    decide(store, ids["appealed"])
    store.appeal(ids["appealed"], by="u1")
    decide(store, ids["decided"])
    store.merge(ids["merged"], file_one(store, 99).id, by="bob")
    return ids


def test_a_bulk_decides_what_is_free_and_says_why_the_rest_is_not(store: CaseStore) -> None:
    ids = each_kind(store)
    preview = store.bulk_preview(list(ids.values()), by="eve")
    assert {name: item.state for name, item in zip(ids, preview, strict=True)} == EXPECTED
    before = {name: kinds(store, case_id) for name, case_id in ids.items() if name != "unknown"}

    done = store.bulk_decide([*ids.values(), ids["free"]], VERDICT, by="eve", note="the same spam")
    assert [item.case_id for item in done.items] == list(ids.values())
    assert {name: item.state for name, item in zip(ids, done.items, strict=True)} == EXPECTED
    for (name, case_id), item in zip(ids.items(), done.items, strict=True):
        if EXPECTED[name] is not BulkState.FREE:
            assert item.decision_id is None
            if name != "unknown":
                assert kinds(store, case_id) == before[name]
            continue
        (decision,) = store.decisions(case_id)
        assert (decision.id, decision.decided_by, decision.bulk_id) == (item.decision_id, "eve", done.bulk_id)
        assert (decision.suggestion, decision.claimed_at, decision.decided_at) == (Suggestion.UNAIDED, NOON, NOON)
        assert store.note(decision.id) == "the same spam"
        assert store.case(case_id).status is CaseStatus.DECIDED
        assert kinds(store, case_id) == [*before[name], EventKind.CLAIMED, EventKind.DECIDED]
        assert store.events(case_id)[-1].data["bulk_id"] == done.bulk_id
    assert store.bulk_preview([ids["mine"]])[0].state is BulkState.DECIDED


def test_four_who_decide_the_same_in_bulk_decide_each_case_once(store: CaseStore) -> None:
    ids = [answer.case_id for answer in store.file_reports([report(n) for n in range(30)], actor="intake")]

    def decide_all(name: str) -> list[CaseId]:
        done = store.bulk_decide(ids if name < "c" else ids[::-1], VERDICT, by=name)
        return [item.case_id for item in done.items if item.decision_id]

    with ThreadPoolExecutor(4) as pool:
        decided = [case_id for some in pool.map(decide_all, "abcd") for case_id in some]
    assert sorted(decided) == sorted(ids)
    assert all(len(store.decisions(case_id)) == 1 for case_id in ids)


def test_whoever_held_a_case_that_was_decided_in_bulk_is_told_so(store: CaseStore) -> None:
    case = file_one(store)
    lease = claim(store, case.id, "eve")
    store.bulk_decide([case.id], VERDICT, by="eve")
    with pytest.raises(Exception, match="newest is 2"):
        store.renew(lease, 60)


def test_a_bulk_names_the_latest_content_of_each(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    file_one(store, 1, **about)
    case = file_one(store, 2, **about)
    store.record_scores([score(case)])
    store.bulk_decide([case.id], VERDICT, by="eve")
    (decision,) = store.decisions(case.id)
    assert (decision.content_id, decision.score_id) == (case.content.id, None)


def test_who_is_kept_to_queues_decides_and_takes_back_in_these_alone(store: CaseStore) -> None:
    own, others = file_one(store, 1), file_one(store, 2)
    unknown = CaseId(new_id())
    store.move(others.id, "legal", by="lead")
    ids = [own.id, others.id, unknown]
    found = [BulkState.FREE, BulkState.NOT_YOURS, BulkState.UNKNOWN]
    assert [item.state for item in store.bulk_preview(ids, by="eve", queues=["main"])] == found
    assert {item.state for item in store.bulk_preview(ids[:2], by="eve", queues=[])} == {BulkState.NOT_YOURS}
    done = store.bulk_decide(ids, VERDICT, by="eve", queues=["main"])
    assert [item.state for item in done.items] == found
    assert [store.case(case_id).status for case_id in ids[:2]] == [CaseStatus.DECIDED, CaseStatus.OPEN]
    store.undo_bulk(done.bulk_id, by="eve", queues=["main"])

    both = store.bulk_decide(ids[:2], VERDICT, by="eve").bulk_id
    undone = store.undo_bulk(both, by="eve", queues=["main"])
    assert {item.case_id: item.state for item in undone.items} == {
        own.id: BulkState.WITHDRAWN, others.id: BulkState.NOT_YOURS,
    }  # fmt: skip
    assert len(store.decisions(others.id)) == 1


def test_too_many_are_refused_and_none_are_none(sqlite_store: CaseStore) -> None:
    many = [CaseId(new_id()) for _ in range(MAX_BULK + 1)]
    with pytest.raises(InvalidInputError, match="at most 500"):
        sqlite_store.bulk_preview(many)
    with pytest.raises(InvalidInputError, match="at most 500"):
        sqlite_store.bulk_decide(many, VERDICT, by="eve")
    assert sqlite_store.bulk_preview([]) == ()
    assert sqlite_store.bulk_decide([], VERDICT, by="eve").items == ()
