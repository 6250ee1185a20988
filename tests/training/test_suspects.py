from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.suspects import find_suspects, read_suspects, suspects_table

LABELS = ["fraud", "privacy", "spam"]


def decisions(slips: list[int]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """150 decisions with a model that is mostly right, of which some were decided otherwise than they should."""
    rng = np.random.default_rng(0)
    truth = np.arange(150) % 3
    chances = rng.dirichlet([1.0, 1.0, 1.0], 150) * 0.2
    chances[np.arange(150), truth] += 0.8
    decided = truth.copy()
    decided[slips] = (truth[slips] + 1) % 3
    return [f"case-{row}" for row in range(150)], decided, chances / chances.sum(axis=1, keepdims=True)


SLIPS = list(range(3, 150, 12))


def test_slips_are_found_with_what_the_model_says_instead_and_who_decided():
    ids, decided, chances = decisions(SLIPS)
    found = find_suspects(ids, decided, chances, LABELS, ["ada"] * 150)
    slips = {f"case-{row}" for row in SLIPS}
    assert {suspect.case_id for suspect in found} <= slips
    assert len(found) >= 0.4 * len(slips), "confident learning would rather miss one than accuse"
    assert all(suspect.decided != suspect.suggested for suspect in found)
    assert [s.p_decided for s in found] == sorted(s.p_decided for s in found)
    assert {s.decided_by for s in found} == {"ada"}


def test_where_all_agree_nobody_is_suspected():
    ids, decided, chances = decisions([])
    assert find_suspects(ids, decided, chances, LABELS, ["ada"] * 150) == ()


def test_a_category_that_nobody_decided_does_not_disturb():
    ids, decided, chances = decisions(SLIPS)
    wider = np.hstack([chances, np.zeros((150, 1))])
    found = find_suspects(ids, decided, wider, [*LABELS, "hate"], [""] * 150)
    assert found == find_suspects(ids, decided, chances, LABELS, [""] * 150)
    assert found


def test_one_category_alone_leaves_nothing_to_suspect():
    assert find_suspects(["a", "b"], np.array([0, 0]), np.ones((2, 1)), ["x"], ["", ""]) == ()


def test_the_tracker_gets_ids_and_codes_and_nobodys_name():
    ids, decided, chances = decisions(SLIPS)
    found = find_suspects(ids, decided, chances, LABELS, ["ada"] * 150)
    table = suspects_table(found)
    assert set(table["suspects"][0]) == {"case_id", "decided", "suggested", "p_decided", "p_suggested"}
    assert read_suspects(table) == tuple(replace(suspect, decided_by="") for suspect in found)


def test_what_a_run_of_before_kept_is_read_without_its_names():
    kept = {"case_id": "a", "decided": "x", "suggested": "y", "p_decided": 0.1, "p_suggested": 0.9}
    assert read_suspects({"suspects": [kept | {"decided_by": "ada"}]}) == read_suspects({"suspects": [kept]})


def test_a_model_that_is_often_wrong_itself_still_points_at_slips_more_than_at_others():
    rng = np.random.default_rng(1)
    slipped = rng.random(150) < 0.1
    ids, decided, chances = decisions(np.flatnonzero(slipped).tolist())
    blurred = 0.5 * chances + 0.5 * rng.dirichlet([1.0, 1.0, 1.0], 150)
    found = find_suspects(ids, decided, blurred, LABELS, [""] * 150)
    hit = np.mean([slipped[int(s.case_id.removeprefix("case-"))] for s in found])
    assert hit > 3 * slipped.mean()
