from __future__ import annotations

import numpy as np

from evaluation.judged import Judged
from evaluation.slices import slices


def test_only_the_slice_that_luck_does_not_explain_is_flagged():
    values = ["email"] * 300 + ["chat"] * 100 + ["api"] * 8
    right = np.array([True] * 270 + [False] * 30 + [True] * 60 + [False] * 40 + [True] * 5 + [False] * 3)
    email, chat, api = slices(values, right, np.full(408, 0.8))
    assert [each.value for each in (email, chat, api)] == ["email", "chat", "api"], "the most frequent first"
    assert chat.below
    assert not email.below
    assert not api.below, "5 of 8 are as few, and may be luck"
    assert (chat.n, chat.accuracy.value, round(chat.confidence, 9)) == (100, 0.6, 0.8)


def test_the_slices_of_a_name_share_out_all_rows(judged: Judged):
    for values in judged.slices.values():
        found = slices(values, judged.right, judged.confidence)
        assert sum(each.n for each in found) == len(judged.truth)
        hits = sum(each.n * each.accuracy.value for each in found)
        assert round(hits) == judged.right.sum()
