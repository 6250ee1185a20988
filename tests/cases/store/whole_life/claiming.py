"""Steps with leases: claimed, renewed, given back, run out."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import text

from cases.handling import SkipReason
from tests.cases.store.whole_life.life import ANY, QUEUE, WHO, Life
from tests.cases.store.whole_life.model import ModelCase


class Claiming(Life):
    """What holders do with their leases."""

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
                model.assigned = None if model.assigned == lease.holder else model.assigned
