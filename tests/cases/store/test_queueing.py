from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, update

from cases.errors import ConflictError, InvalidInputError, NotFoundError, StaleLeaseError
from cases.event import EventKind
from cases.ids import CaseId, new_id
from cases.record import CaseStatus, Lease
from cases.store import CaseStore
from cases.store.tables import cases, leases
from tests.cases.store.builders import MORNING, VERDICT, decide, file_one, report, score
from tests.cases.store.conftest import NOON, SetClock


def queue_of(store: CaseStore, *order_keys: float) -> list[CaseId]:
    cases = [file_one(store, number) for number in range(len(order_keys))]
    store.record_scores([score(case, order_key=key) for case, key in zip(cases, order_keys, strict=True)])
    return [case.id for case in cases]


def test_the_queue_goes_by_order_key_then_by_age_then_by_id(store: CaseStore) -> None:
    low, high, older_tie = queue_of(store, -1.0, 2.5, 0.5)
    tie = store.file_reports([report(8, received_at=MORNING)], actor="intake", order_key=0.5)[0].case_id
    twins = store.file_reports(
        [report(number, received_at=MORNING) for number in (9, 10)], actor="intake", order_key=0.25
    )
    expected = [high, tie, older_tie, *sorted(twin.case_id for twin in twins), low]
    assert [case.id for case in store.queue(10)] == expected
    assert [case.id for case in store.queue(2, offset=1)] == expected[1:3]
    assert store.queue_length() == 6

    claimed = []
    while (got := store.claim_next("ann", 60)) is not None:
        claimed.append(got[0].id)
    assert claimed == expected


