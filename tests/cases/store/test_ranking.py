from __future__ import annotations

import math
from datetime import timedelta

import pytest

from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.handling import RankReason, RerankCause
from cases.ids import CaseId, new_id
from cases.record import Rank
from cases.store import CaseStore
from cases.store.working.ranking import Reranked
from tests.cases.store.builders import decide, file_one, kinds, score
from tests.cases.store.conftest import NOON

HOUR = timedelta(hours=1)
HIGH = Rank(7.5, {"harm": 8.0, "waiting": -0.5}, NOON + HOUR)


def test_a_score_brings_its_place_with_its_parts_and_the_time_at_which_it_changes(store: CaseStore) -> None:
    case = file_one(store)
    assert (case.rank_parts, case.rerank_at) == ({}, None)
    sent = score(case, changes_at=NOON + HOUR, queue="legal")
    store.record_scores([sent])
    scored = store.case(case.id)
    assert (scored.order_key, scored.rank_parts, scored.rerank_at) == (1.5, sent.priority, NOON + HOUR)
    assert store.latest_score(case.id) == sent


def test_what_a_person_set_is_not_moved_by_scores_until_it_is_cleared(store: CaseStore) -> None:
    case = file_one(store)
    store.set_severity(case.id, 1, by="eve", reason=RankReason.MISJUDGED, rank=HIGH)
    store.record_scores([score(case, order_key=-3.0)])
    held = store.case(case.id)
    assert (held.set_severity, held.order_key, held.rank_parts, held.rerank_at) == (1, 7.5, HIGH.parts, NOON + HOUR)
    assert store.latest_score(case.id) is not None
    event = next(event for event in store.events(case.id) if event.kind is EventKind.SEVERITY_SET)
    assert (event.actor, event.data["level"], event.data["reason"]) == ("eve", 1, "misjudged")

    store.set_priority(case.id, "urgent", by="eve", reason=RankReason.DEADLINE, rank=Rank(9.0))
    store.clear_severity(case.id, by="eve", rank=Rank(9.0))
    assert (store.case(case.id).set_severity, store.case(case.id).set_priority) == (None, "urgent")
    store.record_scores([score(case, order_key=-3.0)])
    assert store.case(case.id).order_key == 9.0
    store.clear_priority(case.id, by="eve", rank=Rank(-3.0))
    store.clear_priority(case.id, by="eve", rank=Rank(100.0))  # none is set: nothing happens
    assert store.case(case.id).order_key == -3.0
    store.record_scores([score(case, order_key=2.0)])
    assert store.case(case.id).order_key == 2.0


def test_reranking_moves_what_is_as_it_was_and_nothing_else(store: CaseStore) -> None:
    plain, changed, by_hand, level, decided = (file_one(store, number) for number in range(5))
    store.record_scores([score(changed, order_key=4.0)])
    store.set_priority(by_hand.id, "urgent", by="eve", reason=RankReason.OTHER, rank=Rank(0.0))
    store.set_severity(level.id, 2, by="eve", reason=RankReason.OTHER, rank=Rank(0.0))
    decide(store, decided.id)
    batch = [Reranked(case.id, HIGH, 0.0) for case in (plain, changed, by_hand, level, decided)]
    batch += [Reranked(plain.id, Rank(1.0), 7.5), Reranked(CaseId(new_id()), HIGH, 0.0)]
    answers = store.rerank(batch, cause=RerankCause.CLOCK)
    assert answers == [True, False, False, True, False, False, False]
    assert [store.case(case.id).order_key for case in (plain, changed, by_hand, level, decided)] == [
        7.5, 4.0, 0.0, 7.5, 0.0,
    ]  # fmt: skip
    assert store.events(plain.id)[-1].data == {
        "cause": "clock",
        "order_key": 7.5,
        "parts": HIGH.parts,
        "changes_at": (NOON + HOUR).isoformat(),
    }
    assert EventKind.RERANKED not in kinds(store, changed.id)
    assert store.rerank([]) == []


def test_due_are_open_cases_whose_time_has_come_the_longest_due_first(store: CaseStore) -> None:
    early, late, later, by_hand, decided, _never = (file_one(store, number) for number in range(6))
    times = {early.id: 1, late.id: 2, later.id: 4, by_hand.id: 1, decided.id: 1}
    store.rerank([Reranked(case_id, Rank(1.0, {}, NOON + hours * HOUR), 0.0) for case_id, hours in times.items()])
    store.set_priority(by_hand.id, "urgent", by="eve", reason=RankReason.OTHER, rank=Rank(2.0, {}, NOON))
    decide(store, decided.id)
    assert store.due_for_rerank(NOON, 10) == []
    assert [case.id for case in store.due_for_rerank(NOON + 3 * HOUR, 10)] == [early.id, late.id]
    assert [case.id for case in store.due_for_rerank(NOON + 3 * HOUR, 1)] == [early.id]


def test_a_decided_case_is_not_ranked_by_hand(store: CaseStore) -> None:
    case = file_one(store)
    decide(store, case.id)
    with pytest.raises(ConflictError, match="decided"):
        store.set_severity(case.id, 1, by="eve", reason=RankReason.OTHER, rank=HIGH)


@pytest.mark.parametrize(
    "rank", [Rank(math.inf), Rank(1.0, {"harm": math.nan}), Rank(1.0, {}, NOON.replace(tzinfo=None))]
)
def test_a_rank_that_is_none_is_refused(sqlite_store: CaseStore, rank: Rank) -> None:
    case = file_one(sqlite_store)
    for attempt in (
        lambda: sqlite_store.set_severity(case.id, 1, by="eve", reason=RankReason.OTHER, rank=rank),
        lambda: sqlite_store.rerank([Reranked(case.id, rank, 0.0)]),
    ):
        with pytest.raises(InvalidInputError):
            attempt()
    with pytest.raises(InvalidInputError, match="'severity' must"):
        sqlite_store.set_severity(case.id, 0, by="eve", reason=RankReason.OTHER, rank=HIGH)
