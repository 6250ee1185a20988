from __future__ import annotations

import warnings

import numpy as np
import pytest
from mapie.classification import SplitConformalClassifier
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from cases.errors import ArtifactError, InvalidInputError
from evaluation.shortlists import shortlist_coverage
from models.shortlist import Shortlister

SHARES = np.array([0.4, 0.3, 0.2, 0.08, 0.02])


def drawn(n: int, seed: int, shares: np.ndarray = SHARES) -> tuple[np.ndarray, np.ndarray]:
    """Rows of classes of unlike frequency, and what a model that overrates the frequent ones says of them."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(len(shares), size=n, p=shares)
    logits = rng.normal(size=(n, len(shares))) + 1.5 * np.eye(len(shares))[codes] + np.log(shares)
    return softmax(2 * logits, axis=1), codes


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("by_class", [True, False])
def test_over_all_rows_the_promised_coverage_lies_in_the_interval(level: float, by_class: bool):
    shortlister = Shortlister.fit(*drawn(20_000, 0), by_class=by_class)
    probabilities, codes = drawn(4000, 1)
    found = shortlist_coverage(shortlister.sets(probabilities)[level], codes)
    assert found.coverage.low <= level <= found.coverage.high


@pytest.mark.parametrize("code", range(len(SHARES)))
def test_each_class_is_covered_and_not_only_the_frequent_ones(code: int):
    shortlister = Shortlister.fit(*drawn(50_000, 2))
    probabilities, codes = drawn(20_000, 3)
    own = codes == code
    found = shortlist_coverage(shortlister.sets(probabilities[own])[0.9], codes[own])
    assert found.coverage.low <= 0.9 <= found.coverage.high


def test_pooled_a_rare_class_is_covered_less_than_promised():
    shortlister = Shortlister.fit(*drawn(50_000, 2), by_class=False)
    probabilities, codes = drawn(20_000, 3)
    rare = codes == 4
    assert shortlist_coverage(shortlister.sets(probabilities[rare])[0.9], codes[rare]).coverage.high < 0.9


def test_over_many_small_calibrations_coverage_is_the_promised_one_on_average():
    """The finite-sample rank: with n = 39 a plain 90 % quantile would cover 2.5 % less."""
    covered = []
    for seed in range(400):
        shortlister = Shortlister.fit(*drawn(39, seed), levels=(0.9,), by_class=False)
        probabilities, codes = drawn(50, 10_000 + seed)
        covered.append(shortlist_coverage(shortlister.sets(probabilities)[0.9], codes).coverage.value)
    # Exactly 36/40 where no likeliest class had to be put in; that can only add.
    assert 0.9 - 3 * np.std(covered) / 20 <= np.mean(covered) <= 0.92


def test_classes_of_few_rows_share_one_quantile():
    shortlister = Shortlister.fit(*drawn(1000, 4), levels=(0.95,))
    counts = np.bincount(drawn(1000, 4)[1])
    few = counts < 100
    assert few.sum() == 2
    assert len(np.unique(shortlister.thresholds[0][few])) == 1
    assert len(np.unique(shortlister.thresholds[0])) == 4


@pytest.mark.parametrize("n", [57, 199, 500, 1003])
def test_pooled_it_lists_what_mapie_lists(n: int):
    """MAPIE may leave a list empty; ours holds the likeliest class at least, and nothing else differs."""
    rng = np.random.default_rng(n)
    codes = np.arange(n + 300) % 4
    X = rng.normal(size=(n + 300, 3)) + 1.2 * np.eye(4)[codes, :3]
    head = LogisticRegression().fit(X[-300:], codes[-300:])
    mapie = SplitConformalClassifier(head, confidence_level=[0.8, 0.9, 0.95], conformity_score="lac", prefit=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is about itself
        mapie.conformalize(X[:n], codes[:n])
    unseen = rng.normal(size=(400, 3)) * 2
    _, theirs = mapie.predict_set(unseen)
    levels = (0.8, 0.9, 0.95)
    ours = Shortlister.fit(head.predict_proba(X[:n]), codes[:n], levels, by_class=False).sets(
        head.predict_proba(unseen)
    )
    top = head.predict_proba(unseen).argmax(axis=1)
    for place, level in enumerate(levels):
        expected = [set(np.flatnonzero(row)) or {best} for row, best in zip(theirs[:, :, place], top, strict=True)]
        assert [set(listed) for listed in ours[level]] == expected


def test_a_list_is_never_empty_begins_with_the_likeliest_and_falls():
    shortlister = Shortlister.fit(np.eye(3)[np.arange(3).repeat(100)], np.arange(3).repeat(100))
    probabilities = np.array([[0.2, 0.5, 0.3], [0.34, 0.33, 0.33]])
    assert shortlister.sets(probabilities)[0.9] == [(1,), (0,)]
    probabilities, _ = drawn(500, 6)
    for row, listed in zip(probabilities, Shortlister.fit(*drawn(500, 5)).sets(probabilities)[0.9], strict=True):
        assert listed[0] == row.argmax()
        assert (np.diff(row[list(listed)]) <= 0).all()


def test_the_longer_list_holds_the_shorter_one():
    # At 80 rows a class has its own quantile at 90 % and a shared one at 95 %: nothing else would see to it.
    probabilities, codes = drawn(300, 7)
    shortlister = Shortlister.fit(probabilities, codes)
    lists = shortlister.sets(probabilities)
    assert all(set(short) <= set(long) for short, long in zip(lists[0.9], lists[0.95], strict=True))


def test_where_rows_are_too_few_for_the_level_all_classes_are_listed():
    probabilities, codes = drawn(8, 8)
    assert set(map(len, Shortlister.fit(probabilities, codes).sets(probabilities)[0.9])) == {len(SHARES)}


def test_stored_and_read_back_it_is_the_same():
    shortlister = Shortlister.fit(*drawn(800, 9))
    again = Shortlister.from_store(*shortlister.to_store())
    probabilities, _ = drawn(100, 10)
    assert again.sets(probabilities) == shortlister.sets(probabilities)


@pytest.mark.parametrize(
    ("arrays", "settings"),
    [
        ({}, {"levels": [0.9]}),
        ({"thresholds": np.zeros((2, 3))}, {"levels": [0.9]}),
        ({"thresholds": np.full((1, 3), np.nan)}, {"levels": [0.9]}),
        ({"thresholds": np.zeros((1, 3))}, {}),
    ],
)
def test_what_does_not_fit_together_is_refused(arrays: dict, settings: dict):
    with pytest.raises(ArtifactError, match="'shortlist' must be"):
        Shortlister.from_store(arrays, settings)


def test_a_level_of_one_and_codes_that_do_not_match_are_refused():
    probabilities, codes = drawn(50, 11)
    with pytest.raises(InvalidInputError, match="'levels' must be"):
        Shortlister.fit(probabilities, codes, levels=(0.9, 1.0))
    with pytest.raises(InvalidInputError, match="'codes' must be"):
        Shortlister.fit(probabilities, codes[:-1])


def test_coverage_and_size_are_counted_and_lists_must_match_the_rows():
    found = shortlist_coverage([(1, 0), (2,), (0, 1, 2), (1,)], np.array([0, 1, 2, 1]))
    assert (found.rows, found.coverage.value, found.mean_size) == (4, 0.75, 1.75)
    with pytest.raises(ValueError, match="'sets' must be one a row"):
        shortlist_coverage([(1,)], np.array([1, 0]))
