"""Ranking open cases again: when an SLA runs out, and when the policy owner changed the weights."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.handling import RankReason
from cases.ids import CaseId
from cases.record import EventKind, RankedFrom
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy
from models.priority import Weights
from serving.ranking import Ranking, case_to_judge
from serving.reranking import AT_ONCE, Reranking
from tests.cases.store.builders import file_one, report, score
from tests.cases.store.conftest import SetClock
from tests.serving.conftest import NOON

# With a factor for an SLA that runs out, which the packaged weights leave at 1.
RANKING = Ranking(load_taxonomy(), Weights(sla_factor=2.0))
REASON = next(iter(RankReason))


def scored(store: CaseStore, number: int, *, level: int = 3, received_at: datetime = NOON) -> CaseId:
    """A case with a score of that severity, ranked as the service does."""
    case = file_one(store, number, received_at=received_at)
    way = (RankedFrom({other: float(other == level) for other in range(1, 5)}, 1.0),)
    placed = RANKING.place(way, case_to_judge(case), level=level)
    kept = replace(
        score(case), severity_level=level, ranked_from=way, priority=placed.parts,
        order_key=placed.order_key, changes_at=placed.changes_at,
    )  # fmt: skip
    store.record_scores([kept], ranked_by=RANKING.digest)
    return case.id


def kinds(store: CaseStore, case_id: CaseId) -> list[EventKind]:
    return [event.kind for event in store.events(case_id)]


def test_an_untouched_case_rises_when_its_sla_runs_out_once(store: CaseStore, clock: SetClock) -> None:
    late, touched = scored(store, 1), scored(store, 2)
    store.claim(touched, "ann", 60)
    before = store.case(late).order_key
    again = Reranking(lambda: store, RANKING, clock)
    assert again.step() == 0
    clock.now = NOON + timedelta(days=30)
    assert again.step() == 2
    risen = store.case(late)
    assert risen.order_key == pytest.approx(before + 1.0)
    assert risen.rank_parts["sla"] == 1.0
    assert sum(risen.rank_parts.values()) == pytest.approx(risen.order_key)
    assert store.case(touched).rank_parts["sla"] == 0.0
    assert again.step() == 0
    assert kinds(store, late).count(EventKind.RERANKED) == 1
    assert store.rebuild() == []


def test_other_weights_rank_the_whole_queue_again_without_the_model_and_go_on_where_they_stopped(
    store: CaseStore, clock: SetClock
) -> None:
    ids = [scored(store, number, level=1 + number % 4) for number in range(30)]
    unscored = [filed.case_id for filed in store.file_reports([report(n) for n in range(100, 103)], actor="intake")]
    heavier = Ranking(RANKING.taxonomy, Weights(harm_per_hour={1: 9.0, 2: 3.0, 3: 2.0, 4: 1.0}))
    assert heavier.digest != RANKING.digest
    assert Reranking(lambda: store, heavier, clock).step() == 33
    # A new process, after a restart, say.
    assert Reranking(lambda: store, heavier, clock).step() == 0
    for case_id in [*ids, *unscored]:
        case = store.case(case_id)
        assert case.order_key == pytest.approx(heavier.of_case(case, store.latest_score(case_id), NOON).order_key)


def test_many_are_ranked_a_few_at_a_time(store: CaseStore, clock: SetClock) -> None:
    store.file_reports([report(number) for number in range(AT_ONCE + 50)], actor="intake")
    again = Reranking(lambda: store, RANKING, clock)
    assert [again.step(), again.step(), again.step()] == [AT_ONCE, 50, 0]


def test_a_severity_that_a_person_set_counts_and_a_priority_is_left_alone(store: CaseStore, clock: SetClock) -> None:
    set_severity, set_priority = scored(store, 1, level=4), scored(store, 2, level=4)
    case = replace(store.case(set_severity), set_severity=2)
    rank = RANKING.of_case(case, None, NOON)
    store.set_severity(set_severity, 2, by="lead", reason=REASON, rank=rank)
    store.set_priority(set_priority, "first", by="lead", reason=REASON, rank=rank)
    other = Ranking(RANKING.taxonomy, Weights(doubling_hours=10.0))
    assert Reranking(lambda: store, other, clock).step() == 1
    assert store.case(set_priority).order_key == rank.order_key
    assert store.case(set_severity).rank_parts["harm"] == pytest.approx(6.0)
    assert Reranking(lambda: store, other, clock).step() == 0
