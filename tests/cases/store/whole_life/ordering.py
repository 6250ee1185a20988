"""Steps that give a case another place, and those that take cases apart and put them together."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from cases.handling import RankReason
from cases.ids import ReportId
from cases.record import Rank
from cases.store import Reranked
from tests.cases.store.whole_life.life import ANY, DUE, KEY, Life
from tests.cases.store.whole_life.model import ModelCase


class Ordering(Life):
    """Ranked by hand and again, split, merged."""

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
            if what == "priority" or model.priority is None:
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
            gathers=gone.began_in != model.id or gone.subject not in (None, model.subject),
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
            model.holder, model.into = None, into.id
