"""Ranking open cases again: when an SLA runs out, and when the policy owner changed the weights."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.event import EventKind
from cases.handling import RankReason
from cases.ids import CaseId
from cases.record import Case, Rank, RankedFrom
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy
from models.priority import Weights
from serving.chores.reranking import AT_ONCE, Reranking
from serving.scoring.ranking import Ranking, case_to_judge
from serving.scoring.rankings import Rankings
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
    again = Reranking(lambda: store, Rankings(RANKING), clock)
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
    assert Reranking(lambda: store, Rankings(heavier), clock).step() == 33
    # A new process, after a restart, say.
    assert Reranking(lambda: store, Rankings(heavier), clock).step() == 0
    for case_id in [*ids, *unscored]:
        case = store.case(case_id)
        assert case.order_key == pytest.approx(heavier.of_case(case, store.latest_score(case_id), NOON).order_key)


def test_many_are_ranked_a_few_at_a_time(store: CaseStore, clock: SetClock) -> None:
    store.file_reports([report(number) for number in range(AT_ONCE + 50)], actor="intake")
    again = Reranking(lambda: store, Rankings(RANKING), clock)
    assert [again.step(), again.step(), again.step()] == [AT_ONCE, 50, 0]


def by_hand(store: CaseStore, case_id: CaseId, ranking: Ranking, **what: object) -> None:
    """What the API does where a person sets a severity or a priority."""
    case = replace(store.case(case_id), **what)
    rank = ranking.of_case(case, store.latest_score(case_id), NOON)
    if case.set_severity:
        store.set_severity(case_id, case.set_severity, by="lead", reason=REASON, rank=rank)
    if case.set_priority:
        store.set_priority(case_id, case.set_priority, by="lead", reason=REASON, rank=rank)


def test_what_a_person_set_keeps_its_place_among_the_others_under_other_weights(
    store: CaseStore, clock: SetClock
) -> None:
    plain, grave, low, first = (scored(store, number, level=4) for number in range(4))
    by_hand(store, grave, RANKING, set_severity=2)
    by_hand(store, low, RANKING, set_priority="low")
    by_hand(store, first, RANKING, set_priority="first")
    order = [case.id for case in store.queue(9)]
    assert order.index(first) == 0
    # A key counts waiting from 1970, so other hours of doubling move every key by hundreds.
    other = Ranking(RANKING.taxonomy, Weights(doubling_hours=10.0))
    again = Reranking(lambda: store, Rankings(other), clock)
    assert (again.step(), again.step()) == (4, 0)
    assert [case.id for case in store.queue(9)] == order
    assert store.case(grave).rank_parts["harm"] == pytest.approx(6.0)
    assert store.case(plain).rank_parts["harm"] == pytest.approx(0.0)


def test_a_rank_by_hand_that_was_worked_out_from_what_is_past_is_put_right(store: CaseStore, clock: SetClock) -> None:
    case_id = scored(store, 1, level=4)
    again = Reranking(lambda: store, Rankings(RANKING), clock)
    again.step()
    # Bob's severity was worked out before Ann's priority came, and is written after it.
    late = RANKING.of_case(replace(store.case(case_id), set_severity=1), None, NOON)
    by_hand(store, case_id, RANKING, set_priority="low")
    store.set_severity(case_id, 1, by="bob", reason=REASON, rank=late)
    assert set(store.case(case_id).rank_parts) == {"by_hand", "waiting"}
    # Worked out under other weights, in a shell that does not know the service's.
    foreign = Ranking(RANKING.taxonomy, Weights(doubling_hours=10.0))
    by_hand(store, case_id, foreign, set_priority="high")
    assert again.step() == 1
    assert store.case(case_id).order_key == RANKING.of_case(store.case(case_id), None, NOON).order_key


def test_a_case_that_cannot_be_ranked_keeps_no_other_where_it_is(
    store: CaseStore, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [scored(store, number) for number in range(3)]
    other = Ranking(RANKING.taxonomy, Weights(doubling_hours=10.0))
    right = Ranking.of_case

    def stumbles(ranking: Ranking, case: Case, *rest: object) -> Rank:
        if case.id == ids[1]:
            raise OverflowError("a secret")
        return right(ranking, case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Ranking, "of_case", stumbles)
    again = Reranking(lambda: store, Rankings(other), clock)
    assert (again.step(), again.step()) == (3, 0)
    assert [store.case(case_id).ranked_by == other.digest for case_id in ids] == [True, False, True]


def test_two_services_with_other_weights_take_cases_from_each_other_but_once(
    store: CaseStore, clock: SetClock
) -> None:
    for number in range(5):
        scored(store, number)
    one, two = (
        Reranking(lambda: store, Rankings(Ranking(RANKING.taxonomy, Weights(doubling_hours=hours))), clock)
        for hours in (10.0, 20.0)
    )
    steps = [one.step(), two.step(), *(service.step() for _ in range(5) for service in (one, two))]
    assert steps[:2] == [5, 5]
    assert sum(steps) <= 10
    # What somebody sets is anybody's to put right, once.
    by_hand(store, store.queue(1)[0].id, RANKING, set_severity=2)
    assert [one.step(), two.step(), one.step(), two.step()] == [1, 0, 0, 0]


def test_a_score_that_moves_nothing_does_not_say_that_its_case_was_ranked(store: CaseStore) -> None:
    case_id = scored(store, 1)
    by_hand(store, case_id, RANKING, set_severity=2)
    store.record_scores([score(store.case(case_id))], ranked_by=RANKING.digest)
    assert store.case(case_id).ranked_by == ""


def test_a_claimed_case_is_no_longer_lifted_by_the_time_to_first_touch(store: CaseStore, clock: SetClock) -> None:
    case_id = scored(store, 1)
    again = Reranking(lambda: store, Rankings(RANKING), clock)
    clock.now = NOON + timedelta(days=30)
    again.step()
    assert store.case(case_id).rank_parts["sla"] == 1.0
    _, lease = store.claim(case_id, "ann", 60)
    store.release(case_id, "ann", lease.token)
    assert again.step() == 1
    assert store.case(case_id).rank_parts["sla"] == 0.0


def test_a_score_from_before_it_was_kept_what_it_was_ranked_from_still_counts(
    store: CaseStore, clock: SetClock
) -> None:
    case = file_one(store, 1, received_at=NOON)
    store.record_scores([replace(score(case), severity={1: 0.97, 2: 0.01, 3: 0.01, 4: 0.01}, tier="suggest")])
    Reranking(lambda: store, Rankings(RANKING), clock).step()
    assert store.case(case.id).rank_parts["severity_1_floor"] > 0.0