def test_a_claimed_case_stays_listed_as_claimed_and_is_not_handed_out_again(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    got = store.claim_next("ann", 60)
    assert got is not None
    case, lease = got
    assert (case.id, case.status, lease.holder) == (only, CaseStatus.CLAIMED, "ann")
    assert store.claim_next("bob", 60) is None
    assert [listed.status for listed in store.queue(10)] == [CaseStatus.CLAIMED]
    assert store.queue_length() == 1


def test_the_first_claim_is_dated_by_the_business_clock_once(store: CaseStore, clock: SetClock) -> None:
    (only,) = queue_of(store, 1.0)
    _, lease = store.claim(only, "ann", 60)
    assert store.case(only).first_claimed_at == NOON
    store.release(only, "ann", lease.token)
    clock.forward(hours=2)
    store.claim(only, "bob", 60)
    assert store.case(only).first_claimed_at == NOON


def test_eight_at_once_claim_each_case_once(store: CaseStore) -> None:
    filed = store.file_reports([report(number) for number in range(60)], actor="intake")

    def work(name: str) -> list[CaseId]:
        mine = []
        while (got := store.claim_next(name, 60)) is not None:
            case, lease = got
            assert (lease.case_id, lease.holder, lease.token) == (case.id, name, 1)
            mine.append(case.id)
        return mine

    with ThreadPoolExecutor(8) as pool:
        claimed = [case_id for mine in pool.map(work, [f"associate {n}" for n in range(8)]) for case_id in mine]
    assert len(claimed) == len(set(claimed))
    # One that stops early leaves the case that another was claiming at that moment to that other.
    assert set(claimed) == {answer.case_id for answer in filed}


def test_eight_who_want_one_case_leave_it_with_one(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)

    def want(name: str) -> Lease | None:
        try:
            return store.claim(only, name, 60)[1]
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as pool:
        leases = [lease for lease in pool.map(want, [f"associate {n}" for n in range(8)]) if lease]
    assert len(leases) == 1


def test_a_lease_ends_by_the_databases_clock_whatever_the_business_clock_says(
    store: CaseStore, clock: SetClock
) -> None:
    (only,) = queue_of(store, 1.0)
    _, lease = store.claim(only, "ann", 1)
    clock.forward(days=1)
    assert store.claim_next("bob", 60) is None
    time.sleep(1.1)
    assert store.case(only).status is CaseStatus.OPEN
    got = store.claim_next("bob", 60)
    assert got is not None
    assert got[1].token == lease.token + 1


def test_one_who_comes_back_too_late_can_do_nothing_with_the_old_lease(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    _, late = store.claim(only, "ann", 0.05)
    time.sleep(0.1)
    for attempt in (
        lambda: store.renew(late, 60),
        lambda: store.release(only, "ann", late.token),
        lambda: store.decide(only, VERDICT, holder="ann", token=late.token, shown=None),
    ):
        with pytest.raises(StaleLeaseError, match=r"ended \d+\.\d s ago.*claim the case again"):
            attempt()
    _, newer = store.claim(only, "bob", 60)
    for attempt in (
        lambda: store.renew(late, 60),
        lambda: store.release(only, "ann", late.token),
        lambda: store.decide(only, VERDICT, holder="ann", token=late.token, shown=None),
        lambda: store.decide(only, VERDICT, holder="bob", token=late.token, shown=None),
    ):
        with pytest.raises(StaleLeaseError, match=f"token {late.token}, the newest is {newer.token}"):
            attempt()
    with pytest.raises(StaleLeaseError, match="another's token"):
        store.decide(only, VERDICT, holder="ann", token=newer.token, shown=None)
    assert store.decide(only, VERDICT, holder="bob", token=newer.token, shown=None).decided_by == "bob"


def test_a_case_never_claimed_cannot_be_decided(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    with pytest.raises(StaleLeaseError, match="never claimed"):
        store.decide(only, VERDICT, holder="ann", token=1, shown=None)


def test_a_renewed_lease_outlasts_its_first_end(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    _, lease = store.claim(only, "ann", 0.5)
    renewed = store.renew(lease, 60)
    assert (renewed.token, renewed.holder) == (lease.token, "ann")
    assert renewed.expires_at > lease.expires_at
    time.sleep(0.6)
    assert store.claim_next("bob", 60) is None


def test_a_released_case_is_handed_out_at_once_and_its_lease_is_spent(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    _, lease = store.claim(only, "ann", 60)
    store.release(only, "ann", lease.token)
    with pytest.raises(StaleLeaseError):
        store.renew(lease, 60)
    got = store.claim_next("bob", 60)
    assert got is not None
    assert got[0].id == only


def test_the_holder_who_claims_again_gets_a_new_token_and_the_old_one_is_stale(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    _, first = store.claim(only, "ann", 60)
    _, second = store.claim(only, "ann", 60)
    assert second.token == first.token + 1
    with pytest.raises(StaleLeaseError):
        store.release(only, "ann", first.token)


def test_another_cannot_claim_a_held_case(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    store.claim(only, "ann", 60)
    with pytest.raises(ConflictError, match="held until"):
        store.claim(only, "bob", 60)


def test_a_decided_case_cannot_be_claimed(store: CaseStore) -> None:
    (only,) = queue_of(store, 1.0)
    decide(store, only)
    with pytest.raises(ConflictError, match="decided"):
        store.claim(only, "ann", 60)
    assert store.claim_next("ann", 60) is None
    assert store.queue(10) == []
    assert store.queue_length() == 0


def test_each_step_on_a_case_leaves_an_event(store: CaseStore) -> None:
    case = file_one(store)
    _, lease = store.claim(case.id, "ann", 60)
    store.renew(lease, 60)
    store.release(case.id, "ann", lease.token)
    steps = [(event.kind, event.actor, dict(event.data)) for event in store.events(case.id)[1:]]
    assert steps == [
        (kind, "ann", {"token": 1}) for kind in (EventKind.CLAIMED, EventKind.RENEWED, EventKind.RELEASED)
    ]
    numbers = [event.seq for event in store.events(case.id)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 7 * 24 * 3600 + 1])
def test_a_lease_that_never_holds_or_never_ends_is_refused(sqlite_store: CaseStore, seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="'lease_seconds' must"):
        sqlite_store.claim_next("ann", seconds)


def test_an_unknown_case_is_not_found(store: CaseStore) -> None:
    unknown = CaseId(new_id())
    for attempt in (
        lambda: store.case(unknown),
        lambda: store.events(unknown),
        lambda: store.claim(unknown, "ann", 60),
        lambda: store.release(unknown, "ann", 1),
        lambda: store.decide(unknown, VERDICT, holder="ann", token=1, shown=None),
    ):
        with pytest.raises(NotFoundError, match="'case_id' must"):
            attempt()
    assert store.reports(unknown) == ()
    assert store.decisions(unknown) == ()
    assert store.latest_score(unknown) is None


def test_of_several_queues_the_best_that_nobody_is_taking_is_handed_out(store: CaseStore, engine: Engine) -> None:
    keys = {"a": (10.0, 1.0), "b": (9.0, 8.0)}
    ids = {}
    for number, (queue, key) in enumerate((queue, key) for queue, both in keys.items() for key in both):
        case = file_one(store, number)
        store.record_scores([score(case, order_key=key, queue=queue)])
        ids[key] = case.id
    if engine.dialect.name == "sqlite":
        store.claim(ids[10.0], "bob", 60)
        expected = [9.0, 8.0, 1.0]
        assert [claimed_key(store) for _ in expected] == expected
        return
    with engine.begin() as taking:
        # Somebody is taking the very best at this moment.
        taking.execute(select(cases).where(cases.c.id == ids[10.0]).with_for_update(key_share=True)).one()
        assert [claimed_key(store) for _ in range(2)] == [9.0, 8.0]


def claimed_key(store: CaseStore) -> float:
    got = store.claim_next("ann", 60, queues=["a", "b"])
    assert got is not None
    return got[0].order_key


def test_of_many_whose_lease_lapsed_the_most_urgent_is_put_back_and_handed_out_first(
    store: CaseStore, engine: Engine
) -> None:
    ids = queue_of(store, *[float(number) for number in range(120)])
    for case_id in ids:
        store.claim(case_id, "gone", 60)
    lapse(engine)
    got = [store.claim_next("ann", 60) for _ in range(60)]
    assert [claim[0].id for claim in got if claim] == list(reversed(ids))[:60]


def lapse(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(leases).values(expires_at=MORNING))
        connection.execute(update(cases).values(leased_until=MORNING))
