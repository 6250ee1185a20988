"""What alarms and metrics are made of, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, text

from cases.decision import Suggestion, SuggestionShown
from cases.handling import HoldReason
from cases.record import Case
from cases.store import CameOf, CaseStore, Standing, Unsealed, Waiting
from tests.cases.store.builders import VERDICT, claim, decide, file_one, score
from tests.cases.store.conftest import NOON, SetClock

DAY = timedelta(days=1)


def of_level(store: CaseStore, number: int, level: int) -> Case:
    case = file_one(store, number, received_at=NOON + timedelta(seconds=number))
    store.record_scores([replace(score(case), severity_level=level)])
    return case


def test_open_cases_are_counted_by_severity_and_by_how_they_stand(store: CaseStore, clock: SetClock) -> None:
    assert store.waiting() == []
    file_one(store, 1, received_at=NOON)
    free, later, taken, mine, kept, done = (of_level(store, number, 2) for number in range(2, 8))
    claim(store, taken.id, seconds=600)
    store.assign(mine.id, "bob", by="eve")
    lease = claim(store, kept.id)
    store.hold(kept.id, "ann", lease.token, clock() + DAY, HoldReason.AWAITING_TEAM)
    decide(store, done.id)

    assert {(found.level, found.standing): found for found in store.waiting()} == {
        (None, Standing.FREE): Waiting(None, Standing.FREE, 1, NOON),
        (2, Standing.FREE): Waiting(2, Standing.FREE, 2, free.received_at),
        (2, Standing.CLAIMED): Waiting(2, Standing.CLAIMED, 1, taken.received_at),
        (2, Standing.ASSIGNED): Waiting(2, Standing.ASSIGNED, 1, mine.received_at),
        (2, Standing.HELD): Waiting(2, Standing.HELD, 1, kept.received_at),
    }
    assert later.received_at > free.received_at


def test_a_lease_and_a_hold_that_have_ended_leave_a_case_free_before_anybody_claims(
    store: CaseStore, clock: SetClock, engine: Engine
) -> None:
    taken, kept = of_level(store, 1, 2), of_level(store, 2, 2)
    claim(store, taken.id, seconds=600)
    lease = claim(store, kept.id)
    store.hold(kept.id, "ann", lease.token, clock() + DAY, HoldReason.AWAITING_TEAM)
    clock.forward(days=2)
    with engine.begin() as connection:
        connection.execute(text("UPDATE cases SET leased_until = '2020-01-01 00:00:00.000000' WHERE leased"))
    assert [(found.standing, found.cases) for found in store.waiting()] == [(Standing.FREE, 2)]


def test_what_came_of_suggestions_is_counted_by_tier_and_rank_within_the_window(
    store: CaseStore, clock: SetClock
) -> None:
    # VERDICT is harassment.
    offered = {1: ("harassment", "hate"), 2: ("hate", "harassment"), 3: ("harassment",), 4: ("hate",), 5: ()}
    for number, categories in offered.items():
        case = file_one(store, number)
        scored = replace(score(case), tier="apply" if number < 4 else "suggest")
        store.record_scores([scored])
        decide(store, case.id, shown=SuggestionShown(scored.id, categories))
    decide(store, file_one(store, 6).id)
    gone = decide(store, file_one(store, 7).id)
    store.undo(gone.case_id, by="ann", undo_seconds=600)
    store.bulk_decide([file_one(store, 8).id], VERDICT, by="ann")

    found = {(came.tier, came.suggestion, came.rank): came.decisions for came in store.came_of_suggestions(DAY)}
    assert found == {
        ("apply", Suggestion.ACCEPTED, 1): 2,
        ("apply", Suggestion.ACCEPTED, 2): 1,
        ("suggest", Suggestion.OVERRIDDEN, None): 1,
        ("suggest", Suggestion.UNAIDED, None): 1,
        ("", Suggestion.UNAIDED, None): 1,
    }
    assert all(isinstance(came, CameOf) for came in store.came_of_suggestions(DAY))
    clock.forward(days=2)
    assert store.came_of_suggestions(DAY) == []


def test_how_far_the_log_is_sealed(store: CaseStore, clock: SetClock) -> None:
    assert store.unsealed() == Unsealed(None, None)
    file_one(store, 1)
    clock.forward(minutes=1)
    file_one(store, 2)
    assert store.unsealed() == Unsealed(None, NOON)
    assert store.seal(at_most=1) is not None
    assert store.unsealed() == Unsealed(clock(), clock())
    clock.forward(minutes=1)
    assert store.seal() is not None
    assert store.unsealed() == Unsealed(clock(), None)


def test_cases_that_a_model_has_not_scored_are_counted_no_further_than_asked(store: CaseStore) -> None:
    filed = [file_one(store, number) for number in range(5)]
    model = score(filed[0]).model
    assert store.count_unscored(model, 100) == 5
    assert store.count_unscored(model, 3) == 3
    store.record_scores([score(case) for case in filed[:2]])
    decide(store, filed[4].id)
    assert store.count_unscored(model, 100) == 2 == len(store.unscored(100, model))
    assert store.count_unscored("", 100) == 4


def test_whoever_watches_is_told_each_transaction_by_the_stores_own_method(store_url: str) -> None:
    seen: list[str] = []

    @contextmanager
    def around(name: str) -> Iterator[None]:
        seen.append(f"{name} begins")
        yield
        seen.append(f"{name} ends")

    with CaseStore.open(store_url, around=around) as watched:
        case = file_one(watched, 1)
        watched.record_scores([score(case)])
        decide(watched, case.id)
    told = [line.removesuffix(" begins") for line in seen if line.endswith(" begins")]
    assert {"Reading.case", "Scoring.record_scores", "Deciding.decide"} <= set(told)
    assert all(name.isascii() and "." in name and "<" not in name for name in told), told
    assert len(seen) == 2 * len(told)


def test_what_is_overdue_is_counted_as_it_is_listed(store: CaseStore, clock: SetClock, engine: Engine) -> None:
    first_touch = {1: timedelta(minutes=15), 2: timedelta(hours=4), 3: DAY}
    urgent, mild, stood_still, touched = (
        of_level(store, number, level) for number, level in enumerate((1, 2, 2, 2), 1)
    )

    def stand_still(**seconds: int) -> None:
        with engine.begin() as connection:
            for name, some in seconds.items():
                case = {"mild": mild, "stood_still": stood_still}[name]
                connection.execute(
                    text("UPDATE cases SET paused_seconds = :seconds WHERE id = :id"),
                    {"id": case.id, "seconds": some},
                )

    stand_still(mild=60, stood_still=7200)
    clock.forward(hours=5)
    claim(store, touched.id)
    listed = {level: store.overdue(level, lasting) for level, lasting in first_touch.items()}
    assert listed == {1: [urgent.id], 2: [mild.id], 3: []}
    assert store.overdue_counts(first_touch) == {level: len(ids) for level, ids in listed.items()}
    stand_still(mild=0, stood_still=0)  # as their events say


def test_one_teams_figures_are_of_its_queues_alone(store: CaseStore, clock: SetClock) -> None:
    here, there, done = (of_level(store, number, 1) for number in (1, 2, 3))
    for case in (there, done):
        store.move(case.id, "legal", by="eve")
    decide(store, done.id)
    clock.forward(hours=1)
    claim(store, here.id)
    first_touch = {1: timedelta(minutes=15)}
    for queues, open_, arrived, decided, late, held in (
        (["main"], 1, 1, 0, 0, [here.id]),
        (["legal"], 1, 2, 1, 1, []),
        (["brand"], 0, 0, 0, 0, []),
        (["legal", "main"], 2, 3, 1, 1, [here.id]),
        (None, 2, 3, 1, 1, [here.id]),
    ):
        pulse = store.pulse(DAY, queues=queues)
        assert (pulse.open, pulse.arrived, pulse.decided) == (open_, arrived, decided)
        assert pulse.oldest == (there.received_at if queues is None or "legal" in queues else None)
        assert sum(found.cases for found in store.waiting(queues=queues)) == open_
        assert store.overdue_counts(first_touch, queues=queues) == {1: late}
        assert [lease.case_id for lease in store.all_leases(9, queues=queues)] == held
        assert sum(work.decided for work in store.work_of_each(DAY, queues=queues)) == decided
    assert store.all_leases(0) == []
