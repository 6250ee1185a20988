"""A random life: everything that can happen to cases, in any order, against a model that is written otherwise.

500 lives of 50 steps in all; CASELOAD_SOAK=1 makes it 5,000 on each database.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select, text

from cases.errors import ConflictError
from cases.handling import HoldReason, Outcome, RankReason, ReopenReason, SkipReason
from cases.ids import BulkId, CaseId, ReportId
from cases.record import Lease, Rank
from cases.store import CaseStore
from cases.store.engine import make_engine
from cases.store.tables import skips
from cases.store.working.ranking import Reranked
from tests.cases.store.builders import VERDICT, report, score
from tests.cases.store.conftest import NOON, SetClock
from tests.cases.store.model_of_life import UNDO, ModelCase, Reported, Taken
from tests.databases import emptied, fresh_database

SOAK = os.environ.get("CASELOAD_SOAK") == "1"
STEPS = 50
LIVES = {"sqlite": 300, "postgresql": 100, "mariadb": 100}

WHO = st.sampled_from(["ann", "bob", "eve"])
QUEUE = st.sampled_from(["main", "legal", "brand"])
KEY = st.sampled_from([-1.5, 0.0, 0.1 + 0.2, 2.0, 7.0])
ANY = st.integers(0, 1_000)
DUE = st.one_of(st.none(), st.integers(0, 72).map(lambda hours: NOON + timedelta(hours=hours)))


class Life(RuleBasedStateMachine):
    """Each rule does the same to the store and to the model; what the model refuses the store must refuse."""

    # Set by the test that runs it.
    store: CaseStore
    engine: Engine
    clock: SetClock
    clean: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.cases: dict[CaseId, ModelCase] = {}
        self.leases: list[Lease] = []
        self.bulks: dict[BulkId, list[tuple[CaseId, Any]]] = {}
        self.number = 0
        self.clock.now = NOON

    def teardown(self) -> None:
        for model in self.cases.values():
            self._same(model)
        assert self.store.rebuild() == []
        self.clean()

    # --- picking

    def _case(self, pick: int) -> ModelCase:
        return list(self.cases.values())[pick % len(self.cases)]

    def _lease(self, pick: int) -> tuple[Lease, ModelCase, bool]:
        # The newest ones are likelier to be alive.
        lease = self.leases[-1 - pick % min(len(self.leases), 6)]
        model = self.cases[lease.case_id]
        return lease, model, model.held_by(lease.holder, lease.token)

    @staticmethod
    def _does(allowed: bool, call: Callable[[], Any]) -> Any:
        if allowed:
            return call()
        with pytest.raises(ConflictError):
            call()
        return None

    # --- coming in

    @initialize()
    def begin(self) -> None:
        self._file("u1", 0)

    @rule(subject=st.sampled_from([None, "u1", "u2"]), minutes=st.integers(-60, 60))
    def file(self, subject: str | None, minutes: int) -> None:
        # A few cases, to which much happens.
        self._file(subject if len(self.cases) < 4 else "u1", minutes)

    def _file(self, subject: str | None, minutes: int) -> None:
        self.number += 1
        received = NOON + timedelta(minutes=minutes)
        about = {"subject_kind": "user", "subject_ref": subject} if subject else {}
        sent = report(self.number, received_at=received, **about)
        (filed,) = self.store.file_reports([sent], actor="intake")
        fit = [
            m for m in self.cases.values() if m.status == "open" and m.gathers and subject and m.subject == subject
        ]
        if not fit:
            began = Reported(self.number, received, subject, filed.case_id)
            self.cases[filed.case_id] = ModelCase(filed.case_id, [began], subject)
            return
        model = min(fit, key=lambda m: (m.received, m.id))
        assert filed.case_id == model.id
        model.reports.append(Reported(self.number, received, subject, model.id))
        model.skipped.clear()

    @rule(pick=ANY, key=KEY, queue=st.sampled_from(["", "legal"]), due=DUE)
    def score(self, pick: int, key: float, queue: str, due: Any) -> None:
        model = self._case(pick)
        self.store.record_scores([score(self.store.case(model.id), order_key=key, queue=queue, changes_at=due)])
        if queue and not model.fixed and queue != model.queue:
            model.queue = queue
            model.skipped.clear()
        if model.priority is None and model.severity is None:
            model.key, model.due = key, due

    # --- the queue

    @rule(who=WHO, queues=st.one_of(st.none(), st.lists(QUEUE, min_size=1, max_size=2)))
    def claim_next(self, who: str, queues: list[str] | None) -> None:
        free = [
            model
            for model in self.cases.values()
            if model.free(who, self.clock.now) and (queues is None or model.queue in queues)
        ]
        got = self.store.claim_next(who, 600, queues=queues)
        if not free:
            assert got is None
            return
        assert got is not None
        model = min(free, key=lambda m: m.place)
        model.claim(who)
        assert (got[0].id, got[1].token) == (model.id, model.token)
        self.leases.append(got[1])

    @rule(pick=ANY, who=WHO)
    def claim(self, pick: int, who: str) -> None:
        self._claim(self._case(pick), who)

    @rule(pick=ANY, who=WHO, skips=st.booleans())
    def claim_and_give_back(self, pick: int, who: str, skips: bool) -> None:
        if self._claim(self._case(pick), who):
            self.give_back(0, skips)

    @rule(pick=ANY, who=WHO, outcome=st.sampled_from(Outcome))
    def claim_and_decide(self, pick: int, who: str, outcome: Outcome) -> None:
        if self._claim(self._case(pick), who):
            self.decide(0, outcome)

    def _claim(self, model: ModelCase, who: str) -> bool:
        allowed = model.claimable(who, self.clock.now) and model.holder in (None, who)
        got = self._does(allowed, lambda: self.store.claim(model.id, who, 600))
        if got:
            model.claim(who)
            assert got[1].token == model.token
            self.leases.append(got[1])
        return bool(got)

    @rule(pick=ANY)
    def let_a_lease_run_out(self, pick: int) -> None:
        model = self._case(pick)
        long_ago = "'2020-01-01 00:00:00.000000'"
        with self.engine.begin() as connection:
            for table, column, key in (("leases", "expires_at", "case_id"), ("cases", "leased_until", "id")):
                ends = f"UPDATE {table} SET {column} = {long_ago} WHERE {key} = :id"  # noqa: S608 - our own words
                if table == "cases":
                    ends += " AND leased_until IS NOT NULL"
                connection.execute(text(ends), {"id": model.id})
        model.holder = None

    @rule(minutes=st.sampled_from([1, 15, 90, 60 * 30]))
    def time_goes_by(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @precondition(lambda self: self.leases)
    @rule(pick=ANY)
    def renew(self, pick: int) -> None:
        lease, _, alive = self._lease(pick)
        self._does(alive, lambda: self.store.renew(lease, 600))

    @precondition(lambda self: self.leases)
    @rule(pick=ANY, skips=st.booleans())
    def give_back(self, pick: int, skips: bool) -> None:
        lease, model, alive = self._lease(pick)
        if skips:
            self._does(alive, lambda: self.store.skip(lease.case_id, lease.holder, lease.token, SkipReason.OTHER))
        else:
            self._does(alive, lambda: self.store.release(lease.case_id, lease.holder, lease.token))
        if alive:
            model.holder = None
            if skips:
                model.skipped.add(lease.holder)

    @rule(pick=ANY, who=WHO)
    def unskip(self, pick: int, who: str) -> None:
        self.store.unskip(self._case(pick).id, who, by="eve")
        self._case(pick).skipped.discard(who)

    @precondition(lambda self: self.leases)
    @rule(pick=ANY, minutes=st.sampled_from([10, 120]))
    def hold(self, pick: int, minutes: int) -> None:
        lease, model, alive = self._lease(pick)
        span = timedelta(minutes=minutes)
        until = self.clock.now + span
        self._does(alive, lambda: self.store.hold(lease.case_id, lease.holder, lease.token, until, HoldReason.OTHER))
        if alive:
            model.holder, model.hold = None, until
            model.pause(span)

    @rule(pick=ANY)
    def resume(self, pick: int) -> None:
        model = self._case(pick)
        held = model.hold is not None and model.hold > self.clock.now
        self._does(held, lambda: self.store.resume(model.id, by="eve"))
        if held and model.hold is not None:
            model.pause(self.clock.now - model.hold)
            model.hold = None

    # --- whose it is

    @rule(pick=ANY, to=WHO)
    def assign(self, pick: int, to: str) -> None:
        model = self._case(pick)
        allowed = model.undisturbed(to, "eve") and model.barred != to
        self._does(allowed, lambda: self.store.assign(model.id, to, by="eve"))
        if allowed:
            model.assigned = to
            model.skipped.clear()

    @rule(pick=ANY)
    def unassign(self, pick: int) -> None:
        model = self._case(pick)
        self._does(model.status == "open", lambda: self.store.unassign(model.id, by="eve"))
        if model.status == "open" and model.assigned:
            model.assigned = None
            model.skipped.clear()

    @precondition(lambda self: self.leases)
    @rule(pick=ANY, team=QUEUE)
    def escalate(self, pick: int, team: str) -> None:
        lease, model, alive = self._lease(pick)
        self._does(alive, lambda: self.store.escalate(lease.case_id, lease.holder, lease.token, team, note="look"))
        if alive:
            model.holder, model.assigned, model.queue, model.fixed = None, None, team, True
            model.skipped.clear()

    @rule(pick=ANY, queue=QUEUE)
    def move(self, pick: int, queue: str) -> None:
        model = self._case(pick)
        allowed = model.undisturbed("eve")
        self._does(allowed, lambda: self.store.move(model.id, queue, by="eve"))
        if allowed:
            model.queue, model.fixed = queue, True
            model.skipped.clear()

    # --- decisions

    @precondition(lambda self: self.leases)
    @rule(pick=ANY, outcome=st.sampled_from(Outcome))
    def decide(self, pick: int, outcome: Outcome) -> None:
        lease, model, alive = self._lease(pick)
        said = outcome if model.appealed else None
        decision = self._does(
            alive,
            lambda: self.store.decide(
                lease.case_id, VERDICT, holder=lease.holder, token=lease.token, outcome=said, note="why"
            ),
        )
        if decision:
            assert decision.reviews == (model.chain[-1].id if model.chain else None)
            model.decide(Taken(decision.id, lease.holder, self.clock.now, on_appeal=model.appealed))

    @rule(pick=ANY)
    def reopen(self, pick: int) -> None:
        model = self._case(pick)
        decided = model.status == "decided"
        self._does(decided, lambda: self.store.reopen(model.id, by="eve", reason=ReopenReason.MISTAKE))
        if decided:
            model.open_again(appealed=False)

    @rule(pick=ANY)
    def appeal(self, pick: int) -> None:
        model = self._case(pick)
        decided = model.status == "decided"
        self._does(decided, lambda: self.store.appeal(model.id, by="u1", note="no"))
        if decided:
            model.open_again(appealed=True)
            model.assigned = None

    @rule(pick=ANY)
    def undo(self, pick: int) -> None:
        model = self._case(pick)
        fresh = model.status == "decided" and self.clock.now - model.chain[-1].at <= UNDO
        self._does(fresh, lambda: self.store.undo(model.id, by="eve"))
        if fresh:
            model.withdraw()

    @rule(picks=st.lists(ANY, min_size=1, max_size=4), who=WHO)
    def bulk_decide(self, picks: list[int], who: str) -> None:
        wanted = {self._case(pick).id: self._case(pick) for pick in picks}
        expected = {case_id: model.found_in_bulk(who, self.clock.now) for case_id, model in wanted.items()}
        assert {i.case_id: i.state.value for i in self.store.bulk_preview(list(wanted), by=who)} == expected
        done = self.store.bulk_decide(list(wanted), VERDICT, by=who)
        assert {item.case_id: item.state.value for item in done.items} == expected
        for item in done.items:
            if item.decision_id:
                model = wanted[item.case_id]
                model.claim(who)
                model.decide(Taken(item.decision_id, who, self.clock.now, on_appeal=False, bulk=done.bulk_id))
                self.bulks.setdefault(done.bulk_id, []).append((item.case_id, self.clock.now))

    @precondition(lambda self: self.bulks)
    @rule(pick=ANY)
    def undo_bulk(self, pick: int) -> None:
        bulk_id = list(self.bulks)[pick % len(self.bulks)]
        members = [self.cases[case_id] for case_id, _ in self.bulks[bulk_id]]
        fresh = self.clock.now - self.bulks[bulk_id][0][1] <= UNDO
        undone = self._does(fresh, lambda: self.store.undo_bulk(bulk_id, by="eve"))
        if not fresh:
            return
        standing = {m.id for m in members if m.status == "decided" and m.chain[-1].bulk == bulk_id}
        assert {item.case_id for item in undone.items if item.decision_id} == standing
        for case_id in standing:
            self.cases[case_id].withdraw()

    # --- places

    @rule(pick=ANY, key=KEY, due=DUE, what=st.sampled_from(["severity", "priority"]), clears=st.booleans())
    def rank_by_hand(self, pick: int, key: float, due: Any, what: str, clears: bool) -> None:
        model = self._case(pick)
        rank, by = Rank(key, {"harm": key}, due), {"by": "eve"}
        value: Any = 2 if what == "severity" else "urgent"
        if clears:
            clear = getattr(self.store, f"clear_{what}")
            self._does(model.status == "open", lambda: clear(model.id, rank=rank, **by))
            happens = model.status == "open" and getattr(model, what) is not None
        else:
            put = getattr(self.store, f"set_{what}")
            self._does(model.status == "open", lambda: put(model.id, value, rank=rank, reason=RankReason.OTHER, **by))
            happens = model.status == "open"
        if happens:
            setattr(model, what, None if clears else value)
            model.key, model.due = key, due

    @rule(picks=st.lists(ANY, min_size=1, max_size=3, unique=True), key=KEY, due=DUE, expected=KEY)
    def rerank(self, picks: list[int], key: float, due: Any, expected: float) -> None:
        wanted = list({self._case(pick).id: self._case(pick) for pick in picks}.values())
        fit = [m.status == "open" and m.priority is None and m.key == expected for m in wanted]
        assert self.store.rerank([Reranked(m.id, Rank(key, {}, due), expected) for m in wanted]) == fit
        for model, moved in zip(wanted, fit, strict=True):
            if moved:
                model.key, model.due = key, due
        due_now = [
            m
            for m in self.cases.values()
            if m.status == "open" and m.priority is None and m.due and m.due <= self.clock.now
        ]
        expected_ids = [m.id for m in sorted(due_now, key=lambda m: (m.due, m.id))]
        assert [case.id for case in self.store.due_for_rerank(self.clock.now, 1000)] == expected_ids

    # --- apart and together

    @rule(pick=ANY, which=ANY)
    def split(self, pick: int, which: int) -> None:
        model = self._case(pick)
        if not model.reports:
            return
        gone = model.reports[which % len(model.reports)]
        found = self.store.report_by_ref("helpdesk", f"ticket-{gone.number}")
        assert found is not None
        allowed = model.undisturbed("eve") and len(model.reports) > 1
        new_id = self._does(allowed, lambda: self.store.split(ReportId(found.id), by="eve"))
        if not allowed:
            return
        model.reports.remove(gone)
        model.skipped.clear()
        self.cases[new_id] = ModelCase(
            new_id,
            [gone],
            gone.subject,
            key=model.key,
            queue=model.queue,
            fixed=model.fixed,
            gathers=gone.began_in != model.id,
        )

    @rule(pick=ANY, other=ANY)
    def merge(self, pick: int, other: int) -> None:
        model, into = self._case(pick), self._case(other)
        if model is into:
            return
        allowed = all(m.undisturbed("eve") and not m.chain for m in (model, into))
        self._does(allowed, lambda: self.store.merge(model.id, into.id, by="eve"))
        if allowed:
            into.reports += model.reports
            into.skipped.clear()
            model.skipped.clear()
            model.reports, model.status, model.hold, model.assigned = [], "merged", None, None

    # --- what must hold

    @invariant()
    def the_queue_is_the_models(self) -> None:
        waiting = sorted((m for m in self.cases.values() if m.status == "open"), key=lambda m: m.place)
        shown = [
            (c.id, c.status.value, c.queue, c.hold_until, c.assigned_to, c.barred) for c in self.store.queue(1000)
        ]
        assert shown == [
            (m.id, "claimed" if m.holder else "open", m.queue, m.hold, m.assigned, m.barred) for m in waiting
        ]

    @invariant()
    def who_skipped_is_the_models(self) -> None:
        with self.engine.connect() as connection:
            found = {(row.case_id, row.holder) for row in connection.execute(select(skips))}
        assert found == {(m.id, who) for m in self.cases.values() for who in m.skipped}

    def _same(self, model: ModelCase) -> None:
        case = self.store.case(model.id)
        assert case.status.value == ("claimed" if model.holder and model.status == "open" else model.status)
        assert [decision.id for decision in self.store.decisions(model.id)] == [taken.id for taken in model.chain]
        assert case.decision_id == (model.chain[-1].id if model.chain else None)
        assert (case.under_appeal, case.barred) == (model.appealed, model.barred)
        assert (case.set_severity, case.set_priority) == (model.severity, model.priority)
        assert (case.order_key, case.rerank_at) == (model.key, model.due)
        assert case.paused_seconds == model.paused.total_seconds()
        if model.reports:
            assert case.received_at == model.received
            said = sorted(case.content.description.split("\n\n"))
            assert said == sorted(f"description {gone.number}" for gone in model.reports)
        assert len(self.store.reports(model.id)) == len(model.reports)
        learnt = {found.case_id for found in self.store.decided_cases()}
        assert (model.id in learnt) == (model.status == "decided")


@pytest.mark.slow
def test_a_random_life_is_what_the_model_says(store_url: str, database_kind: str, tmp_path: Path) -> None:
    clock = SetClock(NOON)

    def life_in(url: str, clean: Callable[[], None]) -> Life:
        store, engine = CaseStore.open(url, clock), make_engine(url)

        def done(_life: Life) -> None:
            store.close()
            engine.dispose()
            clean()

        return type("ThisLife", (Life,), {"store": store, "engine": engine, "clock": clock, "clean": done})()

    def life() -> Life:
        """A life in an empty database."""
        if database_kind != "sqlite":
            return life_in(store_url, lambda: emptied(store_url))
        fresh = fresh_database("sqlite", tmp_path)
        return life_in(fresh.__enter__(), lambda: fresh.__exit__(None, None, None))

    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=5_000 if SOAK else LIVES[database_kind],
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not SOAK,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
