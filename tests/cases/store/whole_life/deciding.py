"""Steps that decide, open again and take back."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cases.handling import Outcome, ReopenReason
from tests.cases.store.builders import VERDICT
from tests.cases.store.whole_life.claiming import Claiming
from tests.cases.store.whole_life.life import ANY, WHO
from tests.cases.store.whole_life.model import UNDO, Taken


class Deciding(Claiming):
    """Decisions, appeals, undoing, bulks."""

    @rule(pick=ANY, who=WHO, outcome=st.sampled_from(Outcome))
    def claim_and_decide(self, pick: int, who: str, outcome: Outcome) -> None:
        if self._claim(self._case(pick), who):
            self.decide(0, outcome)

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
