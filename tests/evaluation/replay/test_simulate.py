from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import InvalidInputError
from evaluation.replay.case import SimulatedCase
from evaluation.replay.clairvoyant import TrueCMu, TrueGrowth
from evaluation.replay.harm import Stakes, World, linear, quadratic
from evaluation.replay.orders import FirstInFirstOut, SeverityArgmax
from evaluation.replay.simulate import Run, simulate
from models.priority import Weights
from tests.evaluation.replay.small_worlds import Scripted, case, policy, random_cases

FIFO = FirstInFirstOut()


def queue(seed: int, load: float, staff: int, minutes: np.ndarray) -> list[SimulatedCase]:
    """Poisson arrivals with the handling times given, at a load."""
    rng = np.random.default_rng(seed)
    gap = minutes.mean() / 60 / (load * staff)
    received = np.cumsum(rng.exponential(gap, size=len(minutes)))
    return [case(at, 3, took) for at, took in zip(received.tolist(), minutes.tolist(), strict=True)]


def mean_wait(load: float, staff: int, minutes: np.ndarray) -> float:
    run = simulate(queue(1, load, staff, minutes), FIFO, staff)
    return float(run.waited.mean()) * 60


def erlang_c(load: float, staff: int) -> float:
    """The probability that an arrival waits in M/M/c."""
    offered = load * staff
    waits = offered**staff / math.factorial(staff) / (1 - load)
    return waits / (sum(offered**k / math.factorial(k) for k in range(staff)) + waits)


@pytest.mark.parametrize(("load", "staff"), [(0.7, 1), (0.7, 4)])
def test_first_in_first_out_waits_as_erlang_says_where_all_is_random(load: float, staff: int):
    minutes = np.random.default_rng(2).exponential(10.0, size=60_000)
    expected = erlang_c(load, staff) * 10.0 / (staff * (1 - load))
    assert mean_wait(load, staff, minutes) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("spread", [0.0, 0.8])
def test_first_in_first_out_waits_as_pollaczek_and_khinchine_say_whatever_the_handling_times(spread: float):
    minutes = 10.0 * np.random.default_rng(3).lognormal(-(spread**2) / 2, spread, size=60_000)
    load = 0.7
    expected = load * minutes.mean() * (1 + minutes.var() / minutes.mean() ** 2) / (2 * (1 - load))
    assert mean_wait(load, 1, minutes) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("order", [FIFO, SeverityArgmax()])
def test_littles_law_holds_on_each_path(order: FirstInFirstOut):
    run = simulate(random_cases(4, 400, 0.9, staff=2), order, 2)
    moments = np.sort(np.concatenate([run.received, run.decided]))
    there = np.array([((run.received <= at) & (run.decided > at)).sum() for at in moments[:-1]])
    in_the_house = float((there * np.diff(moments)).sum())
    assert in_the_house == pytest.approx(float((run.decided - run.received).sum()))


def test_no_order_of_those_that_wait_does_less_linear_harm_than_the_cmu_rule():
    world = World(Weights(), policy())
    rng = np.random.default_rng(5)
    for _ in range(20):
        waiting = [
            case(
                0.0,
                int(rng.integers(1, 5)),
                float(rng.uniform(1, 60)),
                attributes={"reach": float(rng.uniform(0, 9e3))},
            )
            for _ in range(6)
        ]
        stakes = Stakes.of(waiting, world)
        found = linear(stakes, simulate(waiting, TrueCMu(world), 1).undecided_for).sum()
        hours = np.array([each.truth.minutes for each in waiting]) / 60
        every = [
            float((stakes.rate[list(way)] * np.cumsum(hours[list(way)])).sum()) for way in permutations(range(6))
        ]
        assert found == pytest.approx(min(every))


def test_where_harm_grows_the_generalised_rule_does_less_than_the_plain_one_in_heavy_traffic():
    world = World(Weights(), policy())
    cases = random_cases(6, 1500, 0.98)
    stakes = Stakes.of(cases, world)
    plain, grown = (
        quadratic(stakes, simulate(cases, order, 1).undecided_for).sum()
        for order in (TrueCMu(world), TrueGrowth(world))
    )
    assert grown < plain


def test_a_key_counts_anew_from_the_moment_that_was_announced():
    # All three wait behind the first. `late` is last by key until 2.5 h, and then first.
    cases = [case(0.0, name="first", minutes=120), *(case(0.1, name=name) for name in ("late", "a", "b"))]

    def places(known, at):
        if known.id == "late":
            return (9.0, None) if at >= 2.5 else (-9.0, 2.5)
        return 0.0, None

    run = simulate(cases, Scripted(places), 1)
    # At 2 h `a` goes; `late` has overtaken `b` by the next claim.
    assert run.started.tolist() == [0.0, 3.0, 2.0, 4.0]


def test_a_moment_between_two_claims_wakes_nobody():
    cases = [case(0.0, name="first"), case(0.1, name="waits")]
    run = simulate(cases, Scripted(lambda _known, at: (0.0, 0.5) if at < 0.5 else (1.0, None)), 1)
    assert run.started.tolist() == [0.0, 1.0]


def test_of_equal_keys_the_older_goes_first_and_then_the_one_listed_first():
    cases = [case(0.0), case(0.2), case(0.1), case(0.2)]
    with pytest.raises(InvalidInputError, match="by time of receipt"):
        simulate(cases, FIFO, 1)
    run = simulate(sorted(cases, key=lambda each: each.known.received), Scripted(lambda *_: (0.0, None)), 1)
    assert run.started.tolist() == [0.0, 1.0, 2.0, 3.0]
    grown = TrueGrowth(World(Weights(), policy()))
    assert simulate([case(0.0)] * 4, grown, 1).started.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_what_is_undecided_when_the_arrivals_end_counts_so_far():
    run = simulate([case(0.0), case(0.5), case(1.0), case(1.2)], FIFO, 1, until=1.5)
    assert run.started.tolist() == [0.0, 1.0, math.inf, math.inf]
    assert run.decided.tolist() == [1.0, math.inf, math.inf, math.inf]
    assert run.undecided_for == pytest.approx([1.0, 1.0, 0.5, 0.3])
    assert run.waited == pytest.approx([0.0, 0.5, 0.5, 0.3])


def test_without_staff_nothing_is_simulated():
    with pytest.raises(InvalidInputError, match="'staff' must be at least 1"):
        simulate([case(0.0)], FIFO, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_nobody_idles_while_a_case_waits(seed: int, staff: int):
    run = simulate(random_cases(seed, 40, 0.9, staff), SeverityArgmax(), staff)
    waited = run.started > run.received
    for received, started in zip(run.received[waited], run.started[waited], strict=True):
        for at in np.linspace(received, started, 5, endpoint=False)[1:]:
            assert busy(run, at) == staff


def busy(run: Run, at: float) -> int:
    return int(((run.started <= at) & (run.decided > at)).sum())


def test_equal_input_gives_equal_output():
    runs = [simulate(random_cases(8, 300, 1.0), SeverityArgmax(), 1).started for _ in range(2)]
    assert runs[0].tolist() == runs[1].tolist()
