from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import InvalidInputError
from training.split import NEAR_DUPLICATE, groups_of, random_split, split

START = datetime(2026, 1, 1, tzinfo=UTC)


def table(size: int, *, times: bool = True, parts: str = "") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case_id": [f"c{row}" for row in range(size)],
            "received_at": [START + timedelta(hours=row) if times else pd.NaT for row in range(size)],
            "split": parts,
        }
    )


def alone(size: int) -> np.ndarray:
    return np.arange(size)


def unit(angles: list[float]) -> np.ndarray:
    return np.array([[np.cos(a), np.sin(a)] for a in angles], dtype=np.float32)


def test_the_newest_fifth_is_held_out():
    shuffled = table(200).sample(frac=1, random_state=3).reset_index(drop=True)
    result = split(shuffled, alone(200))
    assert result.how == "time"
    newest = set(shuffled.loc[result.rows("test"), "case_id"])
    assert newest == {f"c{row}" for row in range(160, 200)}


def test_a_held_out_case_whose_group_was_learnt_from_is_set_aside():
    groups = alone(200)
    groups[190] = groups[10]
    result = split(table(200), groups)
    assert result.part[190] == "aside"
    assert result.part[10] == "train"


def test_the_champions_rows_are_held_out_again_and_the_newest_are_learnt_from():
    groups = alone(210)
    groups[205] = groups[170]
    held_out = [f"c{row}" for row in range(160, 200)]
    result = split(table(210), groups, held_out=held_out)
    assert result.how == "champion"
    assert list(result.rows("test")) == list(range(160, 200))
    assert result.part[209] == "train"
    assert result.part[205] == "aside", "a near-duplicate of a held-out case must not be learnt from"


def test_a_prescribed_split_is_taken_as_it_is():
    rows = table(100)
    rows["split"] = ["train"] * 60 + ["test"] * 40
    result = split(rows, np.zeros(100, dtype=int))
    assert result.how == "prescribed"
    assert list(result.part) == list(rows["split"])


def test_without_times_whole_groups_are_drawn_and_the_draw_repeats():
    groups = np.repeat(np.arange(100), 3)
    first, second = (split(table(300, times=False), groups) for _ in range(2))
    assert first.how == "random"
    assert (first.part == second.part).all()
    assert not np.intersect1d(groups[first.rows("test")], groups[first.rows("train")]).size


def test_too_few_cases_say_how_many_there_are():
    with pytest.raises(
        InvalidInputError, match=r"'test' part must hold at least 20 cases \(got 10 by the time split\)"
    ):
        split(table(50), alone(50))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=150, max_size=250), st.integers(0, 1000))
def test_no_group_faces_itself_in_a_random_split(numbers: list[int], seed: int):
    groups = np.unique(numbers + list(range(100, 180)), return_inverse=True)[1]
    result = random_split(table(len(groups)), groups, seed=seed)
    assert not np.intersect1d(groups[result.rows("test")], groups[result.rows("train")]).size


def test_one_subject_is_one_group_and_so_is_a_chain_of_near_duplicates():
    step = np.arccos(NEAR_DUPLICATE) * 0.9
    vectors = unit([0.0, 1.5, 3.0, 3.0 + step, 3.0 + 2 * step, 4.5])
    groups = groups_of(["a", "a", "b", "c", "d", "e"], vectors)
    assert groups[0] == groups[1]
    assert groups[2] == groups[3] == groups[4]
    assert len(set(groups.tolist())) == 3


def test_groups_agree_across_the_blocks_of_the_computation():
    vectors = np.random.default_rng(0).normal(size=(5000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[4999] = vectors[0]
    groups = groups_of([str(row) for row in range(5000)], vectors)
    assert groups[4999] == groups[0]
