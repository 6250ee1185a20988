from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation.judged import Judged


def test_a_part_that_lacks_rows_is_named(judged: Judged):
    n = len(judged.truth)
    with pytest.raises(ValueError, match=rf"'slices\[channel\]' must have {n} rows or none \(got 2\)"):
        replace(judged, slices={"channel": ["email", "chat"]})
    with pytest.raises(ValueError, match=r"'shortlists\[0.9\]' must have"):
        replace(judged, shortlists={0.9: [(1,)]})
    with pytest.raises(ValueError, match="'probabilities' must be of shape"):
        replace(judged, probabilities=judged.probabilities[:, 1:])
    with pytest.raises(ValueError, match="'novelty_p' must be of shape"):
        replace(judged, novelty_p=np.zeros(3))


def test_a_level_in_place_of_its_place_is_refused(judged: Judged):
    assert judged.severity is not None
    levels = judged.severity.truth + 1
    with pytest.raises(ValueError, match=r"'severity.truth' must be -1..3 .* give places, not levels"):
        replace(judged.severity, truth=levels)


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="'truth' must hold at least one row"):
        Judged(("a", "b"), np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
