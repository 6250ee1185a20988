"""That nobody starves: a bound on every single wait, and on who may go first, checked case by case.

The statement. Let k_i be a case's order key at receipt and m_j the largest that another's ever becomes; keys only
grow, since `sla` and `deadline` are factors of at least 1. Nobody idles while a case waits, and c people work. Then
a case i received at r_i waits at most w*, the smallest w with

    c · w  ≥  what those in service at r_i still need
            + the work of those waiting at r_i with m_j ≥ k_i
            + the work of those received in (r_i, r_i + w] with m_j ≥ k_i.

Proof. While i waits all c people work, and on nothing but these: who starts while i waits has a key of at least i's,
which is at least k_i. If i still waited after w*, they would by then have done c · w* of work, which is all there
was, so somebody would be free and would have taken i. ∎

Who is among the last line? With K = key without waiting, D = `doubling_hours`, and neither or both beyond the floor:
m_j ≥ k_i means r_j - r_i ≤ D · (K_j - K_i). So nobody received later than D · (K_max - K_i) hours after i goes first,
however much comes in: that many hours' worth of arrivals bound how often i is overtaken, at any load. Beyond the
floor are the cases that are severity 1 with some probability; they may always go first, which is what the floor is
for, and the wait stays bounded as long as they alone do not fill the team.

Without ageing (D infinite) the last line never ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.replay.case import SimulatedCase
from evaluation.replay.orders import Ours
from evaluation.replay.simulate import Run

Floats = npt.NDArray[np.float64]

# Of keys and of hours: sums of floats miss by less, and nothing that matters is so small.
_TOLERANCE = 1e-6
# Hours, of which no deadline is so many away.
_FOR_EVER = 1e6


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of n cases over their lives.

    Attributes:
        first: Shape (n,): at receipt.
        last: Shape (n,): the largest that each ever becomes.
        floored: Shape (n,): whether the floor of severity 1 is in it.
        doubling_hours: How long a wait weighs as much as twice the harm.
    """

    first: Floats
    last: Floats
    floored: npt.NDArray[np.bool_]
    doubling_hours: float

    @classmethod
    def of(cls, cases: Sequence[SimulatedCase], order: Ours) -> Keys:
        """The keys that `order` gives."""
        first = [order.ranked(case.known, case.known.received) for case in cases]
        # Keys only grow, and by then all that may begin has begun; most never change.
        last = [
            found if found.changes_at is None else order.ranked(case.known, case.known.received + _FOR_EVER)
            for case, found in zip(cases, first, strict=True)
        ]
        return cls(
            np.array([found.order_key for found in first]),
            np.array([found.order_key for found in last]),
            np.array([found.parts["severity_1_floor"] > 0 for found in first], dtype=bool),
            order.doubling_hours,
        )


@dataclass(frozen=True, slots=True)
class Overtaking:
    """What was found of n cases in one run, or in several.

    A case overtakes another where it was received later and taken earlier, or taken while the other waits to the end.

    Attributes:
        cases: How many were looked at.
        waits_broken: How many waited longer than the bound allows.
        pairs_broken: In how many pairs of cases one overtook the other though its key never becomes as large as the
            other's was at receipt.
        most: By how many one case was overtaken, at most.
        most_by_others: By how many that are not beyond the floor one case was overtaken, at most; it need not be the
            case of `most`.
        most_allowed: How many that are not beyond the floor come after a case with keys that let them overtake it, at
            most.
        latest: Hours between the receipt of a case and of one that overtook it, at most; of pairs alone of which both
            or neither is beyond the floor.
        latest_allowed: D · (K_max - K_i), the largest over all i, hours.
    """

    cases: int
    waits_broken: int
    pairs_broken: int
    most: int
    most_by_others: int
    most_allowed: int
    latest: float
    latest_allowed: float

    @classmethod
    def joined(cls, found: Sequence[Overtaking]) -> Overtaking:
        """Several runs as one."""
        return cls(
            sum(each.cases for each in found),
            sum(each.waits_broken for each in found),
            sum(each.pairs_broken for each in found),
            max(each.most for each in found),
            max(each.most_by_others for each in found),
            max(each.most_allowed for each in found),
            max(each.latest for each in found),
            max(each.latest_allowed for each in found),
        )


def overtaking(run: Run, keys: Keys) -> Overtaking:
    """Hold each wait of a run against the bound.

    Args:
        run: Of any order.
        keys: What the bound is stated of; those of another order than the run's are no bound on it.
    """
    received, hours = run.received, run.minutes / 60
    done = run.started + hours
    begun_by = np.minimum(run.started, received + run.waited)
    # Whoever is older than this was decided before the case came.
    oldest = np.searchsorted(np.maximum.accumulate(done), received, side="right")
    newest = np.searchsorted(received, begun_by, side="right")
    waits_broken = pairs_broken = most = most_by_others = 0
    latest = 0.0
    for i in np.flatnonzero(begun_by > received + _TOLERANCE):
        later, before = slice(i + 1, newest[i]), slice(min(oldest[i], i), i)
        may = keys.last[later] >= keys.first[i] - _TOLERANCE
        went = run.started[later] < begun_by[i]
        others = ~keys.floored[later]
        alike = went & (keys.floored[later] == keys.floored[i])
        present = np.maximum(done[before] - received[i], 0.0)
        ahead = hours[before] * (keys.last[before] >= keys.first[i] - _TOLERANCE)
        still = np.where(run.started[before] <= received[i], present, ahead)
        bound = _longest(float(still.sum()), received[later][may] - received[i], hours[later][may], run.staff)
        waits_broken += bool(begun_by[i] - received[i] > bound + _TOLERANCE)
        pairs_broken += int((went & ~may).sum())
        most = max(most, int(went.sum()))
        most_by_others = max(most_by_others, int((went & others).sum()))
        if alike.any():
            latest = max(latest, float((received[later][alike] - received[i]).max()))
    return Overtaking(
        len(received),
        waits_broken,
        pairs_broken,
        most,
        most_by_others,
        _most_allowed(keys),
        latest,
        _latest_allowed(received, keys),
    )


def _longest(present: float, after: Floats, hours: Floats, staff: int) -> float:
    """The smallest w at which the work received by then has been done: w* of the statement.

    Args:
        present: Work there already, hours.
        after: Shape (m,), rising: when more comes, hours from now.
        hours: Shape (m,): how much.
        staff: Who do it.
    """
    work = present + np.concatenate([[0.0], np.cumsum(hours)])
    gaps = np.flatnonzero(work[:-1] / staff < after)
    return float(work[gaps[0] if len(gaps) else -1]) / staff


def _most_allowed(keys: Keys) -> int:
    """How many cases received after one have, at most, keys that let them go first, those beyond the floor aside."""
    last = np.where(keys.floored, -np.inf, keys.last)
    return max(
        (int((last[i + 1 :] >= keys.first[i] - _TOLERANCE).sum()) for i in range(len(last))),
        default=0,
    )


def _latest_allowed(received: Floats, keys: Keys) -> float:
    """D · (K_max - K_i), the largest over all i, hours; within and beyond the floor by themselves."""
    windows = [0.0]
    for side in (keys.floored, ~keys.floored):
        if side.any():
            ageless = received[side] / keys.doubling_hours
            highest = float((keys.last[side] + ageless).max())
            windows.append(keys.doubling_hours * (highest - float((keys.first[side] + ageless).min())))
    return max(windows)
