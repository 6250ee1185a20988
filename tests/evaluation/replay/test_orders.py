from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from evaluation.replay.case import KnownCase, SimulatedCase, Truth, hours_of, moment
from evaluation.replay.clairvoyant import CLAIRVOYANT, TrueCMu, TrueDeadline, TrueStep
from evaluation.replay.harm import World
from evaluation.replay.orders import ExpectedCMu, Exposures, Order, Ours, Outlook, likeliest
from evaluation.replay.simulate import simulate
from evaluation.replay.study import every_order
from models.priority import CaseToRank, Weights, lot_of, priority, violation_of
from models.severity import shown_level
from tests.evaluation.replay.small_worlds import FINE, HARASSED, case, certain, outlook, policy, random_cases, said

ORDERS = every_order(outlook())


def sequence(order: Order, *cases: SimulatedCase) -> list[str]:
    """In which order cases that all wait behind another are taken."""
    blocking = case(-1.0, minutes=1e4, name="blocking")
    run = simulate([blocking, *cases], order, 1)
    return [cases[place - 1].known.id for place in np.argsort(run.started) if place]


def test_what_an_order_sees_holds_no_truth():
    assert not {field.name for field in fields(KnownCase)} & {field.name for field in fields(Truth)}
    assert {field.name for field in fields(KnownCase)} == {"id", "received", "prediction", "attributes"}


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_no_order_does_otherwise_because_the_truth_is_another(order: Order):
    cases = random_cases(1, 200, 1.2)
    levels = np.random.default_rng(2).permutation([each.truth.severity for each in cases])
    # The same handling times, since these show themselves: the next case is taken when one is done.
    others = [
        SimulatedCase(each.known, replace(each.truth, severity=int(level), category="privacy", violation=False))
        for each, level in zip(cases, levels, strict=True)
    ]
    assert simulate(cases, order, 1).started.tolist() == simulate(others, order, 1).started.tolist()


@pytest.mark.parametrize("make", sorted({make for makes in CLAIRVOYANT.values() for make in makes}, key=repr))
def test_the_clairvoyant_orders_do(make: type[TrueCMu]):
    cases = random_cases(1, 200, 1.2)
    others = [SimulatedCase(e.known, replace(e.truth, severity=5 - e.truth.severity)) for e in cases]
    order = make(World(Weights(), policy()))
    assert simulate(cases, order, 1).started.tolist() != simulate(others, order, 1).started.tolist()


def test_each_plain_order_ranks_by_what_its_name_says():
    first, argmax, deadline, argmax_cmu, expected, _ = ORDERS
    # Received an hour apart; what is likeliest, what is expected, and what takes how long all disagree.
    old = case(0.0, name="old", prediction=certain(4))
    grave = case(1.0, name="grave", prediction=said([0.4, 0.0, 0.25, 0.35], violation=0.2))
    wide = case(2.0, name="wide", prediction=certain(3), attributes={"reach": 1e6})
    assert sequence(first, old, grave, wide) == ["old", "grave", "wide"]
    assert sequence(argmax, old, grave, wide) == ["grave", "wide", "old"]
    assert sequence(deadline, old, case(59.0, name="low", prediction=certain(4)), case(60.0, name="medium")) == [
        "old",  # due at 72 h
        "medium",  # at 84 h
        "low",  # at 131 h
    ]
    # The likeliest category of `grave` takes half as long as that of the others; reach does not count.
    assert sequence(argmax_cmu, old, grave, wide) == ["grave", "wide", "old"]
    assert argmax_cmu.place(grave.known, 1.0) == (512.0 / 5.0, None)
    # 8 · 1001 / 10 against (0.4 · 512 + 0.25 · 8 + 0.35) · 0.2 / (0.2 · 10 + 0.8 · 5)
    assert sequence(expected, old, grave, wide) == ["wide", "grave", "old"]
    assert expected.place(grave.known, 1.0)[0] == pytest.approx((0.4 * 512 + 0.25 * 8 + 0.35) * 0.2 / 6.0)
    assert expected.place(wide.known, 2.0)[0] == pytest.approx(8.0 * 1001 / 10)


