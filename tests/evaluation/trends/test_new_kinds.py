"""New kinds: novel cases that are like each other, told from those that are merely odd."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from evaluation.trends.new_kinds import DISTANCE, new_kinds

Vectors = npt.NDArray[np.float32]


def around(axis: int, distances: list[float], dimension: int = 64) -> Vectors:
    """Vectors at these cosine distances from an axis, each into a direction of its own."""
    found = np.zeros((len(distances), dimension), dtype=np.float32)
    for row, distance in enumerate(distances):
        found[row, axis] = 1 - distance
        found[row, 10 * (axis + 1) + row] = np.sqrt(1 - (1 - distance) ** 2)
    return found


def test_four_within_the_distance_of_one_of_them_are_a_kind_and_the_centre_comes_first() -> None:
    vectors = around(0, [0.3, 0.0, 0.4, 0.44, 0.46])
    assert new_kinds(list("abcde"), vectors) == [("b", "a", "c", "d")]
    assert new_kinds(list("abc"), vectors[:3]) == []


def test_a_case_is_of_one_kind_and_the_larger_comes_first() -> None:
    vectors = np.concatenate([around(0, [0.0, 0.1, 0.1, 0.1]), around(1, [0.0, 0.1, 0.1, 0.1, 0.1])])
    assert new_kinds(list("abcdefghi"), vectors) == [("e", "f", "g", "h", "i"), ("a", "b", "c", "d")]


def test_like_by_a_chain_is_not_like() -> None:
    angles = np.arccos(1 - DISTANCE) * 0.99 * np.arange(6)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    # Each is like its neighbours alone.
    assert new_kinds(list("abcdef"), vectors) == []
    assert new_kinds(list("abcdef"), vectors, least=3) == [("b", "a", "c"), ("e", "d", "f")]


def test_texts_without_words_are_like_no_other() -> None:
    assert new_kinds(list("abcd"), np.zeros((4, 8), dtype=np.float32)) == []
    assert new_kinds([], np.zeros((0, 8), dtype=np.float32)) == []


def test_a_vector_for_each() -> None:
    with pytest.raises(ValueError, match="one for each case"):
        new_kinds(["a"], np.zeros((2, 8), dtype=np.float32))
