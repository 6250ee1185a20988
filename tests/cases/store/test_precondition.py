from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta

import pytest

from cases.errors import NotFoundError, OtherQueueError, PreconditionFailedError
from cases.handling import HoldReason, RankReason, ReopenReason, SkipReason
from cases.ids import CaseId, new_id
from cases.precondition import Precondition
from cases.record import Lease, Rank
from cases.store import CaseStore
from tests.cases.store.builders import VERDICT, decide, file_one
from tests.cases.store.conftest import NOON

RANK = Rank(1.0, {"harm": 1.0})
Do = Callable[[CaseStore, CaseId, Lease, Precondition], object]

# What is done under a lease, or to a case that somebody holds.
HELD: dict[str, Do] = {
    "decide": lambda store, case, lease, only_if: store.decide(
        case, VERDICT, holder="ann", token=lease.token, only_if=only_if
    ),
    "renew": lambda store, _, lease, only_if: store.renew(lease, 60, only_if=only_if),
    "release": lambda store, case, lease, only_if: store.release(case, "ann", lease.token, only_if=only_if),
    "skip": lambda store, case, lease, only_if: store.skip(
        case, "ann", lease.token, SkipReason.OTHER, only_if=only_if
    ),
    "hold": lambda store, case, lease, only_if: store.hold(
        case, "ann", lease.token, NOON + timedelta(hours=1), HoldReason.OTHER, only_if=only_if
    ),
    "escalate": lambda store, case, lease, only_if: store.escalate(
        case, "ann", lease.token, "legal", only_if=only_if
    ),
    "claim": lambda store, case, _, only_if: store.claim(case, "ann", 60, only_if=only_if),
    "assign": lambda store, case, _, only_if: store.assign(case, "ann", by="ann", only_if=only_if),
    "unassign": lambda store, case, _, only_if: store.unassign(case, by="ann", only_if=only_if),
    "move": lambda store, case, _, only_if: store.move(case, "legal", by="ann", only_if=only_if),
    "set_severity": lambda store, case, _, only_if: store.set_severity(
        case, 1, by="eve", reason=RankReason.OTHER, rank=RANK, only_if=only_if
    ),
    "set_priority": lambda store, case, _, only_if: store.set_priority(
        case, "high", by="eve", reason=RankReason.OTHER, rank=RANK, only_if=only_if
    ),
    "clear_severity": lambda store, case, _, only_if: store.clear_severity(
        case, by="eve", rank=RANK, only_if=only_if
    ),
    "clear_priority": lambda store, case, _, only_if: store.clear_priority(
        case, by="eve", rank=RANK, only_if=only_if
    ),
}
DECIDED: dict[str, Do] = {
    "undo": lambda store, case, _, only_if: store.undo(case, by="ann", only_if=only_if),
    "reopen": lambda store, case, _, only_if: store.reopen(
        case, by="eve", reason=ReopenReason.OTHER, only_if=only_if
    ),
    "appeal": lambda store, case, _, only_if: store.appeal(case, by="eve", only_if=only_if),
}


def refused_and_done(store: CaseStore, case: CaseId, lease: Lease, do: Do) -> None:
    seen = store.version(case)
    with pytest.raises(PreconditionFailedError, match=rf"'If-Match' must .*it is at {seen}"):
        do(store, case, lease, Precondition({seen - 1, seen + 1}))
    with pytest.raises(OtherQueueError):
        do(store, case, lease, Precondition({seen}, {"legal", "brand"}))
    assert store.version(case) == seen
    do(store, case, lease, Precondition({seen, seen - 1}, {"main"}))


@pytest.mark.parametrize("name", HELD)
def test_what_is_done_with_a_claimed_case_asks_for_its_version_and_its_queue(store: CaseStore, name: str) -> None:
    case = file_one(store).id
    _, lease = store.claim(case, "ann", 60)
    refused_and_done(store, case, lease, HELD[name])


@pytest.mark.parametrize("name", DECIDED)
def test_what_is_done_with_a_decided_case_does_so_too(store: CaseStore, name: str) -> None:
    case = file_one(store).id
    decide(store, case)
    refused_and_done(store, case, Lease(case, "ann", 1, NOON), DECIDED[name])


def test_a_hold_is_ended_as_it_was_seen(store: CaseStore) -> None:
    case = file_one(store).id
    store.hold(case, "ann", None, NOON + timedelta(hours=1), HoldReason.OTHER)
    refused_and_done(
        store, case, Lease(case, "ann", 1, NOON), lambda s, c, _, only_if: s.resume(c, by="ann", only_if=only_if)
    )


def test_merging_asks_for_the_version_of_the_case_that_joins_and_the_queues_of_both(store: CaseStore) -> None:
    one, other = file_one(store, 1, subject_ref="a").id, file_one(store, 2, subject_ref="b").id
    seen = store.version(one)
    with pytest.raises(PreconditionFailedError):
        store.merge(one, other, by="ann", only_if=Precondition({store.version(other)}))
    store.move(other, "legal", by="eve")
    with pytest.raises(OtherQueueError):
        store.merge(one, other, by="ann", only_if=Precondition({seen}, {"main"}))
    store.merge(one, other, by="ann", only_if=Precondition({seen}, {"main", "legal"}))
    assert store.case(one).merged_into == other


def test_splitting_asks_for_the_queue_of_the_case_that_is_left(store: CaseStore) -> None:
    case = file_one(store, 1, subject_ref="a").id
    file_one(store, 2, subject_ref="a")
    last = store.reports(case)[-1].id
    with pytest.raises(OtherQueueError):
        store.split(last, by="ann", only_if=Precondition(queues={"legal"}))
    with pytest.raises(PreconditionFailedError):
        store.split(last, by="ann", only_if=Precondition({store.version(case) + 1}))
    assert store.split(last, by="ann", only_if=Precondition({store.version(case)}, {"main"})) != case


def test_merging_says_nothing_of_how_a_case_stands_to_whoever_does_not_see_it(store: CaseStore) -> None:
    one, other = file_one(store, 1, subject_ref="a").id, file_one(store, 2, subject_ref="b").id
    store.move(other, "legal", by="eve")
    decide(store, other)
    for pair in ((one, other), (other, one)):
        with pytest.raises(OtherQueueError):
            store.merge(*pair, by="ann", only_if=Precondition(queues={"main"}))


# What is asked for the queues of many cases at once, and answers what it left alone.
OF_MANY = {"bulk_preview", "bulk_decide", "undo_bulk", "claim_next"}
# The service's own steps, which nobody asks for.
NOBODYS = {"rerank", "due_for_rerank", "count_ranked_otherwise", "ranked_otherwise"}
ALONE = {"resume", "merge", "split"}


def test_every_step_with_a_case_asks_for_its_queue_under_the_lock() -> None:
    steps = {
        name: inspect.signature(method)
        for name, method in inspect.getmembers(CaseStore, inspect.isfunction)
        if method.__module__.startswith(("cases.store.working.", "cases.store.gathering")) and name[0] != "_"
    }
    of_one = steps.keys() - OF_MANY - NOBODYS
    assert {name for name in of_one if "only_if" not in steps[name].parameters} == set()
    assert {name for name in OF_MANY if "queues" not in steps[name].parameters} == set()
    # All of them are tried above.
    assert of_one == {*HELD, *DECIDED, *ALONE}


def test_there_is_no_version_of_a_case_that_there_is_not(store: CaseStore) -> None:
    with pytest.raises(NotFoundError):
        store.version(CaseId(new_id()))
