"""The population stability index against closed forms, and what chance makes of it against simulation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log

import numpy as np
import pytest
from scipy.stats import chi2

from cases.suggested import ScoredCase
from evaluation.drift import FEWEST, Reading, drifts, no_drift_bound, population_stability

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_the_index_is_the_symmetric_divergence_of_the_shares() -> None:
    # Of so many cases the half that is added does not show.
    found = population_stability([5_000_000, 5_000_000], [6_000_000, 4_000_000])
    assert found == pytest.approx(0.1 * log(0.6 / 0.5) - 0.1 * log(0.4 / 0.5), abs=1e-6)
    assert population_stability([3, 3], [300, 300]) == pytest.approx(0, abs=1e-12)


def test_the_index_is_the_same_both_ways_and_does_not_mind_the_order_of_the_bins() -> None:
    before, now = np.array([40, 10, 50]), np.array([10, 30, 60])
    assert population_stability(before, now) == pytest.approx(
        float(population_stability(now[::-1], before[::-1])), abs=1e-12
    )


def test_a_bin_that_is_empty_in_one_period_counts_as_half_a_case() -> None:
    p, q = [0.5 / 101, 100.5 / 101], [0.5, 0.5]
    expected = sum((now - before) * log(now / before) for before, now in zip(p, q, strict=True))
    assert population_stability([0, 100], [50, 50]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("m", "n", "k"), [(4_000, 4_000, 10), (10_000, 500, 5)])
def test_the_bound_is_what_theory_says_of_large_samples(m: int, n: int, k: int) -> None:
    before, now = np.full(k, m // k), np.full(k, n // k)
    theory = (1 / m + 1 / n) * chi2.ppf(0.95, k - 1)
    assert no_drift_bound(before, now, draws=4000) == pytest.approx(theory, rel=0.06)
    assert no_drift_bound(before, now, seed=3) == no_drift_bound(before, now, seed=3)


def test_where_nothing_changed_one_period_in_twenty_exceeds_the_bound() -> None:
    rng = np.random.default_rng(0)
    shares = [0.4, 0.3, 0.15, 0.1, 0.05]
    exceeded = 0
    for seed in range(400):
        before, now = rng.multinomial(150, shares), rng.multinomial(80, shares)
        exceeded += float(population_stability(before, now)) > no_drift_bound(before, now, draws=300, seed=seed)
    # 20 are expected; 33 are exceeded by luck once in 500 times.
    assert 8 <= exceeded <= 33


def period(count: int, days_ago: int, **changes: object) -> list[ScoredCase]:
    """Cases that differ in all that is compared, in the same way in each period but for `changes`."""
    rng = np.random.default_rng(days_ago)
    plain = {"model": "m1", "tier": "suggest", "novelty_p": 0.5, "language": "en"}
    return [
        ScoredCase(
            received_at=NOON - timedelta(days=days_ago, seconds=number),
            category=str(changes.get("category", rng.choice(["spam", "hate", "fraud"]))),
            confidence=float(rng.uniform(0.4, 1.0)),
            characters=int(rng.integers(20, 900)) * int(changes.get("times", 1)),  # type: ignore[call-overload]
            **{**plain, **{name: changes[name] for name in plain if name in changes}},  # type: ignore[arg-type]
        )
        for number in range(count)
    ]


def test_what_has_changed_is_told_by_feature_and_the_rest_is_left_alone() -> None:
    found = {each.feature: each for each in drifts(period(600, 40), period(200, 1, category="spam", times=3))}
    assert found["category suggested"].reading is Reading.CHANGED
    assert found["length of the text"].reading is Reading.CHANGED
    assert {found[name].reading for name in ("confidence", "tier", "novelty", "language")} == {Reading.CHANCE}
    assert [(each.label, each.before > 0, each.now) for each in found["tier"].bins] == [("suggest", True, 200)]


def test_another_language_is_seen_whichever_model_scored_the_cases() -> None:
    found = {each.feature: each for each in drifts(period(200, 40), period(200, 1, language="de", model="m2"))}
    assert found["language"].reading is Reading.CHANGED
    assert found["category suggested"].reading is Reading.FEW
    assert (found["category suggested"].before, found["category suggested"].psi) == (0, None)


def test_a_few_cases_are_no_drift_however_they_differ() -> None:
    few = drifts(period(400, 40), period(FEWEST - 1, 1, category="spam"))
    assert {each.reading for each in few} == {Reading.FEW}
    assert {each.reading for each in drifts([], [])} == {Reading.FEW}


def test_a_small_index_beyond_chance_is_steady_and_a_larger_one_is_worth_a_look() -> None:
    def with_spam(share: float, days_ago: int) -> list[ScoredCase]:
        spam = int(20_000 * share)
        return period(spam, days_ago, category="spam") + period(20_000 - spam, days_ago, category="hate")

    before = with_spam(0.5, 40)
    readings = {share: drifts(before, with_spam(share, 1))[0].reading for share in (0.5, 0.55, 0.68, 0.8)}
    assert list(readings.values()) == [Reading.CHANCE, Reading.STEADY, Reading.LOOK, Reading.CHANGED]


def test_lengths_of_texts_that_were_erased_are_left_out() -> None:
    gone = [ScoredCase(NOON, "m1", "spam", 0.9, "apply", None, "en", None)] * 60
    found = {each.feature: each for each in drifts(gone, gone)}
    assert (found["length of the text"].before, found["novelty"].now) == (0, 0)
    assert found["length of the text"].bins == ()
