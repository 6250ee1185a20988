from __future__ import annotations

import pytest

from cases.errors import InvalidInputError
from cases.record import Challenger, HeldOutFigure
from cases.store import CaseStore
from tests.cases.store.conftest import NOON, SetClock


def test_the_champion_is_the_one_promoted_last_even_when_it_is_an_old_one(store: CaseStore, clock: SetClock) -> None:
    assert store.champion() is None
    first = store.promote_champion("caseload-default", "1", "a" * 64, by="ann")
    clock.forward(hours=1)
    second = store.promote_champion("caseload-default", "2", "b" * 64, by="ann")
    assert store.champion() == second
    rolled_back = store.promote_champion("caseload-default", "1", "a" * 64, by="bob")
    assert store.champion() == rolled_back
    assert store.champions() == (first, second, rolled_back)
    assert (first.version, first.sha256, first.promoted_at, first.promoted_by) == ("1", "a" * 64, NOON, "ann")
    assert first.seq < second.seq < rolled_back.seq


@pytest.mark.parametrize("sha256", ["", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_a_champion_without_a_proper_digest_is_refused(sqlite_store: CaseStore, sha256: str) -> None:
    with pytest.raises(InvalidInputError, match="'sha256' must be 64"):
        sqlite_store.promote_champion("caseload-default", "1", sha256, by="ann")
    assert sqlite_store.champion() is None


def test_challengers_are_told_with_their_figures_the_newest_first(store: CaseStore) -> None:
    assert store.challengers() == ()
    figures = {"accuracy": HeldOutFigure(0.9, 0.85, 0.95), "ece": HeldOutFigure(0.02)}
    store.add_challenger("caseload-default", "1", "a" * 64, held_out=200, figures=figures)
    store.add_challenger("caseload-default", "2", "b" * 64, held_out=210, figures={})
    newest, oldest = store.challengers()
    assert (newest.version, newest.figures) == ("2", {})
    assert oldest == Challenger("caseload-default", "1", "a" * 64, NOON, 200, figures)
    assert store.challengers(most=1) == (newest,)
    with pytest.raises(InvalidInputError, match="'ece' must be a finite number"):
        store.add_challenger("x", "1", "a" * 64, held_out=1, figures={"ece": HeldOutFigure(float("nan"))})
