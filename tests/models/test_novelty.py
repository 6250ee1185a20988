from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from cases.errors import ArtifactError, InvalidInputError
from models.novelty import NoveltyDetector


def signs(n: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Largest logits and distances that go together, as they do; `shift` makes rows more novel."""
    rng = np.random.default_rng(seed)
    both = rng.multivariate_normal([0, 0], [[1, -0.5], [-0.5, 1]], size=n)
    return 5 + both[:, 0] - shift, np.exp(0.2 * both[:, 1] - 1) + 0.2 * shift


def test_p_is_uniform_on_exchangeable_rows():
    """A calibration for each row: p-values by one calibration depend on each other."""
    p = []
    for seed in range(600):
        logits, distances = signs(200, seed)
        p.append(NoveltyDetector.fit(logits[1:], distances[1:]).p_values(logits[:1], distances[:1])[0])
    # Of 1/200, 2/200, …: spread over the steps they are uniform on 0..1.
    spread = np.array(p) - np.random.default_rng(0).random(600) / 200
    assert kstest(spread, "uniform").pvalue > 0.05


def test_a_level_is_kept_with_few_calibration_rows_and_with_ties():
    """Nine rows of rounded values: P(p ≤ .1) must be .1 at most, whatever the ties."""
    found = []
    for seed in range(3000):
        logits, distances = np.round(signs(10, seed), 1)
        found.append(NoveltyDetector.fit(logits[1:], distances[1:]).p_values(logits[:1], distances[:1])[0])
    assert 0.06 < np.mean(np.array(found) <= 0.1) < 0.1 + 3 * (0.09 / 3000) ** 0.5


def test_a_case_unlike_all_has_the_smallest_p_and_one_like_them_does_not():
    detector = NoveltyDetector.fit(*signs(999, 1))
    assert detector.p_values([-50.0], [9.0]) == [1 / 1000]
    assert detector.p_values([50.0], [0.0]) == [1.0]
    assert np.median(detector.p_values(*signs(500, 2, shift=3.0))) < 0.01
    assert 0.4 < np.median(detector.p_values(*signs(500, 2))) < 0.6


def test_p_never_rises_as_either_sign_grows_more_novel():
    detector = NoveltyDetector.fit(*signs(300, 3))
    steps = np.linspace(-1, 10, 500)
    for distance in (0.1, 0.37, 1.0):
        assert (np.diff(detector.p_values(-steps, np.full(500, distance))) <= 0).all()
    for logit in (3.0, 5.0, 7.0):
        assert (np.diff(detector.p_values(np.full(500, logit), steps / 5)) <= 0).all()


def test_rows_that_are_all_alike_have_p_of_one():
    detector = NoveltyDetector.fit(np.full(50, 2.0), np.full(50, 0.3))
    assert detector.p_values([2.0, 2.0], [0.3, 0.3]).tolist() == [1.0, 1.0]


def test_equal_cases_have_equal_p_in_any_company():
    detector = NoveltyDetector.fit(*signs(5000, 4))
    logits, distances = signs(3000, 5)
    together = detector.p_values(logits, distances)
    assert [detector.p_values([logits[i]], [distances[i]])[0] for i in range(0, 3000, 97)] == together[::97].tolist()


def test_scores_keep_the_order_of_ranks_and_tell_apart_what_is_beyond_all():
    detector = NoveltyDetector.fit(*signs(300, 3))
    logits, distances = signs(400, 9, shift=1.0)
    ranks = (detector.max_logit >= logits[:, None]).sum(axis=1) + (detector.knn_distance <= distances[:, None]).sum(
        axis=1
    )
    assert (np.floor(detector.scores(logits, distances)) == ranks).all()
    beyond = np.linspace(10, 1e6, 50)
    assert (np.diff(detector.scores(-beyond, beyond)) > 0).all()
    assert len(set(detector.p_values(-beyond, beyond))) == 1


def test_scores_never_fall_as_either_sign_grows_more_novel():
    detector = NoveltyDetector.fit(*signs(300, 3))
    steps = np.linspace(-10, 10, 500)
    assert (np.diff(detector.scores(-steps, np.full(500, 0.37))) > 0).all()
    assert (np.diff(detector.scores(np.full(500, 5.0), steps)) > 0).all()


def test_scores_exist_where_all_calibration_rows_are_alike():
    detector = NoveltyDetector.fit(np.full(50, 2.0), np.full(50, 0.3))
    usual, further = detector.scores([2.0, 1.0], [0.3, 0.4])
    assert usual < further


def test_no_case_has_no_p():
    assert detector_of_ten().p_values([], []).shape == (0,)


def test_stored_and_read_back_it_is_the_same():
    detector = NoveltyDetector.fit(*signs(400, 6))
    again = NoveltyDetector.from_store(*detector.to_store())
    assert (again.p_values(*signs(50, 7)) == detector.p_values(*signs(50, 7))).all()


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"max_logit": np.ones(2), "knn_distance": np.ones(3)},
        {"max_logit": np.array([np.nan]), "knn_distance": np.ones(1)},
        {"max_logit": np.ones(0), "knn_distance": np.ones(0)},
    ],
)
def test_what_does_not_fit_together_is_refused(arrays: dict):
    with pytest.raises(ArtifactError, match="'novelty' must be"):
        NoveltyDetector.from_store(arrays, {})


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(InvalidInputError, match="'knn_distance' must be finite"):
        NoveltyDetector.fit([1.0, 2.0], [0.1, np.inf])
    with pytest.raises(ValueError, match="'knn_distance' must be finite"):
        detector_of_ten().p_values([1.0], [np.nan])


def detector_of_ten() -> NoveltyDetector:
    return NoveltyDetector.fit(*signs(10, 8))
