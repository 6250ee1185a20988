"""The life that all steps share: the store beside the model, how a step picks its case, and what must always hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine, select

from cases.errors import ConflictError
from cases.ids import BulkId, CaseId
from cases.record import Lease
from cases.store import CaseStore
from cases.store.tables import skips
from tests.cases.store.builders import report, score
from tests.cases.store.conftest import NOON, SetClock
from tests.cases.store.whole_life.model import ModelCase, Reported

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
        try:
            for model in self.cases.values():
                self._same(model)
            assert self.store.rebuild() == []
        finally:
            # The next life begins in an empty database, whatever this one came to.
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
        fit = self._fit(subject) if subject else []
        if not fit:
            began = Reported(self.number, received, subject, filed.case_id)
            self.cases[filed.case_id] = ModelCase(filed.case_id, [began], subject)
            return
        model = min(fit, key=lambda m: (m.received, m.id))
        assert filed.case_id == model.id
        model.reports.append(Reported(self.number, received, subject, model.id))
        model.skipped.clear()

    def _fit(self, subject: str) -> list[ModelCase]:
        """The cases that a report on `subject` may join: its own, else those that its merged ones went into."""
        own = [m for m in self.cases.values() if m.subject == subject]
        return [m for m in own if m.takes] or [m for m in map(self._end, own) if m.takes]

    def _end(self, model: ModelCase) -> ModelCase:
        while model.into:
            model = self.cases[model.into]
        return model

    @rule(pick=ANY, key=KEY, queue=st.sampled_from(["", "legal"]), due=DUE)
    def score(self, pick: int, key: float, queue: str, due: Any) -> None:
        model = self._case(pick)
        self.store.record_scores([score(self.store.case(model.id), order_key=key, queue=queue, changes_at=due)])
        if queue and not model.fixed and queue != model.queue:
            model.queue = queue
            model.skipped.clear()
        if model.priority is None and model.severity is None:
            model.key, model.due = key, due

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
