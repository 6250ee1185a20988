"""Steps that say where a case waits, until when and for whom."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cases.handling import HoldReason
from tests.cases.store.whole_life.life import ANY, QUEUE, WHO, Life


class Placing(Life):
    """Held, resumed, assigned, escalated, moved."""

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

    @rule(pick=ANY, minutes=st.sampled_from([10, 120]))
    def keep_back(self, pick: int, minutes: int) -> None:
        model = self._case(pick)
        span = timedelta(minutes=minutes)
        until, allowed = self.clock.now + span, model.undisturbed()
        self._does(allowed, lambda: self.store.hold(model.id, "eve", None, until, HoldReason.OTHER))
        if allowed:
            if model.hold is not None and model.hold > self.clock.now:
                model.pause(self.clock.now - model.hold)
            model.hold = until
            model.pause(span)

    @rule(pick=ANY)
    def resume(self, pick: int) -> None:
        model = self._case(pick)
        held = model.hold is not None and model.hold > self.clock.now
        self._does(held, lambda: self.store.resume(model.id, by="eve"))
        if held and model.hold is not None:
            model.pause(self.clock.now - model.hold)
            model.hold = None

    @rule(pick=ANY, to=WHO)
    def assign(self, pick: int, to: str) -> None:
        model = self._case(pick)
        allowed = model.undisturbed(to, "eve") and model.barred != to
        self._does(allowed, lambda: self.store.assign(model.id, to, by="eve"))
        if allowed:
            model.assigned = to
            model.holder = None if model.holder != to else to
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
            model.holder, model.queue, model.fixed = None, queue, True
            model.skipped.clear()
