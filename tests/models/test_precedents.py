from __future__ import annotations

import numpy as np
import pytest

from cases.errors import ArtifactError, InvalidInputError
from models.neighbours import knn_distance
from models.precedents import Precedents

CATEGORIES = ("refund", "spam", "hate")


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def clustered(n: int, seed: int, d: int = 384) -> np.ndarray:
    """Vectors about a few dozen centres, longest along few directions, as those of an encoder are."""
    rng = np.random.default_rng(seed)
    lengths = np.arange(1, d + 1) ** -0.6
    centres = np.random.default_rng(0).normal(size=(40, d)) * lengths
    return unit(centres[rng.integers(0, 40, n)] + 0.7 * rng.normal(size=(n, d)) * lengths)


def even(n: int, seed: int, d: int = 384) -> np.ndarray:
    """Directions spread evenly: the bound rules out nothing."""
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


def precedents_of(vectors: np.ndarray) -> Precedents:
    n = len(vectors)
    # Ids in another order than the rows.
    ids = [f"case-{(7919 * i + 13) % n:06d}" for i in range(n)]
    severities = [None if i % 5 == 0 else 1 + i % 4 for i in range(n)]
    return Precedents(vectors, ids, [CATEGORIES[i % 3] for i in range(n)], severities, ["remove"] * n)


def by_brute_force(vectors: np.ndarray, query: np.ndarray, k: int) -> list[list[str]]:
    """Every similarity in float64, sorted by it and then by id."""
    ids = [f"case-{(7919 * i + 13) % len(vectors):06d}" for i in range(len(vectors))]
    result = []
    for row in query:
        similar = (vectors.astype(np.float64) * row.astype(np.float64)).sum(axis=1)
        result.append([ids[i] for i in sorted(range(len(ids)), key=lambda i: (-similar[i], ids[i]))[:k]])
    return result


@pytest.mark.parametrize("k", [1, 5, 50])
@pytest.mark.parametrize("made", [clustered, even])
def test_the_nearest_are_those_of_brute_force(made, k: int):
    vectors, query = made(6007, 1), made(20, 2)
    found = precedents_of(vectors).nearest(query, k)
    assert [[p.case_id for p in near] for near in found] == by_brute_force(vectors, query, k)


def test_equal_cases_come_by_id_also_where_they_are_cut():
    vectors = np.repeat(clustered(60, 3), 37, axis=0)[np.random.default_rng(4).permutation(60 * 37)]
    query = clustered(10, 5)
    for k in (5, 37, 40):
        found = precedents_of(vectors).nearest(query, k)
        assert [[p.case_id for p in near] for near in found] == by_brute_force(vectors, query, k)


def test_few_dimensions_and_few_cases_are_searched_as_well():
    vectors, query = even(7, 6, d=4), even(3, 7, d=4)
    found = precedents_of(vectors).nearest(query, 50)
    assert [[p.case_id for p in near] for near in found] == by_brute_force(vectors, query, 50)
    assert precedents_of(np.zeros((0, 4), dtype=np.float32)).nearest(query) == [[], [], []]


def test_an_answer_does_not_depend_on_the_queries_beside_it():
    precedents, query = precedents_of(clustered(3000, 8)), clustered(40, 9)
    together = precedents.nearest(query)
    assert [precedents.nearest(query[i : i + 1])[0] for i in range(40)] == together


def test_a_precedent_says_what_was_decided_and_how_like_it_is():
    vectors = even(3, 10)
    precedents = Precedents(vectors, ["a", "b", "c"], ["spam", "hate", "refund"], [2, None, 4], ["warn", "", "pay"])
    nearest = precedents.nearest(vectors[1:2], 1)[0][0]
    assert (nearest.case_id, nearest.category, nearest.severity, nearest.action) == ("b", "hate", None, "")
    assert nearest.similarity == pytest.approx(1.0, abs=1e-6)


def test_what_is_excluded_is_left_out_of_its_own_query_only():
    vectors = clustered(500, 11)
    precedents, query = precedents_of(vectors), vectors[[3, 3]]
    first, second = precedents.nearest(query)
    left_out, _ = precedents.nearest(query, exclude=[[first[0].case_id, "no such case"], []])
    assert [p.case_id for p in left_out[:4]] == [p.case_id for p in first[1:]]
    assert first == second
    everything = [p.case_id for p in precedents.nearest(query[:1], 500)[0]]
    assert precedents.nearest(query[:1], exclude=[everything]) == [[]]
    assert [p.case_id for p in precedents.nearest(query[:1], exclude=[everything[1:]])[0]] == everything[:1]


def in_a_row(categories: list[str]) -> tuple[Precedents, np.ndarray]:
    """Cases ever less like the query, so decided."""
    angles = np.linspace(0, 1.5, len(categories))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    ids = [f"{i:03d}" for i in range(len(categories))]
    n = len(categories)
    return Precedents(vectors, ids, categories, [1] * n, [""] * n), np.array([[1.0, 0.0]], dtype=np.float32)


