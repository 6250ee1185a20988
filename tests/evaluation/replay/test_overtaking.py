from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from evaluation.replay.case import SimulatedCase
from evaluation.replay.orders import ExpectedCMu, Ours
from evaluation.replay.overtaking import Keys, Overtaking, overtaking
from evaluation.replay.simulate import Run, simulate
from tests.evaluation.replay.small_worlds import case, certain, outlook, random_cases

# Ageing quick enough that a stream of some days is long beside it.
QUICK = Ours(outlook(doubling_hours=2.0, sla_factor=2.0))


def found(
    cases: list[SimulatedCase], staff: int, order: Ours | ExpectedCMu = QUICK, until: float = math.inf
) -> Overtaking:
    return overtaking(simulate(cases, order, staff, until), Keys.of(cases, QUICK))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("load", "staff"), [(0.7, 1), (0.9, 1), (0.95, 3)])
def test_no_case_waits_longer_than_the_bound(seed: int, load: float, staff: int):
    result = found(random_cases(seed, 1200, load, staff), staff)
    assert result.cases == 1200
    assert (result.waits_broken, result.pairs_broken) == (0, 0)
    assert 0 < result.most_by_others <= result.most_allowed
    assert 0 < result.latest <= result.latest_allowed


def test_at_a_load_beyond_1_nobody_is_overtaken_by_who_cannot():
    cases = random_cases(7, 1500, 1.1, 2)
    result = found(cases, 2, until=cases[-1].known.received)
    assert (result.waits_broken, result.pairs_broken) == (0, 0)
    assert result.most_by_others <= result.most_allowed
    assert result.latest <= result.latest_allowed


@pytest.mark.parametrize("seed", range(3))
def test_an_order_without_ageing_breaks_it(seed: int):
    result = found(random_cases(seed, 1200, 0.95), 1, ExpectedCMu(outlook()))
    assert result.pairs_broken > 0
    assert result.waits_broken > 0
    endless = found(random_cases(seed, 1200, 0.95), 1, Ours(outlook(doubling_hours=1e9)))
    assert endless.pairs_broken > 0


def test_the_bound_is_reached_where_everything_comes_at_once():
    # One person; a mild case comes while another is in service, and two grave ones right after it.
    cases = [
        case(0.0, 4, 60, name="serving", prediction=certain(4)),
        case(0.1, 4, 60, name="mild", prediction=certain(4)),
        case(0.2, 2, 30, name="grave", prediction=certain(2)),
        case(0.3, 2, 30, name="grave too", prediction=certain(2)),
    ]
    keys = Keys.of(cases, QUICK)
    run = simulate(cases, QUICK, 1)
    assert run.started.tolist() == [0.0, 2.0, 1.0, 1.5]
    assert overtaking(run, keys).waits_broken == 0
    # Had the mild case waited a little longer, the bound would have said so.
    late = Run(run.received, np.array([0.0, 2.01, 1.0, 1.5]), run.minutes, 1, math.inf)
    assert overtaking(late, keys).waits_broken == 1


def test_a_severity_1_may_always_go_first_and_is_counted_apart():
    mild = case(0.1, 4, 30, prediction=certain(4))
    critical = [case(0.2 + place / 100, 1, 30, prediction=certain(1)) for place in range(5)]
    other = case(0.5, 2, 30, prediction=certain(2))
    result = found([case(0.0, 4), mild, *critical, other], 1)
    assert result.most == 6
    assert result.most_by_others == 1
    assert result.pairs_broken == 0


def test_who_is_overtaken_most_by_others_may_be_another_case():
    # Three beyond the floor overtake the first mild case, which is in service when two others overtake the second.
    critical = [case(0.2 + place / 100, 1, 10, prediction=certain(1)) for place in range(3)]
    grave = [case(1.7 + place / 100, 2, 30, prediction=certain(2)) for place in range(2)]
    result = found([case(0.0, 4), case(0.1, 4), *critical, case(1.6, 4), *grave], 1)
    assert (result.most, result.most_by_others) == (3, 2)
    assert result.pairs_broken == 0


def test_a_pair_is_broken_for_each_case_that_went_first_and_could_not():
    # Equals that come later may not go first, however long the first of them waits; both do.
    cases = [case(0.0, 4, name="serving"), *(case(place, 4, 6, prediction=certain(4)) for place in (0.1, 0.2, 0.3))]
    order = Ours(outlook(doubling_hours=2.0, sla_factor=1.0))
    run, keys = simulate(cases, order, 1), Keys.of(cases, order)
    late = Run(run.received, np.array([0.0, 1.2, 1.0, 1.1]), run.minutes, 1, math.inf)
    assert overtaking(run, keys).pairs_broken == 0
    assert overtaking(late, keys).pairs_broken == 2


def test_runs_are_joined():
    one = found(random_cases(1, 300, 0.9), 1)
    joined = Overtaking.joined([one, replace(one, waits_broken=2, most=one.most + 5)])
    assert (joined.cases, joined.waits_broken, joined.most) == (600, 2, one.most + 5)
