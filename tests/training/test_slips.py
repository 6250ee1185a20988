from __future__ import annotations

import numpy as np

from training.slips import mistyped

TEXT = "Somebody keeps sending threatening messages to every student of the course, in all of its 14 lectures. " * 20


def test_so_many_words_are_mistyped_and_the_rest_is_as_it_was():
    words = TEXT.split()
    found = [mistyped(word, np.random.default_rng(seed), share=0.3) for seed, word in enumerate(words)]
    changed = [was for was, now in zip(words, found, strict=True) if was != now]
    long = [word for word in words if len(word.strip(",.")) >= 4]
    assert 0.2 < len(changed) / len(long) < 0.4
    assert all(len(word.strip(",.")) >= 4 for word in changed), "short words and numbers stay"


def test_each_slip_is_a_small_one():
    for seed in range(200):
        now = mistyped("threatening", np.random.default_rng(seed), share=1.0)
        assert abs(len(now) - len("threatening")) <= 2
        assert (now[0], now.replace(" ", "")[-1]) == ("t", "g")


def test_equal_draws_give_equal_texts_and_no_share_changes_nothing():
    assert mistyped(TEXT, np.random.default_rng(3)) == mistyped(TEXT, np.random.default_rng(3))
    assert mistyped(TEXT, np.random.default_rng(3)) != mistyped(TEXT, np.random.default_rng(4))
    assert mistyped(TEXT, np.random.default_rng(3), share=0.0) == TEXT