def test_of_equally_likely_levels_the_most_severe_is_the_likeliest():
    assert likeliest({3: 0.4, 1: 0.4, 2: 0.2}) == 1


def test_ours_is_the_live_queues_formula_due_by_the_level_shown():
    looks = outlook(sla_factor=2.0)
    for each in random_cases(3, 50, 0.9):
        known = each.known
        masses = np.array([[known.prediction.severity[level] for level in range(1, 5)]])
        (level,) = shown_level(masses, policy().severity_costs)
        due = moment(known.received) + policy().severity_levels[int(level) - 1].first_touch
        violation = known.prediction.category[HARASSED]
        asked = CaseToRank(
            known.prediction.severity,
            violation,
            moment(known.received),
            known.attributes,
            minutes=10.0 * violation + 5.0 * (1 - violation),
            due_at=due,
            lot=lot_of(known.id),  # type: ignore[arg-type]
        )
        expected = priority(asked, looks.weights)
        key, changes = Ours(looks).place(known, known.received)
        assert key == pytest.approx(expected.order_key)
        assert expected.changes_at is not None
        assert changes == hours_of(expected.changes_at)
        assert Ours(looks).place(known, changes)[0] == pytest.approx(
            priority(asked, looks.weights, at=expected.changes_at).order_key
        )


def test_exposure_is_the_formulas_own():
    found = Exposures(Weights())
    assert found.of({}) == 1.0
    assert found.of({"reach": 3000, "minor_involved": True}) == pytest.approx(8.0)
    # 1 is a number of people and True says that there are some: not the same key.
    assert found.of({"minor_involved": 1}) == 1.0
    assert found.of({"minor_involved": True}) == 2.0


def test_expected_cmu_ranks_as_ours_does_where_nothing_else_counts():
    plain = outlook(
        doubling_hours=1e9, doubt=1.0, sla_factor=1.0, severity_1_at_least=1.0, random_lane=0.0, least_violation=1e-9
    )
    cases = random_cases(4, 400, 1.1)
    ours, expected = (simulate(cases, make(plain), 1).started for make in (Ours, ExpectedCMu))
    assert (ours == expected).mean() > 0.99


def test_clairvoyant_keys_follow_the_true_rate_over_the_true_minutes():
    world = World(Weights(), policy())
    linear, step, nearing = TrueCMu(world), TrueStep(world), TrueDeadline(world)
    reaching = case(5.0, 2, 30.0, prediction=certain(4), attributes={"reach": 1000})
    assert linear.place(reaching, 5.0) == (pytest.approx(64.0 * 2 / 30), None)
    assert step.place(reaching, 5.0) == (pytest.approx(64.0 * 2 / 30), 9.0)
    assert step.place(reaching, 9.0) == (pytest.approx(2 * 64.0 * 2 / 30), None)
    dated = case(5.0, 2, 30.0, attributes={"deadline_at": moment(40.0).isoformat()})
    assert nearing.place(dated, 5.0) == (pytest.approx(64.0 / 30), 16.0)
    assert nearing.place(dated, 16.0) == (pytest.approx(4 * 64.0 / 30), None)
    assert nearing.place(reaching, 5.0)[1] is None
    harmless = case(5.0, 2, 30.0, violation=False)
    assert linear.place(harmless, 5.0) == (0.0, None)


def test_a_violation_is_all_that_is_not_said_of_a_harmless_category():
    assert policy().harmless == {FINE}
    assert violation_of({HARASSED: 0.2, FINE: 0.8}, policy().harmless) == pytest.approx(0.2)
    # Of probabilities that were rounded no more than all counts.
    assert violation_of({HARASSED: 0.6, "privacy": 0.4001}, policy().harmless) == 1.0
    assert violation_of({}, policy().harmless) == 0.0


def test_an_outlook_says_what_the_policy_says():
    looks: Outlook = outlook()
    assert looks.first_touch == {1: 0.25, 2: 4.0, 3: 24.0, 4: 72.0}
    assert looks.harm == {1: 512.0, 2: 64.0, 3: 8.0, 4: 1.0}
