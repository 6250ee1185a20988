"""Which weights count: the file's, or those adopted, whichever was changed last."""

from __future__ import annotations

from pathlib import Path

from cases.settings import Settings, load_settings
from cases.store import CaseStore, Reranked
from models.priority import weights_text
from serving.chores.reranking import Reranking
from serving.scoring.rankings import Rankings
from tests.cases.store.builders import file_one
from tests.cases.store.conftest import SetClock

OTHER = weights_text().replace("doubling_hours: 96", "doubling_hours: 24")


def settings(folder: Path, text: str) -> Settings:
    (folder / "weights.yaml").write_text(text, encoding="utf-8")
    return load_settings(home=folder, weights=folder / "weights.yaml")


def adopt(store: CaseStore, rankings: Rankings, text: str) -> None:
    trial = store.begin_weights_trial(text, rankings.now.digest, by="pat")
    store.end_weights_trial(trial.seq, {})
    store.adopt_weights(trial.seq, trial.sha256, rankings.now.digest, rankings.of_file, by="pat")


def test_adopted_weights_count_after_a_restart_and_until_the_file_is_changed(
    sqlite_store: CaseStore, tmp_path: Path
) -> None:
    kept = settings(tmp_path, weights_text())
    running = Rankings.of_settings(kept)
    assert not running.look(sqlite_store)
    adopt(sqlite_store, running, OTHER)
    assert running.look(sqlite_store)
    assert running.now.weights.doubling_hours == 24
    assert not running.look(sqlite_store)

    restarted = Rankings.of_settings(settings(tmp_path, "# a remark\n" + weights_text()))
    assert restarted.look(sqlite_store)
    assert restarted.now == running.now
    assert (restarted.in_force.text, restarted.in_force.adopted) == (OTHER, sqlite_store.adopted_weights())

    changed = Rankings.of_settings(settings(tmp_path, weights_text().replace("doubt: 0.95", "doubt: 0.9")))
    assert not changed.look(sqlite_store)
    assert (changed.now.weights.doubt, changed.now.weights.doubling_hours) == (0.9, 96)


def test_weights_that_cannot_be_read_leave_the_file_in_force(sqlite_store: CaseStore, tmp_path: Path) -> None:
    rankings = Rankings.of_settings(settings(tmp_path, weights_text()))
    adopt(sqlite_store, rankings, "version: 2\n")
    assert not rankings.look(sqlite_store)
    assert rankings.in_force.adopted is None


def test_open_cases_are_ranked_again_when_others_are_adopted_those_scored_meanwhile_too(
    sqlite_store: CaseStore, tmp_path: Path, clock: SetClock
) -> None:
    rankings = Rankings.of_settings(settings(tmp_path, weights_text()))
    first, before = file_one(sqlite_store, 1), rankings.now.digest
    again = Reranking(lambda: sqlite_store, rankings, clock)
    assert again.step() == 1
    assert sqlite_store.case(first.id).ranked_by == before
    adopt(sqlite_store, rankings, OTHER)
    # The page of weights looks, too, and perhaps first.
    assert rankings.look(sqlite_store)
    assert again.step() == 1
    now = rankings.now.digest
    assert sqlite_store.case(first.id).ranked_by == now != before
    # One whose scoring began before: it was ranked by what counted then.
    late = file_one(sqlite_store, 2)
    late_one = sqlite_store.case(late.id)
    rank = rankings.now.of_case(late_one, None, clock())
    sqlite_store.rerank([Reranked(late.id, rank, late_one.order_key)], ranked_by=before)
    assert again.step() == 0
    clock.forward(minutes=2)
    assert again.step() == 1
    assert sqlite_store.case(late.id).ranked_by == now
