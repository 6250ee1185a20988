from __future__ import annotations

import numpy as np
import pytest

from evaluation.replay.case import moment
from evaluation.replay.harm import ACCOUNTS, Stakes, World
from models.priority import Weights
from tests.evaluation.replay.small_worlds import case, policy

WORLD = World(Weights(), policy())
CASES = [
    case(0.0, 1, attributes={"reach": 1000}),
    case(3.0, 3, attributes={"deadline_at": moment(60.0).isoformat()}),
    case(5.0, 2, attributes={"deadline_at": moment(10.0).isoformat()}),
    case(7.0, 4, violation=False),
]
STAKES = Stakes.of(CASES, WORLD)


def rate(account: str, place: int, at: float) -> float:
    """The rate of harm `at` hours after receipt, as the module's page states it."""
    base = [512.0 * 2, 8.0, 64.0, 0.0][place]
    first_touch = [0.25, 24.0, 4.0, 72.0][place]
    # 24 hours before the deadline, which the third case is already when it comes.
    near = [np.inf, 60.0 - 24 - 3, 0.0, np.inf][place]
    return {
        "linear": base,
        "step": base * (2 if at > first_touch else 1),
        "quadratic": base * at / first_touch,
        "deadline": base * (4 if at > near else 1),
    }[account]


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("hours", [0.0, 0.2, 10.0, 50.0])
def test_an_account_is_the_integral_of_its_rate(account: str, hours: float):
    found = ACCOUNTS[account](STAKES, np.full(len(CASES), hours))
    steps = 20_000
    middles = (np.arange(steps) + 0.5) * hours / steps
    for place in range(len(CASES)):
        expected = sum(rate(account, place, at) for at in middles.tolist()) * hours / steps
        assert found[place] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("deadline", ["soon", "2026-03-04T12:00:00", 60, True])
def test_a_deadline_that_is_no_aware_time_does_no_harm(deadline: object):
    assert WORLD.nearing(case(0.0, attributes={"deadline_at": deadline})) == np.inf  # type: ignore[dict-item]


def test_another_world_sees_another_harm():
    other = Stakes.of(CASES, World(Weights(harm_per_hour={1: 1024.0, 2: 64.0, 3: 8.0, 4: 1.0}), policy()))
    assert (other.rate / np.where(STAKES.rate > 0, STAKES.rate, 1)).tolist() == [2.0, 1.0, 1.0, 0.0]
    assert STAKES.worth.tolist() == [512.0, 8.0, 64.0, 1.0]
