from __future__ import annotations

import time

import numpy as np
import pandas as pd

from features.assemble import AssembledCase
from features.encoder import Progress, Vectors
from features.frame import embedding_columns, embedding_matrix, feature_frame
from tests.features.counting_encoder import CountingEncoder


def test_the_frame_holds_text_signals_and_the_embedding_in_this_order() -> None:
    encoder = CountingEncoder(dimension=384)
    cases = [AssembledCase("a b", {"log_reach": 2.0}), AssembledCase("c", {})]
    frame = feature_frame(cases, encoder)
    assert list(frame.columns) == ["text", "signals", *embedding_columns(384)]
    assert list(frame.columns[[2, -1]]) == ["e000", "e383"]
    assert list(frame["text"]) == ["a b", "c"]
    assert list(frame["signals"]) == [{"log_reach": 2.0}, {}]
    assert set(frame.dtypes[2:]) == {np.dtype("float32")}
    np.testing.assert_array_equal(embedding_matrix(frame), encoder.encode(["a b", "c"]))


def test_no_cases_make_an_empty_frame_of_the_same_columns(counting_encoder: CountingEncoder) -> None:
    empty = feature_frame([], counting_encoder)
    filled = feature_frame([AssembledCase("a")], counting_encoder)
    assert len(empty) == 0
    assert list(empty.dtypes.items()) == list(filled.dtypes.items())
    assert embedding_matrix(empty).shape == (0, 8)


def test_columns_of_a_wide_embedding_sort_by_their_names() -> None:
    names = embedding_columns(1024)
    assert names == sorted(names)
    assert names[-1] == "e1023"


def test_rows_can_be_chosen_without_losing_the_embedding(counting_encoder: CountingEncoder) -> None:
    frame = feature_frame([AssembledCase(letter) for letter in "abc"], counting_encoder)
    chosen = frame.iloc[[2, 0]]
    np.testing.assert_array_equal(embedding_matrix(chosen), counting_encoder.encode(["c", "a"]))


def test_progress_of_the_encoding_is_passed_on(counting_encoder: CountingEncoder) -> None:
    said: list[tuple[int, int]] = []
    feature_frame([AssembledCase("a")], counting_encoder, lambda done, total: said.append((done, total)))
    assert said[-1] == (1, 1)


class _Prepared:
    """Hands out vectors that are there already, so that the frame's own time is measured."""

    hash = "0" * 64
    dimension = 384

    def __init__(self, rows: int) -> None:
        self.vectors = np.ones((rows, self.dimension), dtype=np.float32)

    def encode(self, texts: object, progress: Progress | None = None) -> Vectors:  # noqa: ARG002
        return self.vectors


def test_a_hundred_thousand_rows_make_one_block_in_seconds() -> None:
    cases = [AssembledCase("text", {"log_reach": 1.0})] * 100_000
    started = time.thread_time()
    frame = feature_frame(cases, _Prepared(len(cases)))
    assert time.thread_time() - started < 5
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (100_000, 386)
    assert frame._mgr.nblocks <= 3  # noqa: SLF001 - pandas offers no public way to see fragmentation
