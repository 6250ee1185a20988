"""Proposed weights against today's, figure by figure."""

from __future__ import annotations

import json
import math

import pytest

from evaluation.bootstrap import Interval
from evaluation.replay.harm import ACCOUNTS
from evaluation.replay.study import CURRENT, FIRST, NEW
from evaluation.replay.trial import Bounds, TrialOutcome, as_json, from_json, trial
from models.priority import Weights
from tests.evaluation.replay.small_worlds import few_arrivals, policy

TODAY = Weights()
# Whoever waits gains at once, so that nearly all go by time of receipt.
AGEING = Weights(doubling_hours=0.05, severity_1_at_least=1.0)


@pytest.fixture(scope="module")
def outcome() -> TrialOutcome:
    return trial(few_arrivals(minutes=90), policy(), AGEING, TODAY, loads=(1.1,), seeds=range(4))


def test_where_the_proposal_loses_it_is_told_as_well_as_where_it_wins(outcome: TrialOutcome) -> None:
    [at] = outcome.loads
    assert [figure.of for figure in at.figures if figure.kind == "harm"] == list(ACCOUNTS)
    assert [figure.of for figure in at.figures if figure.kind == "in time"] == ["1", "2"]
    assert [figure.of for figure in at.figures if figure.kind == "worst wait"] == ["1", "2", "3", "4"]
    came = {(figure.kind, figure.of): figure.came for figure in at.figures}
    assert came["harm", "linear"] == "worse"
    assert came["worst wait", "4"] == "better"
    linear = at.figures[0]
    assert linear.current is not None
    assert linear.new is not None
    assert linear.change.value == pytest.approx(linear.new / linear.current)
    assert linear.change.low is not None
    assert linear.change.low > 1
    assert "keep them" in outcome.verdict


def test_orders_are_held_against_first_in_first_out_for_the_plots(outcome: TrialOutcome) -> None:
    [at] = outcome.loads
    assert list(at.versus_first) == [FIRST, NEW, CURRENT]
    assert at.versus_first[FIRST].value == 1
    assert set(at.waits[NEW]) == {1, 2, 3, 4}


def test_an_outcome_comes_back_as_it_was_kept_and_one_of_another_version_is_not_read(outcome: TrialOutcome) -> None:
    kept = json.loads(json.dumps(as_json(outcome), allow_nan=False))
    assert from_json(kept) == outcome
    assert from_json(None) is None
    assert from_json({**kept, "schema": "caseload.weights-trial/9"}) is None
    assert from_json({**kept, "loads": "many"}) is None


def test_what_there_is_no_figure_of_stays_without_one() -> None:
    nothing = Bounds.of(Interval(math.nan, math.nan, math.nan))
    assert nothing == Bounds(None, None, None)
    assert math.isnan(nothing.interval.value)