def test_dissent_is_fetched_from_farther_away_where_all_of_the_nearest_agree():
    precedents, query = in_a_row(["spam"] * 12 + ["hate"] + ["spam"] * 3 + ["refund"])
    found = precedents.with_dissent(query, 5, ["spam"])[0]
    assert [p.case_id for p in found.precedents] == ["000", "001", "002", "003", "012"]
    assert (found.otherwise, found.nearest) == (0, 5)


def test_the_nearest_stay_as_they_are_where_one_of_them_dissents():
    precedents, query = in_a_row(["spam", "hate", "hate", "hate", "hate", "refund"])
    found = precedents.with_dissent(query, 5, ["spam"])[0]
    assert [p.case_id for p in found.precedents] == ["000", "001", "002", "003", "004"]
    # "4 of 5 like this were decided otherwise".
    assert (found.otherwise, found.nearest) == (4, 5)


def test_dissent_beyond_the_fiftieth_is_too_far():
    precedents, query = in_a_row(["spam"] * 50 + ["hate"])
    assert {p.category for p in precedents.with_dissent(query, 5, ["spam"])[0].precedents} == {"spam"}
    precedents, query = in_a_row(["spam"] * 49 + ["hate"])
    assert precedents.with_dissent(query, 5, ["spam"])[0].precedents[-1].case_id == "049"


def test_without_a_suggestion_the_majority_is_compared_with():
    precedents, query = in_a_row(["hate", "spam", "spam", "hate", "spam", "hate", "hate"])
    found = precedents.with_dissent(query, 5)[0]
    assert (found.suggested, found.otherwise) == ("spam", 2)
    assert precedents.with_dissent(query, 4)[0].suggested == "hate"


def test_stored_and_read_back_it_answers_the_same():
    precedents, query = precedents_of(clustered(300, 12)), clustered(5, 13)
    assert Precedents.from_store(*precedents.to_store()).nearest(query) == precedents.nearest(query)


@pytest.mark.parametrize("damage", ["categories", "vectors", "severities", "actions"])
def test_what_does_not_fit_together_is_refused(damage: str):
    arrays, settings = precedents_of(clustered(30, 14)).to_store()
    with pytest.raises(ArtifactError, match="'precedents' must be"):
        Precedents.from_store(arrays | {damage: arrays[damage][:-1]}, settings)
    with pytest.raises(ArtifactError, match="'precedents' must be"):
        Precedents.from_store(arrays | {"categories": arrays["categories"] - 1}, settings)
    with pytest.raises(ArtifactError, match="'precedents' must be"):
        Precedents.from_store(arrays, {})


def test_vectors_that_are_no_encoders_and_ids_that_come_twice_are_refused():
    vectors = clustered(3, 15)
    for wrong in (vectors * 2, vectors * np.nan):
        with pytest.raises(InvalidInputError, match="'vectors' must be finite"):
            precedents_of(wrong)
    with pytest.raises(InvalidInputError, match="'case_ids' must be different"):
        Precedents(vectors, ["a", "b", "a"], ["spam"] * 3, [1] * 3, [""] * 3)
    with pytest.raises(InvalidInputError, match="'vectors' must be one a case"):
        Precedents(vectors, ["a", "b"], ["spam"] * 2, [1] * 2, [""] * 2)
    with pytest.raises(ValueError, match="'query' must be of shape"):
        precedents_of(vectors).nearest(vectors[:, :5])


def test_in_training_a_row_has_no_neighbour_in_its_own_group():
    vectors = clustered(900, 16)
    groups = [f"subject {i // 3}" for i in range(900)]
    found = knn_distance(vectors, vectors, 5, (groups, groups))
    for row, near in enumerate(found.rows):
        similar = vectors @ vectors[row]
        allowed = [i for i in range(900) if groups[i] != groups[row]]
        assert similar[near] == pytest.approx(np.sort(similar[allowed])[::-1][:5], abs=1e-6)
        assert not {groups[i] for i in near} & {groups[row]}


def test_training_and_serving_measure_the_same_distance():
    vectors, query = clustered(2000, 17), clustered(30, 18)
    found = knn_distance(query, vectors)
    assert precedents_of(vectors).distance(query) == pytest.approx(found.distance, abs=1e-6)


def test_a_query_with_too_few_neighbours_is_as_far_as_from_unrelated_text():
    vectors = clustered(3, 19)
    found = knn_distance(vectors[:1], vectors, 5, (["a"], ["a", "a", "b"]))
    assert found.rows.tolist() == [[2, -1, -1, -1, -1]]
    assert found.distance[0] == pytest.approx(1 - float(vectors[0] @ vectors[2]) / 5)
    with pytest.raises(ValueError, match="'exclude_groups' must be"):
        knn_distance(vectors, vectors, 5, (["a"], ["a"]))
