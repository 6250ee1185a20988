"""Weights that are proposed, replayed one at a time, and adopted."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from cases.errors import ConflictError
from cases.store import CaseStore
from cases.store.tables import weight_trials
from cases.store.weighing import LOST_AFTER, sha256_of
from cases.weights_trial import TrialState
from tests.cases.store.conftest import NOON

TODAY, FILE = "a" * 16, "b" * 16


def test_one_trial_is_played_at_a_time_and_the_latest_tells_how_far_it_is(store: CaseStore) -> None:
    assert store.latest_weights_trial() is None
    first = store.begin_weights_trial("version: 1\n", TODAY, by="pat")
    assert (first.state, first.proposed_by, first.proposed_at) == (TrialState.RUNNING, "pat", NOON)
    with pytest.raises(ConflictError, match="'weights' must wait"):
        store.begin_weights_trial("version: 1", TODAY, by="sam")
    assert store.beat_weights_trial(first.seq, "load 0.7")
    latest = store.latest_weights_trial()
    assert latest is not None
    assert (latest.seq, latest.progress, latest.outcome) == (first.seq, "load 0.7", None)
    assert store.end_weights_trial(first.seq, {"verdict": "keep them"})
    ended = store.latest_weights_trial()
    assert ended is not None
    assert (ended.state, ended.outcome, ended.finished_at) == (TrialState.DONE, {"verdict": "keep them"}, NOON)
    assert not store.beat_weights_trial(first.seq, "again")
    assert store.begin_weights_trial("version: 1", TODAY, by="sam").seq > first.seq


def test_a_trial_whose_player_is_gone_is_lost_and_stands_in_nobodys_way(store: CaseStore) -> None:
    first = store.begin_weights_trial("version: 1", TODAY, by="pat")
    with store._db.engine.begin() as connection:  # noqa: SLF001 - time passes
        gone = store._db.now(connection) - 2 * LOST_AFTER  # noqa: SLF001
        connection.execute(update(weight_trials).values(beat_at=gone))
    latest = store.latest_weights_trial()
    assert latest is not None
    assert latest.state is TrialState.LOST
    second = store.begin_weights_trial("version: 1", TODAY, by="sam")
    assert not store.end_weights_trial(first.seq, {})
    assert store.end_weights_trial(second.seq, None, progress="it took too long")


def test_only_what_was_replayed_to_its_end_against_todays_weights_is_adopted(store: CaseStore) -> None:
    text = "version: 1\ndoubt: 0.9\n"
    trial = store.begin_weights_trial(text, TODAY, by="pat")
    refused = pytest.raises(ConflictError, match="must be the file whose replay")
    with refused:
        store.adopt_weights(trial.seq, sha256_of(text), TODAY, FILE, by="pat")
    store.end_weights_trial(trial.seq, {"verdict": ""})
    for seq, sha256, against in (
        (trial.seq, sha256_of("another"), TODAY),
        (trial.seq, sha256_of(text), "c" * 16),
        (trial.seq + 1, sha256_of(text), TODAY),
    ):
        with refused:
            store.adopt_weights(seq, sha256, against, FILE, by="pat")
    assert store.adopted_weights() is None
    adopted = store.adopt_weights(trial.seq, sha256_of(text), TODAY, FILE, by="pat")
    assert adopted == store.adopted_weights()
    assert (adopted.text, adopted.in_place_of, adopted.adopted_by, adopted.adopted_at) == (text, FILE, "pat", NOON)


def test_a_trial_that_failed_is_not_adopted(sqlite_store: CaseStore) -> None:
    trial = sqlite_store.begin_weights_trial("version: 1", TODAY, by="pat")
    sqlite_store.end_weights_trial(trial.seq, None, progress="it took too long")
    with pytest.raises(ConflictError):
        sqlite_store.adopt_weights(trial.seq, trial.sha256, TODAY, FILE, by="pat")
