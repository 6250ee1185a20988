from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cases.errors import InvalidInputError
from features.assemble import AssembledCase
from features.frame import feature_frame
from models.blocks import FeatureBlocks, count_frame
from tests.features.counting_encoder import CountingEncoder

CASES = [
    AssembledCase("the course copies my lecture", {"channel=email": 1.0, "log_reach": 8.0}),
    AssembledCase("refund the course please", {"minor_involved": 1.0}),
    AssembledCase("", {}),
]


@pytest.fixture
def frame() -> pd.DataFrame:
    return feature_frame(CASES, CountingEncoder())


def test_columns_are_words_pieces_signals_and_embedding(frame: pd.DataFrame):
    blocks = FeatureBlocks(dense_weight=2.0).fit(frame)
    design = blocks.transform(frame)
    lexical = len(blocks.words_.terms_) + len(blocks.pieces_.terms_)
    assert blocks.signal_names_ == ["channel=email", "log_reach", "minor_involved"]
    assert design.shape == (3, lexical + 3 + 8)
    assert design.dtype == np.float32
    dense = design[:, lexical + 3 :].toarray()
    assert np.linalg.norm(dense, axis=1) == pytest.approx([2.0] * 3), "unit rows by their weight"


def test_a_frame_counted_once_gives_what_reading_it_again_gives(frame: pd.DataFrame):
    blocks = FeatureBlocks(1.0, 3.0).fit(frame)
    counted = blocks.blocks(count_frame(frame)).weighted(1.0, 3.0)
    assert abs(counted - blocks.transform(frame)).max() < 1e-6


def test_a_signal_beyond_what_was_learnt_counts_as_the_largest_and_an_unknown_one_not_at_all(frame: pd.DataFrame):
    blocks = FeatureBlocks().fit(frame)
    first = len(blocks.words_.terms_) + len(blocks.pieces_.terms_)

    def signals(**named: float) -> list[float]:
        row = feature_frame([AssembledCase("", dict(named))], CountingEncoder())
        return blocks.transform(row).toarray()[0, first : first + 3].tolist()

    assert signals(log_reach=800.0) == signals(log_reach=8.0) == [0.0, 0.5, 0.0]
    assert signals(log_reach=-800.0) == [0.0, -0.5, 0.0]
    assert signals(never_met=5.0) == [0.0, 0.0, 0.0]


def test_a_block_of_no_weight_keeps_its_columns_empty(frame: pd.DataFrame):
    whole = FeatureBlocks().fit(frame)
    words_alone = FeatureBlocks(dense_weight=0.0).fit(frame).transform(frame)
    assert words_alone.shape == whole.transform(frame).shape
    assert words_alone[:, -8:].nnz == 0


def test_another_embedding_length_is_refused(frame: pd.DataFrame):
    blocks = FeatureBlocks().fit(frame)
    other = feature_frame(CASES, CountingEncoder(dimension=6))
    with pytest.raises(InvalidInputError, match=r"8 embedding columns \(got 6\); use the encoder"):
        blocks.transform(other)


@pytest.mark.parametrize("column", ["text", "signals"])
def test_a_table_that_is_no_feature_frame_is_refused(frame: pd.DataFrame, column: str):
    with pytest.raises(InvalidInputError, match=f"with a column '{column}'"):
        FeatureBlocks().fit(frame.drop(columns=column))
